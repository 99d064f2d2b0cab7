"""The text of a file: its lines and its comments, made only when somebody asks."""

from __future__ import annotations

import re
from functools import lru_cache

# What libyaml counts as the end of a line: what editors do, and three rare characters.
_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_QUOTES = re.compile(rb"['\"|>]")
_HASH = re.compile(r"(?:(?<=\s)|^)#", re.MULTILINE)

Comment = tuple[int, int, str]


class Source:
    """The bytes of one file (UTF-8, no byte order mark). Lines are counted as libyaml counts them."""

    __slots__ = ("name", "raw")

    def __init__(self, raw: bytes, name: str) -> None:
        self.raw = raw
        self.name = name

    @property
    def text(self) -> str:
        """The whole text; bytes that are no UTF-8 show as U+FFFD."""
        return _text(self)

    @property
    def starts(self) -> tuple[int, ...]:
        """Where in the text each line starts."""
        return _starts(self)

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines without their ends."""
        return _lines(self)

    @property
    def comments(self) -> tuple[Comment, ...]:
        """(line, column, text from the # on) of every comment; a # inside a scalar starts none."""
        return _comments(self) if b"#" in self.raw else ()

    @property
    def blocks(self) -> tuple[tuple[int, int], ...]:
        """(header line, last line) of every block scalar."""
        from agentctl.documents.parser import scalars

        return tuple((start[0] - 1, max(end[0] - 1, start[0])) for start, end, block in scalars(self.raw) if block)


@lru_cache(maxsize=8)
def _text(source: Source) -> str:
    return source.raw.decode("utf-8", "replace")


@lru_cache(maxsize=8)
def _starts(source: Source) -> tuple[int, ...]:
    return (0, *(match.end() for match in _BREAK.finditer(source.text)))


@lru_cache(maxsize=64)
def _lines(source: Source) -> tuple[str, ...]:
    return tuple(_BREAK.split(source.text))


@lru_cache(maxsize=64)
def _comments(source: Source) -> tuple[Comment, ...]:
    from agentctl.documents.parser import scalars

    if not _QUOTES.search(source.raw):
        # Nothing can hide a # but quotes and block scalars.
        spans: list[tuple[tuple[int, int], tuple[int, int]]] = []
    else:
        spans = [(start, end) for start, end, _ in scalars(source.raw)]
    lines = source.lines
    found: list[Comment] = []
    at = 0
    for number, line in enumerate(lines, 1):
        for match in _HASH.finditer(line):
            place = (number, match.start() + 1)
            while at < len(spans) and spans[at][1] <= place:
                at += 1
            if at == len(spans) or place < spans[at][0]:
                found.append((*place, line[match.start() :]))
                break
    return tuple(found)
