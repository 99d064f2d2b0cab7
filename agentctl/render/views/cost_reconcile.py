"""What a person sees of `cost reconcile`."""

from __future__ import annotations

from collections.abc import Sequence

from agentctl.model.money import Quality
from agentctl.model.report import Report
from agentctl.render.blocks import Block, Cell, Column, Table, Text
from agentctl.render.views.cost_words import grounds, money, signed, tone_of

_COLUMNS = (
    Column("provider"),
    Column("day (UTC)"),
    Column("billed", right=True),
    Column("metered", right=True),
    Column("billed-metered", right=True),
    Column("rests on", wide=True),
)


def reconcile_view(report: Report, wide: bool) -> Sequence[Block]:
    """A row a provider and day."""
    rows = []
    for row in report.data.get("rows", ()):
        quality = Quality(row["quality"])
        rows.append(
            [
                Cell(row["provider"]),
                Cell(row["day"].strftime("%Y-%m-%d")),
                Cell(money(row["billedUsd"])),
                Cell(money(row["usd"], quality), tone_of(quality)),
                Cell(signed(row["gapUsd"])),
                Cell(grounds(row)),
            ]
        )
    below: list[Block] = [Text(f"! {e.message}", "warn") for e in report.errors]
    below += [Text(n, "dim") for n in report.data.get("notes", ())]
    return [*([Table(_COLUMNS, rows)] if rows else []), *below]
