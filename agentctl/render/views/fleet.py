"""The fleet as a table: a row an agent, those in trouble first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from agentctl.model.duration import format_time
from agentctl.model.money import Quality
from agentctl.model.report import Report
from agentctl.render.blocks import Block, Cell, Column, Table, Text, Tone
from agentctl.render.views.cost_words import money, percent

_COLUMNS = (
    Column("AGENT"),
    Column("NAMESPACE", wide=True),
    Column("PODS", right=True),
    Column("RESTARTS", right=True),
    Column("RUNS", right=True, wide=True),
    Column("TASKS", right=True),
    Column("ERRORS", right=True),
    Column("P95", right=True),
    Column("USD/H", right=True),
    Column("BUDGET", right=True),
    Column("MODEL", wide=True),
)
_BUDGET_TONES: Mapping[str, Tone] = {"exceeded": "bad", "warning": "warn"}


def fleet_view(report: Report, wide: bool) -> Sequence[Block]:
    """The table with its sum; what could not be asked stands below."""
    blocks: list[Block] = []
    if report.window:
        blocks.append(Text(f"{format_time(report.window.start)} to {format_time(report.window.end)}", "dim"))
    rows = report.data["rows"]
    if rows:
        blocks.append(Table(_COLUMNS, [_cells(row) for row in rows], footer=_footer(report.data["total"])))
    for error in report.errors:
        blocks.append(Text(f"unknown: {error.message}", "warn"))
        if error.hint:
            blocks.append(Text(error.hint, "dim", indent=2))
    return blocks


def _cells(row: Mapping[str, Any]) -> list[Cell]:
    short = row["ready"] is not None and row["ready"] < (row["pods"] or 0)
    return [
        Cell(row["agent"], "strong" if row["unwell"] else "plain"),
        Cell(row["namespace"] or "-"),
        Cell(_pods(row), "bad" if short else "plain"),
        Cell(_count(row["restarts"]), "warn" if row["restarts"] else "plain"),
        Cell(_count(row["activeRuns"])),
        Cell(_count(row["tasks"])),
        Cell(_errors(row), "bad" if (row["errorRatio"] or 0) >= 0.2 else "plain"),
        Cell("?" if row["p95Seconds"] is None else f"{row['p95Seconds']:.2g}s"),
        Cell("?" if row["usdPerHour"] is None else money(row["usdPerHour"], Quality(row["quality"]))),
        Cell(
            "-" if row["budgetUsed"] is None else percent(row["budgetUsed"]),
            _BUDGET_TONES.get(row["budgetStatus"] or "", "plain"),
        ),
        Cell(row["model"] or "-"),
    ]


def _footer(total: Mapping[str, Any]) -> list[Cell]:
    rate = total["usdPerHour"]
    ratio = total["failedTasks"] / total["tasks"] if total["tasks"] else None
    said = [
        f"{total['agents']} agents",
        "",
        _pods(total),
        "",
        "",
        _count(total["tasks"]),
        percent(ratio) if ratio is not None else "?",
        "",
    ]
    return [Cell(t) for t in (*said, "?" if rate is None else money(rate, Quality(total["quality"])), "", "")]


def _pods(row: Mapping[str, Any]) -> str:
    return "?" if row["pods"] is None else f"{row['ready']}/{row['pods']}"


def _errors(row: Mapping[str, Any]) -> str:
    """The share of failed tasks; where no task is counted, the error records of the logs."""
    if row["errorRatio"] is not None:
        share = row["errorRatio"] * 100
        return f"{share:.1f}%" if 0 < share < 10 else f"{share:.0f}%"
    return "?" if row["errorRecords"] is None else f"{row['errorRecords']:,} logged"


def _count(value: float | None) -> str:
    return "?" if value is None else f"{value:,.0f}"
