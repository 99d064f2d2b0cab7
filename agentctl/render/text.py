"""Blocks as text for a terminal or a pipe: aligned columns without boxes, as kubectl prints them.

In a terminal long cells are folded to its width; in a pipe nothing is folded and nothing is cut.
"""

from __future__ import annotations

import io
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text as RichText

from agentctl.model.redaction import redact
from agentctl.model.untrusted import visible
from agentctl.render.ascii import in_ascii
from agentctl.render.blocks import Block, Cell, Command, Heading, Source, Table, Text
from agentctl.render.formats import Page

_STYLE = {"plain": "", "good": "green", "bad": "bold red", "warn": "yellow", "dim": "dim", "strong": "bold"}


def to_text(blocks: Sequence[Block], page: Page, *, wide: bool = False) -> str:
    """Print the blocks one after the other; trailing blanks are removed."""
    console = _console(page)
    for number, block in enumerate(blocks):
        if isinstance(block, Heading) and number:
            console.print()
        _print(console, block, page, wide)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    lines = "".join(line.rstrip(" ") + "\n" for line in text.split("\n")[:-1])
    return lines if page.utf8 else in_ascii(lines)


def _console(page: Page) -> Console:
    return Console(
        file=io.StringIO(),
        width=page.width,
        force_terminal=page.color,
        color_system="standard" if page.color else None,
        legacy_windows=False,
        markup=False,
        highlight=False,
        emoji=False,
        soft_wrap=False,
        _environ={},
    )


def safe(text: str, *, keep_newlines: bool = False) -> str:
    """Text as it may be shown: secrets masked, control characters as visible escapes."""
    return visible(redact(text), keep_newlines=keep_newlines)


def _print(console: Console, block: Block, page: Page, wide: bool) -> None:
    if isinstance(block, Table):
        _table(console, block, wide)
    elif isinstance(block, Heading):
        console.print(RichText(safe(block.text), style=_STYLE[block.tone]))
    elif isinstance(block, Command):
        console.print(RichText(" " * block.indent + "$ " + safe(block.text), style="cyan"), soft_wrap=True)
    elif isinstance(block, Source):
        _source(console, block)
    else:
        _text(console, block, page)


def _text(console: Console, block: Text, page: Page) -> None:
    width = max(page.width - block.indent, 20)
    for line in safe(block.text, keep_newlines=True).split("\n"):
        if page.width >= 10_000:
            console.print(RichText(" " * block.indent + line, style=_STYLE[block.tone]), soft_wrap=True)
            continue
        for piece in RichText(line, style=_STYLE[block.tone]).wrap(console, width):
            console.print(RichText(" " * block.indent) + piece)


def _table(console: Console, block: Table, wide: bool) -> None:
    shown = [i for i, column in enumerate(block.columns) if wide or not column.wide]
    table = RichTable(
        box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=True, header_style="bold", expand=False
    )
    for i in shown:
        column = block.columns[i]
        table.add_column(RichText(column.name.upper()), justify="right" if column.right else "left", overflow="fold")
    for row in block.rows:
        table.add_row(*(_cell(row[i]) for i in shown))
    if block.footer is not None:
        table.add_row(*(RichText("-" * max(len(block.columns[i].name), 3)) for i in shown))
        table.add_row(*(_cell(block.footer[i]) for i in shown))
    if block.title:
        console.print(RichText(safe(block.title), style="bold"))
    console.print(table)


def _cell(cell: Cell) -> RichText:
    return RichText(safe(cell.text), style=_STYLE[cell.tone])


def _source(console: Console, block: Source) -> None:
    gutter = f"{block.line_number:>6} | "
    # Masked text may be shorter than the line; the caret then stands under what is left.
    console.print(RichText(gutter + safe(block.line.replace("\t", " ")), style="dim"), soft_wrap=True)
    width = max(block.end - block.start, 1)
    console.print(RichText(" " * 6 + " | " + " " * (block.start - 1) + "^" * width, style="red"), soft_wrap=True)
