"""What a person sees of `cost forecast`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from agentctl.model.money import Quality, format_money
from agentctl.model.report import Report
from agentctl.render.blocks import Block, Cell, Column, Table, Text
from agentctl.render.views.cost_words import money

_COLUMNS = (
    Column("agent"),
    Column("so far", right=True),
    Column("today", right=True),
    Column("80 %", right=True),
    Column("month", right=True),
    Column("80 %", right=True),
    Column("hours known", right=True, wide=True),
)


def forecast_view(report: Report, wide: bool) -> Sequence[Block]:
    """A row an agent and the sum, which is foretold of its own: agents err in different directions."""
    data = report.data
    below: list[Block] = [Text(f"! {e.message}", "warn") for e in report.errors]
    if not data.get("rows"):
        return below
    rows = [[*_row(r["agent"] or "(no agent)", r), Cell(str(r["hours"]))] for r in data["rows"]]
    reasons = sorted({reason for r in data["rows"] for part in ("day", "month") for reason in r[part]["reasons"]})
    table = Table(_COLUMNS, rows, [*_row("all", data["total"]), Cell("")])
    explained = Text("80 %: the interval that the end lies in eight times out of ten", "dim")
    return [table, explained, *(Text(reason, "dim") for reason in reasons), *below]


def _row(name: str, row: Mapping[str, Any]) -> list[Cell]:
    day, month = row["day"], row["month"]
    return [Cell(name), Cell(format_money(day["spentUsd"])), *_part(day), *_part(month)]


def _part(part: Mapping[str, Any]) -> list[Cell]:
    interval = "-" if part["lowUsd"] is None else f"{_rough(part['lowUsd'])}-{_rough(part['highUsd'])}"
    return [Cell(money(part["usd"], Quality(part["quality"]))), Cell(interval)]


def _rough(amount: Decimal) -> str:
    """An end of an interval: cents mean nothing beside tens of dollars."""
    return format_money(amount) if amount < 10 else f"${amount:.0f}"
