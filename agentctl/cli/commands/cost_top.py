"""`agentctl cost top`: every agent (model, pod, run …) with what it cost, dearest first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Any

from agentctl.analysis.cost.budget import Budget, budgets
from agentctl.analysis.cost.bytool import ESTIMATE, book_by_tool
from agentctl.analysis.cost.ledger import SUBJECT_LABELS, subject
from agentctl.analysis.cost.logged import Logged, logged_by
from agentctl.analysis.cost.spikes import Floors, find_spikes
from agentctl.analysis.cost.top import SORTS, Row, Top, ordered, top, top_of_logs, without_gaps
from agentctl.cli.cost_data import (
    NO_METRIC,
    CostData,
    DocumentPaths,
    TimeZoneName,
    WithLogs,
    gather,
    moment_of,
    zone_of,
)
from agentctl.cli.cost_focus import focus_rows
from agentctl.cli.cost_records import Reading
from agentctl.cli.emit import emit
from agentctl.cli.options import OutputOptions, SourceOptions, TimeOptions, grouped, opt
from agentctl.cli.watch import watching
from agentctl.model.errors import ErrorNote, UsageError
from agentctl.model.money import Figure
from agentctl.model.report import ExitCode, Report, Window
from agentctl.render.views.cost_focus import focus_view
from agentctl.render.views.cost_top import top_view

# Spikes of the last day carry a mark; `cost spikes` looks further back.
_MARKED = timedelta(days=1)
BY = (*SUBJECT_LABELS, "run")
# What metrics seldom name: then the log lines are read for it.
FROM_LOGS = ("run", "tool")
NO_LOGS = ErrorNote("empty", "no LLM_CALL line in the logs that says so", "give --logs PATH or a bundle with logs")


@grouped
def top_command(
    source: SourceOptions,
    time: TimeOptions,
    output: OutputOptions,
    by: Annotated[str, opt("--by", help="agent|model|pod|namespace|tool|run, or label:NAME.")] = "agent",
    sort: Annotated[str, opt("--sort", help="|".join(SORTS))] = "usd",
    limit: Annotated[int, opt("--limit", help="Rows to show in tables (0 = all).", min=0)] = 0,
    timezone: TimeZoneName = "UTC",
    file: DocumentPaths = None,
    with_logs: WithLogs = False,
    focus: Annotated[
        bool, opt("--focus", help="A row an agent and model, in the columns of FOCUS 1.2 (with -o csv).")
    ] = False,
    watch: Annotated[str | None, opt("--watch", help="Ask again every 10s, 1m …, until interrupted.")] = None,
) -> None:
    """Where does the money go? USD in the window by agent, model, pod or run, and what each figure rests on.

    \b
    Examples:
      agentctl cost top --since 1h
      agentctl cost top --by model --bundle incident/ -o wide
      agentctl cost top --by label:team --sort change --limit 10
      agentctl cost top --since 24h --focus -o csv
    """
    _check(by, sort)

    def answer() -> Report:
        data = gather(source, time, with_logs=with_logs or by in FROM_LOGS, documents=file or (), by=by)
        booked = _by_tool(data, source, time) if by == "tool" else None
        found = report(data, by, sort, limit, timezone, booked)
        return replace(found, data={**found.data, "focus": focus_rows(data)}) if focus else found

    view = focus_view if focus else top_view
    if watch is not None:
        watching(answer, output, view, watch)
    emit(answer(), output, view)


def report(
    data: CostData, by: str, sort: str, limit: int, timezone: str, booked: Mapping[str | None, Logged] | None = None
) -> Report:
    """The whole answer: rows, sum, and what is known beside. `booked` holds the logged calls by tool."""
    found = _found(data, by, booked)
    nothing = found.total.value is None
    missing = NO_LOGS if by in FROM_LOGS else NO_METRIC
    errors = (*data.errors, *((missing,) if nothing and not data.errors else ()))
    shown = [_row(r, by, data, timezone) for r in ordered(found.rows, sort)]
    return Report(
        "cost top",
        data.sources.target,
        data={
            "by": by,
            "rows": _decorated(shown, by, data, timezone),
            "total": _total(found),
            "loggedOnly": [_logged(name, one) for name, one in found.logged_only.items()],
            "notes": [*data.notes, *found.notes, *_log_notes(found)],
            "limit": limit,
            **_method(data),
        },
        errors=errors,
        window=data.window,
        forced_exit=ExitCode.UNKNOWN if nothing else ExitCode.OK,
    )


def _method(data: CostData) -> dict[str, Any]:
    """Whether every figure comes from raw samples, or a server summed counters; then how many, and what is not exact in it."""
    fleet = data.fleet
    if fleet is None:
        return {"method": "raw-samples" if data.sources.metrics is not None else "logs", "pushedDown": None}
    pushed = {"series": fleet.series, "fetched": fleet.fetched, "summedByClass": fleet.others - fleet.fetched}
    return {"method": "pushed-down", "pushedDown": {**pushed, "estimatedUsd": f"{fleet.rough:.9f}"}}


def _found(data: CostData, by: str, booked: Mapping[str | None, Logged] | None) -> Top:
    if booked is not None:
        return top_of_logs(booked, data.window, ESTIMATE)
    labelled = by != "run" and any(subject(by)(c.labels) for c in data.ledger.cost)
    logged = logged_by(data.digest, by) if data.digest else {}
    if by in FROM_LOGS and not labelled or data.sources.metrics is None and data.digest:
        return top_of_logs(logged, data.window)
    found = top(data.ledger, by, logged, data.history)
    return found if found.gap is None or found.gap >= 0 or _covered(data) else without_gaps(found)


def _log_notes(found: Top) -> list[str]:
    return (
        []
        if found.comparable or found.logged_total is None
        else ["the logs do not cover the window: no comparison with the metrics"]
    )


def _covered(data: CostData) -> bool:
    """Whether the logs begin in the first half of the window; logs are rotated away long before metrics are."""
    if data.digest is None or data.digest.first_time is None:
        return False
    late = data.digest.first_time - data.window.start.timestamp()
    return late <= data.window.seconds / 2


def _by_tool(data: CostData, source: SourceOptions, time: TimeOptions) -> dict[str | None, Logged] | None:
    """What the logs say by tool; None where the metrics name tools themselves, or there are no logs."""
    if data.digest is None or any(subject("tool")(c.labels) for c in data.ledger.cost):
        return None
    return book_by_tool(Reading(source, time))


def _check(by: str, sort: str) -> None:
    if by not in BY and not (by.startswith("label:") and len(by) > len("label:")):
        raise UsageError("bad-option", f"--by {by}: no such subject", f"one of {', '.join(BY)}, label:NAME")
    if sort not in SORTS:
        raise UsageError("bad-option", f"--sort {sort}: no such order", f"one of {', '.join(SORTS)}")


def _row(row: Row, by: str, data: CostData, timezone: str) -> dict[str, Any]:
    logged = row.logged
    return {
        by.removeprefix("label:"): row.name,
        "usd": row.spent.value,
        "quality": row.spent.quality,
        "reasons": row.spent.reasons,
        "usdPerHour": row.rate,
        "share": None if row.share is None else round(row.share, 6),
        "usualUsdPerHour": row.usual,
        "change": None if row.change is None else float(row.change),
        "last24h": [None if v is None else round(v, 6) for v in row.spark],
        "inputTokens": logged.input_tokens if logged else _whole(row.tokens[0]),
        "outputTokens": logged.output_tokens if logged else _whole(row.tokens[1]),
        "calls": logged.calls if logged else None,
        "tasks": _whole(row.tasks),
        "usdPerTask": row.per_task,
        "loggedUsd": logged.figure.value if logged else None,
        "gapUsd": row.gap,
        "spike": False,
        "budget": None,
    }


def _whole(count: Decimal | None) -> int | None:
    return None if count is None else int(count)


def _decorated(rows: list[dict[str, Any]], by: str, data: CostData, timezone: str) -> list[dict[str, Any]]:
    """Rows of agents with their spike mark and today's budget."""
    if by != "agent" or not data.history.cost:
        return rows
    lately = replace(data.history, window=Window(max(data.window.start, data.window.end - _MARKED), data.window.end))
    dear = {s.agent for s in find_spikes(lately, Floors())[0]}
    held = {b.agent: b for b in budgets(data.history, data.policies, zone_of(timezone)) if b.limit is not None}
    for row in rows:
        row["spike"] = row["agent"] in dear
        row["budget"] = _budget(held.get(row["agent"]))
    return rows


def _budget(budget: Budget | None) -> Mapping[str, Any] | None:
    if budget is None:
        return None
    at = budget.exhaustion.at
    return {
        "limitUsd": budget.limit,
        "spentTodayUsd": budget.spent.value,
        "quality": budget.spent.quality,
        "used": None if budget.used is None else float(budget.used),
        "runsOutAt": None if at is None else moment_of(at),
    }


def _total(found: Top) -> dict[str, Any]:
    rate = sum((r.rate for r in found.rows if r.rate is not None), Decimal(0))
    return {
        "usd": found.total.value,
        "quality": found.total.quality,
        "reasons": found.total.reasons,
        "usdPerHour": None if found.total.value is None else rate,
        "loggedUsd": None if found.logged_total is None else found.logged_total.figure.value,
        "gapUsd": found.gap,
    }


def _logged(name: str | None, one: Logged) -> dict[str, Any]:
    figure: Figure = one.figure
    return {"name": name, "usd": figure.value, "quality": figure.quality, "calls": one.calls}
