"""YAML inside a scalar of YAML (a ConfigMap's data): where a place of the inner text lies in the outer file."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from functools import cached_property

from agentctl.documents.node import SIZE, WIDTH, Span
from agentctl.documents.source import Source

_PROPERTIES = re.compile(r"(?:[&!]\S*[ \t]+)*")
_DOUBLE = re.compile(
    r"\\(?:x(?P<x>[0-9a-fA-F]{2})|u(?P<u>[0-9a-fA-F]{4})|U(?P<U>[0-9a-fA-F]{8})|(?P<join>\r?\n[ \t]*)|(?P<one>.))"
    r"|(?P<fold>[ \t]*(?:\r?\n[ \t]*)+)|(?P<plain>[^\\])",
    re.DOTALL,
)
_SINGLE = re.compile(r"(?P<one>'')|(?P<fold>[ \t]*(?:\r?\n[ \t]*)+)|(?P<plain>.)", re.DOTALL)
_ESCAPES = dict(zip('0abtnvfre"/\\N_LP ', '\0\a\b\t\n\v\f\r\x1b"/\\\x85\xa0\u2028\u2029 ', strict=True))

Point = tuple[int, int]
# A ConfigMap holds at most this much; a longer text has the place of its scalar.
_LONGEST = 1 << 20


class Embedding:
    """Maps places (line, column, from 1) of a scalar's text to the file; to the scalar's own start where that cannot be told."""

    def __init__(self, source: Source, span: Span, text: str) -> None:
        self._source, self._span, self._text = source, span, text
        self._inner_lines = text.split("\n")
        self.inner = Source(text.encode("utf-8", "replace"), source.name)
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]
        lines = source.lines
        line, column = span.line, span.column
        column += len(_PROPERTIES.match(lines[line - 1], column - 1).group())  # type: ignore[union-attr]
        self._head = (line, column)
        opening = lines[line - 1][column - 1 : column]
        self._block = opening in ("|", ">")
        self._quote = opening if opening in ("'", '"') else ""

    @cached_property
    def _points(self) -> list[Point] | None:
        """The places of all characters of a quoted text: made when the first is asked for, most texts are none of ours."""
        return self._quoted(self._quote) if self._quote and len(self._text) <= _LONGEST else None

    def point(self, line: int, column: int) -> Point:
        """The place in the file of a place in the text."""
        if self._block:
            return self._in_block(line, column)
        index = self._starts[min(line, len(self._starts)) - 1] + column - 1
        if self._points:
            return self._points[min(index, len(self._points) - 1)]
        if "\n" not in self._text and self._span.line == self._span.end_line:
            return self._head[0], self._head[1] + index
        return self._head

    def move(self, places: array[int]) -> array[int]:
        """All places of a document, moved from the text to the file."""
        out = array("I")
        for at in range(0, len(places), WIDTH):
            out.extend(self._moved(*places[at : at + 4]))
            out.extend(self._moved(*places[at + 4 : at + 8]))
            out.append(places[at + SIZE])
        return out

    def _moved(self, line: int, column: int, end_line: int, end_column: int) -> tuple[int, int, int, int]:
        if not line:
            return (0, 0, 0, 0)
        start = self.point(line, column)
        end = self.point(end_line, end_column)
        return (*start, *(end if end > start else (start[0], start[1] + 1)))

    def _in_block(self, line: int, column: int) -> Point:
        inner, outer = self._inner_lines, self._source.lines
        at = self._head[0] + line
        if line <= len(inner) and at <= len(outer) and inner[line - 1] and outer[at - 1].endswith(inner[line - 1]):
            return at, len(outer[at - 1]) - len(inner[line - 1]) + column
        return (at, 1) if line == len(inner) and at <= len(outer) else self._head

    def _quoted(self, quote: str) -> list[Point] | None:
        """The place of every character of the text, and of its end; None where the walk does not lead to that very text."""
        outer, starts = self._source.text, self._source.starts
        at = starts[self._head[0] - 1] + self._head[1]
        pattern = _DOUBLE if quote == '"' else _SINGLE
        made: list[str] = []
        offsets: list[int] = []
        while len(made) <= len(self._text) and (match := pattern.match(outer, at)):
            produced = _produced(match)
            if match.group("plain") == quote:
                break
            made += produced
            offsets += [at] * len(produced)
            at = match.end()
        if "".join(made) != self._text:
            return None
        found = ((bisect_right(starts, offset), offset) for offset in [*offsets, at])
        return [(line, offset - starts[line - 1] + 1) for line, offset in found]


def _produced(match: re.Match[str]) -> str:
    """The characters that a piece of a quoted scalar stands for."""
    kind = match.lastgroup or ""
    text = match.group(kind)
    if kind in ("x", "u", "U"):
        return chr(int(text, 16)) if int(text, 16) < 0x110000 else ""
    if kind == "fold":
        return "\n" * (text.count("\n") - 1) or " "
    if kind == "one":
        return _ESCAPES.get(text, "'")
    return "" if kind == "join" else text
