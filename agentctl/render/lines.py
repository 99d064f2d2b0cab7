"""Blocks without tables as text, written by hand: ten thousand findings are printed in a blink, and rich is not loaded."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from agentctl.model.redaction import redact
from agentctl.model.untrusted import visible
from agentctl.render.ascii import in_ascii
from agentctl.render.blocks import Block, Command, Heading, Source, Text
from agentctl.render.formats import UNLIMITED, Page

_CODE = {"plain": "", "good": "32", "bad": "1;31", "warn": "33", "dim": "2", "strong": "1"}


def to_lines(blocks: Sequence[Block], page: Page) -> str:
    """Headings, texts, commands and source lines one after the other; tables are not for here."""
    text = "".join(line.rstrip(" ") + "\n" for block in blocks for line in _block(block, page))
    return text if page.utf8 else in_ascii(text)


def _block(block: Block, page: Page) -> Iterator[str]:
    if isinstance(block, Heading):
        yield _toned(_safe(block.text), _CODE[block.tone], page)
    elif isinstance(block, Command):
        yield _toned(" " * block.indent + "$ " + _safe(block.text), "36", page)
    elif isinstance(block, Source):
        yield from _source(block, page)
    elif isinstance(block, Text):
        for line in visible(redact(block.text), keep_newlines=True).split("\n"):
            for piece in _folded(line, page, block.indent):
                yield " " * block.indent + _toned(piece, _CODE[block.tone], page)


def _source(block: Source, page: Page) -> Iterator[str]:
    """The line and a caret below the part at fault. Of a very long line the part around the fault is shown."""
    start, end, line = block.start, block.end, block.line.replace("\t", " ")
    room = min(page.width, 400) - 12
    if len(line) > room:
        cut = max(0, min(start - 1 - room // 4, len(line) - room))
        line, start, end = line[cut : cut + room], start - cut, end - cut
    before, fault = _safe(line[: start - 1]), _safe(line[start - 1 : end - 1])
    # Escapes and masks change lengths, so the caret is placed by what is shown, not by what stands in the file.
    shown = _safe(line)
    column, width = (len(before), max(len(fault), 1)) if shown.startswith(before) else (0, max(len(shown), 1))
    width = max(min(width, len(shown) - column), 1)
    yield _toned(f"{block.line_number:>6} | {shown}", _CODE["dim"], page)
    yield _toned(" " * 6 + " | " + " " * column + "^" * width, "31", page)


def _folded(line: str, page: Page, indent: int) -> list[str]:
    if page.width >= UNLIMITED or len(line) + indent <= page.width:
        return [line]
    width = max(page.width - indent, 20)
    return textwrap.wrap(line, width, break_long_words=True, break_on_hyphens=False) or [""]


def _toned(text: str, code: str, page: Page) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if page.color and code and text else text


def _safe(text: str) -> str:
    return visible(redact(text))
