"""How names from documents, places and doubts stand in a message."""

from __future__ import annotations

import re
from collections.abc import Iterable

from agentctl.governance.policy import Tool
from agentctl.governance.secrets import masked
from agentctl.model.finding import Location
from agentctl.model.untrusted import shorten, visible

_LONGEST = 80
_VERSION = re.compile(r"_v\d+$")


def shown(name: object) -> str:
    """A name from a document, fit for a message: secrets masked, control characters visible, cut where it is long."""
    return shorten(visible(masked(str(name)[: _LONGEST * 4])), _LONGEST)


def quoted(name: object) -> str:
    """A name from a document between backticks."""
    return f"`{shown(name)}`"


def subject(kind: str, name: str) -> str:
    """The subject of a finding, fit to be shown."""
    return f"{kind}/{shown(name)}" if name else kind


def listed(names: Iterable[str], most: int = 3) -> str:
    """Some names as a person lists them: `a`, `b`, `c` and 2 more."""
    every = list(names)
    shown = [quoted(name) for name in every[:most]]
    if len(every) > most:
        return f"{', '.join(shown)} and {len(every) - most} more"
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


def line_of(location: Location, other: Location) -> str:
    """Where the other of two contradicting nodes stands, as seen from a finding's location."""
    return f"line {other.line}" if other.file == location.file else f"{other.file}:{other.line}"


def assumed(tool: Tool) -> str:
    """Half a sentence that says so where a tool's effects are not declared; "" where they are."""
    return (
        ""
        if tool.effects_declared
        else f" (assumed from its name: declare agent.tools.{shown(tool.name)}.effects to settle it)"
    )


def alike(name: str) -> str:
    """A name with `_` and `-` alike."""
    return name.lower().replace("-", "_")


def unversioned(name: str) -> str:
    """A name with `_` and `-` alike and a trailing `_vN` dropped."""
    return _VERSION.sub("", alike(name))


def is_wildcard(name: str) -> bool:
    """Whether a name is a pattern, which nothing here expands."""
    return any(char in name for char in "*?[")
