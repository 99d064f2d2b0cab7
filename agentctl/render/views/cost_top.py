"""What a person sees of `cost top`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from agentctl.model.duration import format_time
from agentctl.model.money import Quality
from agentctl.model.report import Report
from agentctl.render.blocks import Block, Cell, Column, Table, Text
from agentctl.render.views.cost_words import (
    grounds,
    money,
    name_of,
    percent,
    plain_money,
    signed,
    sparkline,
    times,
    tone_of,
)

_NARROW_SPARK = 12
_WIDE_SPARK = 24
_FOOTNOTES = 8


class _Field(NamedTuple):
    """A column and how its cell is read from a row; `optional` ones are left out where no row has anything to show."""

    column: Column
    cell: Any
    foot: str = ""
    optional: bool = True


def top_view(report: Report, wide: bool) -> Sequence[Block]:
    """The table, the sum under it, and what the figures rest on."""
    data = report.data
    rows: Sequence[Mapping[str, Any]] = data.get("rows", ())
    shown = rows[: data["limit"]] if data.get("limit") else rows
    if not rows:
        return [Text(f"{e.message}", "warn") for e in report.errors] or [Text("nothing was spent", "dim")]
    fields = [f for f in _fields(data, wide) if not f.optional or any(_filled(f.cell(r)) for r in rows)]
    table = Table(
        columns=[f.column for f in fields],
        rows=[[f.cell(r) for f in fields] for r in shown],
        footer=[Cell(f.foot, "strong") for f in fields],
    )
    return [
        table,
        *_method(report),
        *_below(data, rows, len(shown)),
        *[Text(f"! {e.message}", "warn") for e in report.errors],
    ]


def _filled(cell: Cell) -> bool:
    return cell.text not in ("", "-", "?")


def _fields(data: Mapping[str, Any], wide: bool) -> list[_Field]:
    by = str(data["by"]).removeprefix("label:")
    total = data["total"]
    spark = _WIDE_SPARK if wide else _NARROW_SPARK
    gap = signed(total["gapUsd"])
    return [
        _Field(Column(by), lambda r: name_of(r[by], by), "total", optional=False),
        _Field(Column("usd", right=True), _spent, money(total["usd"], Quality(total["quality"])), optional=False),
        _Field(
            Column("usd/h", right=True), lambda r: Cell(plain_money(r["usdPerHour"])), plain_money(total["usdPerHour"])
        ),
        _Field(Column("share", right=True), lambda r: Cell(percent(r["share"]))),
        _Field(Column("vs usual", right=True), _change),
        _Field(Column("last 24h"), lambda r: Cell(sparkline(r["last24h"], spark))),
        _Field(Column("budget", right=True), _budget_used),
        _Field(Column("runs out", wide=True), _runs_out),
        _Field(Column("tasks", right=True, wide=True), lambda r: Cell(_count(r["tasks"]))),
        _Field(Column("usd/task", right=True, wide=True), lambda r: Cell(plain_money(r["usdPerTask"]))),
        _Field(Column("calls", right=True, wide=True), lambda r: Cell(_count(r["calls"]))),
        _Field(Column("tokens in", right=True, wide=True), lambda r: Cell(_count(r["inputTokens"]))),
        _Field(Column("tokens out", right=True, wide=True), lambda r: Cell(_count(r["outputTokens"]))),
        _Field(
            Column("logged", right=True, wide=True),
            lambda r: Cell(plain_money(r["loggedUsd"])),
            plain_money(total["loggedUsd"]),
        ),
        _Field(Column("logged-metered", right=True, wide=True), lambda r: Cell(signed(r["gapUsd"])), gap),
        _Field(Column("rests on", wide=True), lambda r: Cell(grounds(r)), grounds(total), optional=False),
    ]


def _spent(row: Mapping[str, Any]) -> Cell:
    quality = Quality(row["quality"])
    return Cell(money(row["usd"], quality), tone_of(quality))


def _change(row: Mapping[str, Any]) -> Cell:
    text = times(row["change"])
    return Cell(f"{text} SPIKE", "bad") if row["spike"] else Cell(text)


def _budget_used(row: Mapping[str, Any]) -> Cell:
    budget = row["budget"]
    if budget is None or budget["used"] is None:
        return Cell("-" if budget is None else "?")
    used = budget["used"]
    at_least = "≥ " if budget["quality"] == Quality.LOWER_BOUND else ""
    return Cell(at_least + percent(used), "bad" if used > 1 else "plain")


def _runs_out(row: Mapping[str, Any]) -> Cell:
    moment = (row["budget"] or {}).get("runsOutAt")
    return Cell("-" if moment is None else format_time(moment))


def _count(number: int | None) -> str:
    return "-" if number is None else str(number)


def _below(data: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], shown: int) -> list[Block]:
    """What the table leaves out, and why figures are no better than they are."""
    by = str(data["by"]).removeprefix("label:")
    lines = []
    if shown < len(rows):
        lines.append(f"{len(rows) - shown} more rows: --limit 0 shows all; the sum holds them")
    lines += _unsure(rows, by)
    gap = data["total"]["gapUsd"]
    if gap:
        lines.append(f"the logs say {plain_money(data['total']['loggedUsd'])}: {signed(gap)} against the metrics")
    lines += [_only_logged(one, by) for one in data["loggedOnly"][:_FOOTNOTES]]
    lines += list(data["notes"])
    return [Text(line, "dim") for line in lines]


def _method(report: Report) -> list[Block]:
    """How live counters were read, and how much of a large fleet's sum is not exact for it."""
    pushed = report.data.get("pushedDown")
    if not pushed:
        live = report.target.kind == "cluster" and report.data.get("method") == "raw-samples"
        return [Text("read as raw samples", "dim")] if live else []
    estimated = Decimal(pushed["estimatedUsd"])
    parts = [
        f"pushed down: {pushed['series']} series, summed by the server as differences of samples",
        f"{pushed['fetched']} that restarted, came or went read as raw samples" if pushed["fetched"] else "",
        f"{pushed['summedByClass']} that restarted, came or went summed by what is known"
        if pushed["summedByClass"]
        else "",
        f"{plain_money(estimated)} of the sum estimated with increase()" if estimated else "",
    ]
    return [Text("; ".join(p for p in parts if p), "dim")]


def _unsure(rows: Sequence[Mapping[str, Any]], by: str) -> list[str]:
    """Why figures are not exact: a line a reason, with the subjects it holds for."""
    whom: dict[str, list[str]] = {}
    for row in rows:
        if Quality(row["quality"]) is not Quality.EXACT:
            whom.setdefault(grounds(row), []).append(row[by] or f"(no {by})")
    lines = [f"{why}: {', '.join(names[:6])}{' …' if len(names) > 6 else ''}" for why, names in whom.items()]
    more = len(lines) - _FOOTNOTES
    return [*lines[:_FOOTNOTES], *([f"… and {more} more reasons: -o wide says which"] if more > 0 else [])]


def _only_logged(one: Mapping[str, Any], by: str) -> str:
    amount = money(one["usd"], Quality(one["quality"]))
    return f"{one['name'] or f'(no {by})'}: {amount} in the logs, but no cost metric"
