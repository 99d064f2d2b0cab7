"""`agentctl cost reconcile`: what the providers bill against what the agents' own metrics say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, timedelta
from decimal import Decimal
from typing import Annotated, Any

from agentctl.analysis.cost.budget import day_start
from agentctl.analysis.cost.ledger import Ledger, model_of
from agentctl.analysis.counters import Counter, grouped, rise, summarise
from agentctl.analysis.symptoms import provider_of_model
from agentctl.cli.cost_data import gather, moment_of
from agentctl.cli.emit import emit
from agentctl.cli.environment import environment
from agentctl.cli.options import OutputOptions, SourceOptions, TimeOptions, opt
from agentctl.cli.options import grouped as spread
from agentctl.model.duration import parse_duration
from agentctl.model.errors import ErrorNote, InputError, SourceError
from agentctl.model.money import Figure
from agentctl.model.report import ExitCode, Report, Window
from agentctl.render.views.cost_reconcile import reconcile_view

DAY = timedelta(days=1)


@spread
def reconcile_command(
    source: SourceOptions,
    time: TimeOptions,
    output: OutputOptions,
    days: Annotated[int, opt("--days", help="Whole days (UTC) before the end of the window.", min=1, max=31)] = 7,
) -> None:
    """Does the bill agree with the metrics? Each provider's bill, day by day, against what its models were metered at.

    \b
    Admin keys come from ANTHROPIC_ADMIN_KEY and OPENAI_ADMIN_KEY (or …_FILE):
      agentctl cost reconcile --days 7
    """
    from agentctl.sources.billing import BilledDay, bills

    accounts = bills(environment().environ, parse_duration(source.request_timeout).total_seconds())
    if not accounts:
        raise InputError(
            "no-key",
            "no provider's bill can be read: there is no admin key",
            "set ANTHROPIC_ADMIN_KEY or OPENAI_ADMIN_KEY",
        )
    data = gather(source, time, history=(days + 1) * DAY, step=3600.0)
    end = day_start(data.history.end, UTC)
    window = Window(moment_of(end) - days * DAY, moment_of(end))
    errors: list[ErrorNote] = list(data.errors)
    billed: list[BilledDay] = []
    for account in accounts:
        try:
            billed += account.days(window)
        except SourceError as error:
            errors.append(error.note())
    names = sorted({a.name for a in accounts})
    rows = [r for name in names for r in _rows(name, billed, data.history, window, days)]
    emit(
        Report(
            "cost reconcile",
            data.sources.target,
            data={"rows": rows, "notes": list(data.notes)},
            errors=tuple(errors),
            window=window,
            error_exit=ExitCode.UNKNOWN if billed else ExitCode.UNREACHABLE,
        ),
        output,
        reconcile_view,
    )


def _rows(provider: str, billed: Sequence[Any], ledger: Ledger, window: Window, days: int) -> list[dict[str, Any]]:
    metered = _of_provider(ledger, provider)
    amounts: Mapping[float, Decimal] = {b.start: b.usd for b in billed if b.provider == provider}
    rows = []
    for day in range(days):
        start = (window.start + day * DAY).timestamp()
        spent = (
            rise(metered, start, start + 86_400.0)
            if metered
            else Figure.unknown("no model of this provider was metered")
        )
        bill = amounts.get(start)
        rows.append(
            {
                "provider": provider,
                "day": moment_of(start),
                "billedUsd": bill,
                "usd": spent.value,
                "quality": spent.quality,
                "reasons": summarise(spent.reasons),
                "gapUsd": None if bill is None or spent.value is None else bill - spent.value,
            }
        )
    return rows


def _of_provider(ledger: Ledger, provider: str) -> list[Counter]:
    models = grouped(ledger.cost, model_of)
    return [c for model, counters in models.items() if model and provider_of_model(model) == provider for c in counters]
