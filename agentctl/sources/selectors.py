"""Kubernetes label selectors, for objects that the API server cannot select for us (a Deployment by its pods' labels)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from agentctl.model.errors import InputError

_SPLIT = re.compile(r",(?![^()]*\))")
_SET = re.compile(r"(?P<key>\S+)\s+(?P<op>in|notin)\s*\((?P<values>[^()]*)\)")
_EQUAL = re.compile(r"(?P<key>[^\s=!]+)\s*(?P<op>!=|==|=)\s*(?P<value>[^\s=!]*)")
_EXISTS = re.compile(r"(?P<no>!?)\s*(?P<key>[^\s=!(),]+)")


def matches(selector: str, labels: Mapping[str, str]) -> bool:
    """Whether labels satisfy a selector; every requirement must hold. Raises InputError for a selector that is none."""
    return all(_holds(part.strip(), labels) for part in _SPLIT.split(selector) if part.strip())


def _holds(part: str, labels: Mapping[str, str]) -> bool:
    if found := _SET.fullmatch(part):
        values = {value.strip() for value in found["values"].split(",")}
        return (labels.get(found["key"]) in values) == (found["op"] == "in")
    if found := _EQUAL.fullmatch(part):
        return (labels.get(found["key"]) == found["value"]) == (found["op"] != "!=")
    if found := _EXISTS.fullmatch(part):
        return (found["key"] in labels) != bool(found["no"])
    raise InputError("selector", f"{part!r} is no label selector", "write app=agent, app!=x, 'app in (a,b)' or app")
