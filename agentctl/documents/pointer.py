"""From a JSON Pointer (RFC 6901) back to the place it points at."""

from __future__ import annotations

from agentctl.documents.node import Document
from agentctl.model.finding import Location


def locate(document: Document, pointer: str) -> Location:
    """The location of what the pointer names, of its nearest ancestor where it leads nowhere."""
    parts: list[str | int] = []
    value = document.data
    for token in pointer.split("/")[1:]:
        name = token.replace("~1", "/").replace("~0", "~")
        part: str | int = int(name) if isinstance(value, list) and name.isdecimal() else name
        parts.append(part)
        value = document.get(*parts)
    # Of a mapping or list its key says what it is; where it begins says nothing.
    return document.at(*parts, key=isinstance(value, dict | list))
