"""Blocks as GitHub-flavoured Markdown. Text from outside is escaped: it can start no link, tag or table."""

from __future__ import annotations

import re
from collections.abc import Sequence

from agentctl.model.redaction import redact
from agentctl.model.untrusted import visible
from agentctl.render.blocks import Block, Command, Heading, Source, Table

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|#~@])")


def to_markdown(blocks: Sequence[Block]) -> str:
    """The blocks one after the other, a blank line between them."""
    return "\n".join(part for part in map(_block, blocks) if part)


def escape(text: str) -> str:
    """Text that Markdown shows as it is."""
    return _SPECIAL.sub(r"\\\1", visible(redact(text)))


def fenced(text: str) -> str:
    """A code block that its content cannot end."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(longest + 1, 3)
    return f"{fence}\n{text}\n{fence}\n"


def _block(block: Block) -> str:
    if isinstance(block, Heading):
        return f"## {escape(block.text)}\n"
    if isinstance(block, Command):
        return fenced(visible(redact(block.text)))
    if isinstance(block, Source):
        return fenced(visible(redact(block.line)))
    if isinstance(block, Table):
        return _table(block)
    bullet = "- " if block.indent else ""
    return "\n".join(bullet + escape(line) for line in block.text.split("\n") if line) + "\n"


def _table(table: Table) -> str:
    lines = [f"### {escape(table.title)}\n"] if table.title else []
    lines.append("| " + " | ".join(escape(c.name) for c in table.columns) + " |")
    lines.append("|" + "|".join("---:" if c.right else "---" for c in table.columns) + "|")
    rows = [*table.rows, *([table.footer] if table.footer is not None else [])]
    lines += ["| " + " | ".join(escape(cell.text) for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"
