"""What a person sees of `cost spikes`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from agentctl.model.duration import format_time
from agentctl.model.money import Quality, format_money
from agentctl.model.report import Report
from agentctl.render.blocks import Block, Cell, Column, Command, Table, Text
from agentctl.render.views.cost_words import money, signed, times

_COLUMNS = (
    Column("agent"),
    Column("usd/h", right=True),
    Column("usual", right=True),
    Column("factor", right=True),
    Column("extra", right=True),
    Column("since"),
    Column("day before", right=True, wide=True),
    Column("until", wide=True),
)


def spikes_view(report: Report, wide: bool) -> Sequence[Block]:
    """A row a spike, and under the table what drove each."""
    data = report.data
    spikes: Sequence[Mapping[str, Any]] = data.get("spikes", ())
    below: list[Block] = [Text(f"? {e.message}", "warn") for e in report.errors]
    unjudged = data.get("unjudged", ())
    if unjudged:
        names = ", ".join(u["agent"] or "(no agent)" for u in unjudged[:8]) + (" …" if len(unjudged) > 8 else "")
        below.append(Text(f"not judged, for want of history: {names}", "dim"))
    below += [Text(_excuse(e), "dim") for e in data.get("excused", ())]
    below += [Text(n, "dim") for n in data.get("notes", ())]
    if not spikes:
        return [*([] if report.errors else [Text("no spike", "good")]), *below]
    table = Table(_COLUMNS, [_row(s) for s in spikes])
    return [table, *(b for s in spikes for b in _drivers(s)), *below, *_next(report)]


def _row(spike: Mapping[str, Any]) -> list[Cell]:
    day_before = spike["dayBeforeUsd"]
    return [
        Cell(spike["agent"] or "(no agent)"),
        Cell(money(spike["usd"], Quality(spike["quality"])), "bad"),
        Cell(format_money(spike["usualUsd"])),
        Cell(times(spike["factor"])),
        Cell(signed(spike["extraUsd"])),
        Cell(format_time(spike["since"])),
        Cell("?" if day_before is None else format_money(day_before)),
        Cell("now" if spike["ongoing"] else format_time(spike["until"])),
    ]


def _drivers(spike: Mapping[str, Any]) -> list[Block]:
    parts = [f"{p['what']} {signed(p['usd'])}" + (f" ({p['detail']})" if p["detail"] else "") for p in spike["parts"]]
    return [Text(f"{spike['agent']}: " + "; ".join(parts))]


def _excuse(excused: Mapping[str, Any]) -> str:
    usd, before = format_money(excused["usd"]), format_money(excused["weekBeforeUsd"])
    return f"no spike: {excused['agent'] or '(no agent)'} cost {usd} in an hour, and {before} in the same hour a week before"


def _next(report: Report) -> list[Block]:
    first = report.findings[0].remediation if report.findings else None
    return [Command(first.command)] if first else []
