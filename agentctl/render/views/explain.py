"""What a person sees of `explain` and `schema list`."""

from __future__ import annotations

from collections.abc import Sequence

from agentctl.model.report import Report
from agentctl.render.blocks import Block, Cell, Column, Heading, Table, Text


def explain_view(report: Report, wide: bool) -> Sequence[Block]:
    """A page as text, a blank line between its parts."""
    title, _, rest = str(report.data["text"]).partition("\n\n")
    return [Heading(title), *(Text(part) for part in (["", rest] if rest else []))]


def schemas_view(report: Report, wide: bool) -> Sequence[Block]:
    """A row a schema."""
    rows = [[Cell(s["name"]), Cell(s["title"]), Cell(s["id"])] for s in report.data["schemas"]]
    return [Table([Column("name"), Column("what it describes"), Column("id", wide=True)], rows)]
