"""What a person sees of `cost budget`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from agentctl.model.duration import format_time
from agentctl.model.money import Quality, format_money
from agentctl.model.report import Report
from agentctl.render.blocks import Block, Cell, Column, Table, Text, Tone
from agentctl.render.views.cost_words import grounds, money, percent, plain_money, tone_of

_COLUMNS = (
    Column("agent"),
    Column("status"),
    Column("spent today", right=True),
    Column("budget", right=True),
    Column("used", right=True),
    Column("usd/h", right=True),
    Column("runs out"),
    Column("6h usd/h", right=True, wide=True),
    Column("earliest", wide=True),
    Column("latest", wide=True),
    Column("dearest run", right=True, wide=True),
    Column("run limit", right=True, wide=True),
    Column("rests on", wide=True),
)
_TONE: Mapping[str, Tone] = {"exceeded": "bad", "warning": "warn", "ok": "good", "unknown": "warn", "none": "dim"}
_WORD = {"none": "no budget"}


def budget_view(report: Report, wide: bool) -> Sequence[Block]:
    """A row an agent, the fullest budget first."""
    data = report.data
    below: list[Block] = [
        Text(f"! {f.message}", "bad" if f.severity.label == "error" else "warn") for f in report.findings
    ]
    below += [Text(f"? {e.message}", "warn") for e in report.errors]
    if not data.get("rows"):
        return below
    day = data["day"]
    below.append(Text(f"the day began at {format_time(day['start'])} ({day['timezone']})", "dim"))
    unsure = [r for r in data["rows"] if Quality(r["quality"]) is not Quality.EXACT and r["limitUsd"] is not None]
    below += [Text(f"{r['agent']}: {grounds(r)}", "dim") for r in unsure[:8]]
    below += [Text(n, "dim") for n in data["notes"]]
    return [Table(_COLUMNS, [_row(r) for r in data["rows"]]), *below]


def _row(row: Mapping[str, Any]) -> list[Cell]:
    quality = Quality(row["quality"])
    at_least = "≥ " if quality is Quality.LOWER_BOUND and row["used"] is not None else ""
    rates = row["usdPerHour"]
    between = row["runsOutBetween"]
    return [
        Cell(row["agent"]),
        Cell(_WORD.get(row["status"], row["status"]), _TONE[row["status"]]),
        Cell(money(row["spentUsd"], quality), tone_of(quality)),
        Cell("-" if row["limitUsd"] is None else format_money(row["limitUsd"])),
        Cell(at_least + percent(row["used"])),
        Cell(plain_money(rates["lastHour"])),
        Cell(_time(row["runsOutAt"], "not today" if row["limitUsd"] is not None else "-")),
        Cell(plain_money(rates["last6Hours"])),
        Cell(_time(between["earliest"])),
        Cell(_time(between["latest"])),
        Cell(plain_money(row["dearestRunUsd"])),
        Cell(plain_money(row["maxCostPerRunUsd"])),
        Cell(grounds(row)),
    ]


def _time(moment: Any, otherwise: str = "-") -> str:
    return otherwise if moment is None else format_time(moment)
