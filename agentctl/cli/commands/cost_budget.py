"""`agentctl cost budget`: the budgets of the governance documents against what was spent today."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Annotated, Any

from agentctl.analysis.cost.budget import Budget, budgets, day_start
from agentctl.analysis.logs.digest import LogDigest
from agentctl.cli.cost_data import (
    NO_METRIC,
    DocumentPaths,
    TimeZoneName,
    WithLogs,
    gather,
    moment_of,
    zone_of,
)
from agentctl.cli.emit import emit
from agentctl.cli.options import JudgeOptions, OutputOptions, SourceOptions, TimeOptions, grouped, opt
from agentctl.model.errors import ErrorNote, UsageError
from agentctl.model.finding import Finding, Remediation, Severity
from agentctl.model.money import format_money
from agentctl.model.report import ExitCode, Report, Window
from agentctl.render.views.cost_budget import budget_view

FAIL_ON = {"exceeded": "error", "warning": "warning", "error": "error"}


@grouped
def budget_command(
    source: SourceOptions,
    time: TimeOptions,
    output: OutputOptions,
    timezone: TimeZoneName = "UTC",
    file: DocumentPaths = None,
    fail_on: Annotated[str, opt("--fail-on", help="Exit 1 from this status on: exceeded|warning.")] = "exceeded",
    exit_zero: Annotated[bool, opt("--exit-zero", help="Exit 0 whatever is found (for cron jobs).")] = False,
    with_logs: WithLogs = False,
) -> None:
    """Who is about to spend more than allowed? The cost controls of each agent against its spend since midnight.

    \b
    Examples:
      agentctl cost budget -f governance/ --timezone Europe/Berlin
      agentctl cost budget --bundle incident/ --fail-on warning
    """
    if fail_on not in FAIL_ON:
        raise UsageError("bad-option", f"--fail-on {fail_on}: no such status", "one of exceeded, warning")
    zone = zone_of(timezone)
    data = gather(source, time, with_logs=with_logs, documents=file or ())
    rows = budgets(data.history, data.policies, zone, dearest_runs(data.digest))
    limited = [b for b in rows if b.limit is not None]
    errors = list(data.errors)
    if not data.history.agents() and not errors:
        errors.append(NO_METRIC)
    if not limited:
        hint = "give the governance documents with -f PATH; cost_controls.max_daily_spend_usd is the budget"
        errors.append(ErrorNote("no-budget", "no document sets a budget for any agent", hint))
    unknown = bool(limited) and all(b.status == "unknown" for b in limited)
    findings = tuple(f for b in rows for f in findings_of(b))
    # What could not be read beside the metrics (a pod's logs) leaves no budget unjudged.
    clean = bool(limited) and not findings and "metrics" not in data.sources.notes
    start = day_start(data.history.end, zone)
    emit(
        Report(
            "cost budget",
            data.sources.target,
            findings=findings,
            data={
                "rows": [_row(b) for b in rows],
                "day": {"start": moment_of(start), "timezone": timezone},
                "notes": list(data.notes),
            },
            errors=tuple(errors),
            window=Window(moment_of(start), data.window.end) if start < data.history.end else data.window,
            error_exit=ExitCode.INPUT if not limited else ExitCode.UNKNOWN,
            forced_exit=ExitCode.UNKNOWN if unknown else ExitCode.OK if clean else None,
        ),
        output,
        budget_view,
        JudgeOptions(fail_on=FAIL_ON[fail_on], exit_zero=exit_zero),
    )


def dearest_runs(digest: LogDigest | None) -> dict[str, tuple[Decimal, str]]:
    """The dearest run of each agent (USD, run id); empty where the logs carry no run ids."""
    found: dict[str, tuple[Decimal, str]] = {}
    for run in _runs(digest):
        if run.agent not in found or run.llm.cost > found[run.agent][0]:
            found[run.agent] = (run.llm.cost, run.run_id)
    return found


def _runs(digest: LogDigest | None) -> Iterable[Any]:
    return digest.runs.values() if digest else ()


def findings_of(budget: Budget) -> list[Finding]:
    """What is wrong with one agent's spend."""
    found = []
    spent = format_money(budget.spent.value, budget.spent.quality)
    if budget.status in ("exceeded", "warning"):
        word = "over" if budget.status == "exceeded" else f"over {budget.threshold:.0%} of"
        found.append(
            Finding(
                code=f"budget-{budget.status}",
                severity=Severity.ERROR if budget.status == "exceeded" else Severity.WARNING,
                subject=f"agent/{budget.agent}",
                message=f"{budget.agent} spent {spent} today, {word} its {format_money(budget.limit)} a day",
                remediation=Remediation("see which hours and models it went to", "agentctl cost top --since 24h"),
            )
        )
    if budget.dearest_run is not None and budget.run_limit is not None and budget.dearest_run > budget.run_limit:
        found.append(
            Finding(
                code="run-over-limit",
                severity=Severity.ERROR,
                subject=f"agent/{budget.agent}",
                message=f"a run of {budget.agent} cost {format_money(budget.dearest_run)}, over its {format_money(budget.run_limit)} a run",
                evidence=(f"run {budget.dearest_run_id}",),
            )
        )
    return found


def _row(budget: Budget) -> dict[str, Any]:
    when = budget.exhaustion
    return {
        "agent": budget.agent,
        "status": budget.status,
        "limitUsd": budget.limit,
        "spentUsd": budget.spent.value,
        "quality": budget.spent.quality,
        "reasons": budget.spent.reasons,
        "used": None if budget.used is None else float(budget.used),
        "threshold": float(budget.threshold),
        "usdPerHour": {"lastHour": budget.short_rate, "last6Hours": budget.long_rate},
        "runsOutAt": _moment(when.at),
        "runsOutBetween": {"earliest": _moment(when.earliest), "latest": _moment(when.latest)},
        "maxCostPerRunUsd": budget.run_limit,
        "dearestRunUsd": budget.dearest_run,
        "dearestRun": budget.dearest_run_id or None,
    }


def _moment(seconds: float | None) -> Any:
    return None if seconds is None else moment_of(seconds)
