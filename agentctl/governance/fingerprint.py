"""A finding's identity by content: it stays when lines move, and changes when what it is about changes."""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from agentctl.documents.node import Document
from agentctl.documents.source import Source
from agentctl.model.finding import Finding, Location

_INDEX = re.compile(r"/\d+(?=/|$)")


def with_fingerprints(
    findings: Iterable[Finding], documents: Iterable[Document], sources: Mapping[str, Source] | None = None
) -> list[Finding]:
    """The findings with their fingerprints: code, subject, place in the document (not in the file) and the value there."""
    by_file: dict[str, list[Document]] = {}
    for document in documents:
        by_file.setdefault(document.file, []).append(document)
    for found in by_file.values():
        found.sort(key=lambda d: d.line)
    return [replace(f, fingerprint=_fingerprint(f, by_file, sources or {})) for f in findings]


def _fingerprint(finding: Finding, by_file: Mapping[str, list[Document]], sources: Mapping[str, Source]) -> str:
    place = finding.location
    parts = [finding.code, finding.subject]
    if place is not None:
        parts += [_INDEX.sub("/*", place.path), _content(place, by_file.get(place.file, []), sources.get(place.file))]
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:32]


def _content(place: Location, documents: list[Document], source: Source | None) -> str:
    """The scalar that the finding points at, the text of its line where it points at none."""
    at = bisect_right([d.line for d in documents], place.line) - 1
    if place.path and at >= 0:
        value = _value(documents[at], place.path)
        return "" if isinstance(value, dict | list) else str(value)
    lines = (documents[at].source if at >= 0 else source or Source(b"", "")).lines
    return lines[place.line - 1].strip() if place.line <= len(lines) else ""


def _value(document: Document, pointer: str) -> Any:
    value = document.data
    for token in pointer.split("/")[1:]:
        name = token.replace("~1", "/").replace("~0", "~")
        if isinstance(value, list) and name.isdecimal() and int(name) < len(value):
            value = value[int(name)]
        elif isinstance(value, dict):
            value = value.get(name)
        else:
            return None
    return value
