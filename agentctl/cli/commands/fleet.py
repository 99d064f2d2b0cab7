"""`agentctl fleet`: every agent in one row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from agentctl.analysis.cost.budget import budgets
from agentctl.analysis.cost.ledger import COST_QUESTION, TASK_QUESTION, Ledger
from agentctl.analysis.counters import read_counters
from agentctl.analysis.fleet import Observed, Row, rows, usd_per_hour
from agentctl.cli.connecting import request_of
from agentctl.cli.emit import emit
from agentctl.cli.options import OutputOptions, SourceOptions, TimeOptions, grouped, opt
from agentctl.cli.watch import watching
from agentctl.governance.policy import Policy
from agentctl.model.errors import ErrorNote, SourceError
from agentctl.model.report import BACKEND_CODES, ExitCode, Report, Window
from agentctl.render.views.fleet import fleet_view
from agentctl.sources.connect import connect
from agentctl.sources.identity import Identity
from agentctl.sources.protocols import LogQuery, Sources
from agentctl.sources.request import Request

app = typer.Typer(rich_markup_mode=None)
T = TypeVar("T")
_HOUR = timedelta(hours=1)
_DURATIONS = ("agent_task_duration_seconds_bucket", "agent_task_duration_seconds_created")
_ACTIVE = ("agent_active_runs",)
NOBODY = ErrorNote(
    "empty",
    "no agent was found",
    "check -n and -l (default: namespace agents, selector app=agent), or: agentctl doctor",
)


@app.command()
@grouped
def fleet_command(
    source: SourceOptions,
    time: TimeOptions,
    output: OutputOptions,
    policy: Annotated[
        list[Path] | None,
        opt("--policy", help="Governance documents, for the budgets (repeatable).", env="AGENTCTL_POLICY"),
    ] = None,
    watch: Annotated[str | None, opt("--watch", help="Ask again every 10s, 1m …, until interrupted.")] = None,
) -> None:
    """Every agent: pods, tasks, errors, p95, USD an hour, budget. Those in trouble stand first.

    \b
    Examples:
      agentctl fleet
      agentctl fleet -A --since 6h -o wide
      agentctl fleet --watch 30s
      agentctl fleet --bundle incident.tar.gz -o json
    """

    def answer() -> Report:
        return _report(request_of(source, policies=policy or ()), time)

    if watch:
        watching(answer, output, fleet_view, watch)
    emit(answer(), output, fleet_view)


def _report(request: Request, time: TimeOptions) -> Report:
    sources = connect(request)
    window = _window(sources, time)
    errors: list[ErrorNote] = []
    seen = _observe(sources, window, request.identity, errors, whole=bool(request.logs) and not time.given)
    found = rows(seen)
    ledger = seen.ledger or Ledger((), (), window)
    data = {"rows": [_row(one, ledger) for one in found], "total": _total(found, ledger)}
    if not found and not errors:
        errors.append(NOBODY)
    code = _code(found, errors)
    return Report("fleet", sources.target, data=data, errors=tuple(errors), window=window, forced_exit=code)


def _window(sources: Sources, time: TimeOptions) -> Window:
    if sources.window and not time.given:
        return sources.window
    return time.window(datetime.fromtimestamp(sources.now, UTC), _HOUR)


def _observe(sources: Sources, window: Window, identity: Identity, errors: list[ErrorNote], whole: bool) -> Observed:
    """Ask each source once; one that fails leaves its columns unknown, and is named."""

    def tried(name: str, ask: Callable[[], T]) -> T | None:
        if name in sources.notes:
            errors.append(sources.notes[name])
        try:
            return ask()
        except SourceError as error:
            if error.code != "missing" or sources.window is None:
                errors.append(error.note())
            return None

    cluster, metrics, logs = sources.cluster, sources.metrics, sources.logs
    pods = tried("kubernetes", lambda: [(identity.agent_of(p), p) for p in cluster.pods()]) if cluster else None
    ledger = tried("metrics", lambda: _ledger(sources, window)) if metrics else None
    durations = (
        tried("", lambda: read_counters(metrics.series(_DURATIONS, window, {}), window)) if metrics and ledger else None
    )
    active = tried("", lambda: metrics.series(_ACTIVE, window, {})) if metrics and ledger else None
    digest = None
    if logs is not None and (sources.target.kind != "cluster"):
        from agentctl.analysis.logs.collect import collect

        span = None if whole else window
        collected = tried("logs", lambda: collect(logs.streams(LogQuery(window=span)), span))
        if collected is not None:
            digest, unread = collected
            errors += unread
    policies = tried("config", lambda: _policies(sources)) if sources.config else None
    held = {b.agent: b for b in budgets(ledger, policies)} if ledger and policies else {}
    return Observed(pods, ledger, durations, active, digest, held)


def _ledger(sources: Sources, window: Window) -> Ledger:
    assert sources.metrics is not None
    # A budget is a day's, so its row needs the samples since midnight; without one the window's are enough.
    midnight = window.end.replace(hour=0, minute=0, second=0, microsecond=0)
    span = Window(min(window.start, midnight), window.end) if sources.config else window
    cost = sources.metrics.series(COST_QUESTION, span, {})
    tasks = sources.metrics.series(TASK_QUESTION, window, {})
    return Ledger.of(cost, tasks, window)


def _policies(sources: Sources) -> dict[str, Policy]:
    from agentctl.documents.load import load_bytes
    from agentctl.governance.read import policy_of

    assert sources.config is not None
    found: dict[str, Policy] = {}
    for file, text in sources.config.documents():
        for document in load_bytes(text.encode(), file).documents:
            if document.kind == "governance":
                one = policy_of(document.data)
                found[one.name] = one
    return found


def _row(row: Row, ledger: Ledger) -> dict[str, Any]:
    budget = row.budget
    return {
        "agent": row.agent,
        "namespace": row.namespace,
        "pods": row.pods,
        "ready": row.ready,
        "restarts": row.restarts,
        "tasks": row.tasks,
        "failedTasks": row.failed,
        "errorRatio": None if row.error_ratio is None else round(row.error_ratio, 6),
        "errorRecords": row.error_records,
        "p95Seconds": row.p95,
        "activeRuns": row.active,
        "usd": row.cost.value if row.cost else None,
        "quality": row.cost.quality if row.cost else "unknown",
        "usdPerHour": usd_per_hour(row, ledger),
        "budgetUsd": budget.limit if budget else None,
        "budgetUsed": float(round(budget.used, 6)) if budget and budget.used is not None else None,
        "budgetStatus": budget.status if budget else None,
        "model": row.model,
        "unwell": row.unwell,
    }


def _total(found: Sequence[Row], ledger: Ledger) -> dict[str, Any]:
    known = [r for r in found if r.cost and r.cost.value is not None]
    exact = len(known) == len(found) and all(r.cost and r.cost.quality == "exact" for r in known)
    rates = [rate for r in known if (rate := usd_per_hour(r, ledger)) is not None]
    return {
        "agents": len(found),
        "pods": _sum([r.pods for r in found]),
        "ready": _sum([r.ready for r in found]),
        "tasks": _sum([r.tasks for r in found]),
        "failedTasks": _sum([r.failed for r in found]),
        "usdPerHour": sum(rates[1:], rates[0]) if rates else None,
        "quality": ("exact" if exact else "lower-bound") if rates else "unknown",
    }


def _sum(values: Sequence[Any]) -> Any:
    known = [v for v in values if v is not None]
    return sum(known) if known else None


def _code(found: Sequence[Row], errors: Sequence[ErrorNote]) -> ExitCode:
    """0 when there is a table to show; else 4 where servers refused us, and 5 where nothing was found."""
    if found:
        return ExitCode.OK
    return ExitCode.UNREACHABLE if any(e.code in BACKEND_CODES for e in errors) else ExitCode.UNKNOWN
