"""`agentctl cost compare`: the same calls at list price, or on another model."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from agentctl.analysis.cost.pricing import Repriced, reprice
from agentctl.cli.cost_records import Reading
from agentctl.cli.emit import emit
from agentctl.cli.options import JudgeOptions, OutputOptions, SourceOptions, TimeOptions, grouped, opt
from agentctl.model.errors import ErrorNote, UsageError
from agentctl.model.finding import Finding, Remediation, Severity
from agentctl.model.money import Figure, format_money, total
from agentctl.model.report import ExitCode, Report
from agentctl.render.views.cost_compare import compare_view

NO_CALLS = ErrorNote(
    "empty", "no LLM_CALL line in the logs", "prices are compared call by call, so the logs are needed"
)


@grouped
def compare_command(
    source: SourceOptions,
    time: TimeOptions,
    output: OutputOptions,
    judge: JudgeOptions,
    model: Annotated[
        str | None, opt("--model", help="Price the calls as this model's (default: their own list price).")
    ] = None,
) -> None:
    """What would the same calls have cost on another model? Without --model: do the bookings follow the list price?

    Every call is priced on its own, since tiers hold for a call. A model that nobody prices is shown as unknown.

    \b
    Examples:
      agentctl cost compare --model claude-haiku-4-5 --logs agent.log
      agentctl cost compare --bundle incident/ --strict
    """
    from agentctl.sources.prices import listed_as, price

    if model is not None and listed_as(model) is None:
        raise UsageError(
            "unknown-model", f"--model {model}: nobody prices a model of this name", "write it as its provider does"
        )
    reading = Reading(source, time)
    found = reprice(reading, price, model, listed_as)
    drifted = () if model else tuple(_drift(r) for r in found if r.calls and r.drifted)
    booked = sum((r.booked for r in found), Decimal(0))
    listed = total(r.figure for r in found) if found else Figure.unknown("no calls")
    emit(
        Report(
            "cost compare",
            reading.sources.target,
            findings=drifted,
            data={
                "model": model,
                "rows": [_row(r) for r in found],
                "total": {"bookedUsd": booked, "usd": listed.value, "quality": listed.quality},
            },
            errors=(*reading.errors, *((NO_CALLS,) if not found else ())),
            window=reading.span(),
            forced_exit=ExitCode.UNKNOWN if listed.value is None else None,
        ),
        output,
        compare_view,
        judge,
    )


def _row(found: Repriced) -> dict[str, Any]:
    figure = found.figure
    return {
        "agent": found.agent,
        "model": found.model,
        "calls": found.calls,
        "bookedUsd": found.booked,
        "usd": figure.value,
        "quality": figure.quality,
        "reasons": figure.reasons,
        "differenceUsd": found.difference if found.calls else None,
        "ratio": found.ratio,
        "skipped": found.skipped,
    }


def _drift(found: Repriced) -> Finding:
    booked, listed = format_money(found.booked), format_money(found.listed)
    return Finding(
        code="price-drift",
        severity=Severity.WARNING,
        subject=f"agent/{found.agent}",
        message=f"{found.agent} books {booked} for {found.calls} calls to {found.model}; its list price is {listed}",
        remediation=Remediation(
            "check the rates in the agent's code: a default rate, an old price, or another model's"
        ),
    )
