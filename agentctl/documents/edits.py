"""Changes to the text of a file that leave everything else in it as it is: comments, layout, line ends."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from agentctl.documents.source import Source

_LINE = re.compile("[^\r\n\x85\u2028\u2029]*(?:\r\n|[\r\n\x85\u2028\u2029]|\\Z)")


class Edit(NamedTuple):
    """Put `text` in the place of [start, end) of a line; lines and columns count from 1. `why` is one line for a person."""

    line: int
    start: int
    end: int
    text: str
    why: str


def apply(source: Source, edits: Iterable[Edit]) -> bytes:
    """The bytes of the file after the edits. Raises ValueError where two of them overlap or one leaves its line."""
    lines = [match.group() for match in _LINE.finditer(source.text) if match.group()]
    reached: dict[int, int] = {}
    for edit in sorted(edits, key=lambda e: (e.line, e.start), reverse=True):
        if edit.line > len(lines):
            raise ValueError(f"line {edit.line} is not there")
        line = lines[edit.line - 1]
        body = line.rstrip("\r\n\x85\u2028\u2029")
        if not 1 <= edit.start <= edit.end <= len(body) + 1 or edit.end > reached.get(edit.line, len(body) + 1):
            raise ValueError(f"edits of line {edit.line} overlap")
        reached[edit.line] = edit.start
        lines[edit.line - 1] = line[: edit.start - 1] + edit.text + line[edit.end - 1 :]
    return "".join(lines).encode()


def ending(source: Source) -> str:
    """The line end that the file uses."""
    return "\r\n" if b"\r\n" in source.raw else "\n"
