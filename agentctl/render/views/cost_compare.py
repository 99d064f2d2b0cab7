"""What a person sees of `cost compare`."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from agentctl.model.money import Quality
from agentctl.model.report import Report
from agentctl.render.blocks import Block, Cell, Column, Table, Text
from agentctl.render.views.cost_words import grounds, money, plain_money, signed, times, tone_of


def compare_view(report: Report, wide: bool) -> Sequence[Block]:
    """A row an agent and model: what was booked, and what the price asked about comes to."""
    data = report.data
    other = data.get("model") or "list price"
    below: list[Block] = [Text(f"! {f.message}", "warn") for f in report.findings]
    below += [Text(f"! {e.message}", "warn") for e in report.errors]
    if not data.get("rows"):
        return below
    columns = [Column("agent"), Column("model"), Column("calls", right=True), Column("booked", right=True)]
    columns += [
        Column(other, right=True),
        Column("difference", right=True),
        Column("booked/list", right=True),
        Column("rests on", wide=True),
    ]
    rows = []
    for row in data["rows"]:
        quality = Quality(row["quality"])
        rows.append(
            [
                Cell(row["agent"]),
                Cell(row["model"]),
                Cell(str(row["calls"])),
                Cell(plain_money(row["bookedUsd"]) if row["calls"] else "-"),
                Cell(money(row["usd"], quality), tone_of(quality)),
                Cell(signed(_visible(row["differenceUsd"]))),
                Cell(times(row["ratio"])),
                Cell(grounds(row)),
            ]
        )
    total = data["total"]
    foot = [
        "total",
        "",
        "",
        plain_money(total["bookedUsd"]),
        money(total["usd"], Quality(total["quality"])),
        "",
        "",
        "",
    ]
    return [Table(columns, rows, [Cell(f, "strong") for f in foot]), *below]


def _visible(difference: Decimal | None) -> Decimal | None:
    """Hundredths of a cent are how the agents round."""
    return None if difference is None else round(difference, 4) + 0
