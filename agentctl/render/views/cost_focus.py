"""FOCUS rows as one plain table: values as they are, for `-o csv`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from agentctl.model.duration import format_time
from agentctl.model.report import Report
from agentctl.render.blocks import Block, Cell, Column, Table, Text


def focus_view(report: Report, wide: bool) -> Sequence[Block]:
    """Every column of every row; an empty cell is what nobody knows."""
    rows = report.data.get("focus", ())
    if not rows:
        return [Text(e.message, "warn") for e in report.errors]
    return [Table([Column(name) for name in rows[0]], [[Cell(_plain(v)) for v in row.values()] for row in rows])]


def _plain(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return format_time(value)
    return format(value, "f") if isinstance(value, Decimal) else str(value)
