"""What a person sees, before it is text: headings, paragraphs and tables. Views build blocks, formats print them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Tone = Literal["plain", "good", "bad", "warn", "dim", "strong"]


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table; the text is untrusted data until a format has made it safe."""

    text: str
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class Column:
    """A column. `wide` columns show only with `-o wide` (and in csv)."""

    name: str
    right: bool = False
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table; `footer` is one more row under a rule."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    footer: Sequence[Cell] | None = None
    title: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """Lines of text. `indent` counts spaces; `prefix` stands before the first line."""

    text: str
    tone: Tone = "plain"
    indent: int = 0


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading between parts."""

    text: str
    tone: Tone = "strong"


@dataclass(frozen=True, slots=True)
class Command:
    """A command to run next: shown so that it can be copied."""

    text: str
    indent: int = 2


@dataclass(frozen=True, slots=True)
class Source:
    """A line of a document with a caret under the part at fault. Columns count from 1; `end` is exclusive."""

    line_number: int
    line: str
    start: int
    end: int


Block = Table | Text | Heading | Command | Source
