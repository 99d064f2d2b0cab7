"""`agentctl cost spikes`: which hours were out of the usual, and what drove them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

from agentctl.analysis.cost.drivers import Part, drivers
from agentctl.analysis.cost.spikes import Floors, Spike, Unjudged, find_spikes
from agentctl.cli.cost_data import NO_METRIC, WithLogs, gather, moment_of
from agentctl.cli.cost_weekly import week_before
from agentctl.cli.emit import emit
from agentctl.cli.options import JudgeOptions, OutputOptions, SourceOptions, TimeOptions, grouped, opt
from agentctl.model.errors import ErrorNote, UsageError
from agentctl.model.finding import Finding, Remediation, Severity
from agentctl.model.money import format_money
from agentctl.model.report import ExitCode, Report
from agentctl.render.views.cost_spikes import spikes_view


@grouped
def spikes_command(
    source: SourceOptions,
    time: TimeOptions,
    output: OutputOptions,
    judge: JudgeOptions,
    factor: Annotated[str, opt("--factor", help="How many times the usual hour is a spike.")] = "3",
    min_usd: Annotated[str, opt("--min-usd", help="By how many USD at least.")] = "1",
    with_logs: WithLogs = False,
) -> None:
    """Which hours were far dearer than usual, and what drove them? Exit 1 when there is one.

    A spike is an hour dearer than --factor times the usual hour and, with a day of history, than the same hour of the day
    before, by at least --min-usd. An hour that was as dear a week earlier is listed as excused: weeks have a rhythm too.

    \b
    Examples:
      agentctl cost spikes --since 6h
      agentctl cost spikes --bundle incident/ --factor 2 -o json
    """
    floors = Floors(_amount("--factor", factor), _amount("--min-usd", min_usd))
    data = gather(source, time, with_logs=with_logs, logs_before=True)
    found, unjudged = find_spikes(data.history, floors)
    weekly = [(s, week_before(s, data, data.reader) if data.reader else None) for s in found]
    excused = [(s, usual) for s, usual in weekly if usual is not None and not floors.exceeded(s.amount.known, usual)]
    spikes = [s for s in found if s not in [e for e, _ in excused]]
    parts = [drivers(s, data.history, data.digest) for s in spikes]
    errors = list(data.errors)
    if not data.history.agents() and not errors:
        errors.append(NO_METRIC)
    judged = bool(found) or (not data.history.empty and not _all_unjudged(data.history.agents(), unjudged))
    if not judged and not errors:
        errors.append(
            ErrorNote(
                "empty",
                "there is no history before the window: no usual hour to hold it against",
                "ask for a longer --since",
            )
        )
    report = Report(
        "cost spikes",
        data.sources.target,
        findings=tuple(_finding(s, p) for s, p in zip(spikes, parts, strict=True)),
        data={
            "spikes": [_row(s, p) for s, p in zip(spikes, parts, strict=True)],
            "excused": [_excused(s, usual) for s, usual in excused],
            "unjudged": [{"agent": u.agent, "reason": u.reason} for u in unjudged],
            "floors": {"factor": floors.factor, "minUsd": floors.min_usd},
            "notes": list(data.notes),
        },
        errors=tuple(errors),
        window=data.window,
        # Logs that could not be read cost a spike its explanation, not its discovery.
        forced_exit=ExitCode.OK if judged and not spikes and "metrics" not in data.sources.notes else None,
        error_exit=ExitCode.UNKNOWN,
    )
    emit(report, output, spikes_view, judge)


def _all_unjudged(agents: object, unjudged: Sequence[Unjudged]) -> bool:
    return bool(unjudged) and len(unjudged) == len(agents)  # type: ignore[arg-type]


def _amount(option: str, text: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or value < 0 or (option == "--factor" and value < 1):
        raise UsageError("bad-option", f"{option} {text}: no such amount", f"write a number, as {option} 3")
    return value


def _excused(spike: Spike, usual: Decimal) -> dict[str, Any]:
    return {"agent": spike.agent, "usd": spike.amount.value, "since": moment_of(spike.since), "weekBeforeUsd": usual}


def _row(spike: Spike, parts: Sequence[Part]) -> dict[str, Any]:
    return {
        "agent": spike.agent,
        "usd": spike.amount.value,
        "quality": spike.amount.quality,
        "reasons": sorted(set(spike.amount.reasons)),
        "usualUsd": spike.usual,
        "factor": None if spike.factor is None else float(spike.factor),
        "extraUsd": spike.extra,
        "dayBeforeUsd": spike.day_before,
        "since": moment_of(spike.since),
        "hour": {"start": moment_of(spike.hour[0]), "end": moment_of(spike.hour[1])},
        "until": moment_of(spike.until),
        "ongoing": spike.ongoing,
        "parts": [{"what": p.what, "usd": p.usd, "detail": p.detail} for p in parts],
    }


def _finding(spike: Spike, parts: Sequence[Part]) -> Finding:
    amount, usual = format_money(spike.amount.value, spike.amount.quality), format_money(spike.usual)
    by = "" if spike.factor is None else f", {float(spike.factor):.1f} times as much"
    evidence = [f"{p.what}: {format_money(p.usd)}" + (f" ({p.detail})" if p.detail else "") for p in parts]
    if spike.day_before is not None:
        evidence.append(f"the same hour of the day before cost {format_money(spike.day_before)}")
    return Finding(
        code="cost-spike",
        severity=Severity.ERROR,
        subject=f"agent/{spike.agent}",
        message=f"{spike.agent} cost {amount} in an hour; its usual hour costs {usual}{by}",
        evidence=tuple(evidence),
        remediation=Remediation(
            text="find out what drove it before anything is turned off",
            command=f"agentctl diagnose cost --since {'2h' if spike.ongoing else '24h'}",
        ),
    )
