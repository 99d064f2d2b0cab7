"""What a person sees of `cost forecast`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from agentctl.model.money import Quality, format_money
from agentctl.model.report import Report
from agentctl.render.blocks import Block, Cell, Column, Table, Text
from agentctl.render.views.cost_words import money

_COLUMNS = (
    Column("agent"),
    Column("today so far", right=True),
    Column("end of day", right=True),
    Column("8 of 10 times", right=True),
    Column("end of month", right=True),
    Column("8 of 10 times", right=True),
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
    return [table, *(Text(reason, "dim") for reason in reasons), *below]


def _row(name: str, row: Mapping[str, Any]) -> list[Cell]:
    day, month = row["day"], row["month"]
    return [Cell(name), Cell(format_money(day["spentUsd"])), *_part(day), *_part(month)]


def _part(part: Mapping[str, Any]) -> list[Cell]:
    interval = "-" if part["lowUsd"] is None else f"{format_money(part['lowUsd'])} to {format_money(part['highUsd'])}"
    return [Cell(money(part["usd"], Quality(part["quality"]))), Cell(interval)]
