"""`agentctl cost forecast`: what the day and the month will have cost."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from datetime import tzinfo as TimeZone
from decimal import Decimal
from typing import Any

from agentctl.analysis.cost.budget import day_end, day_start
from agentctl.analysis.cost.forecast import Forecast, foretell
from agentctl.analysis.cost.ledger import Ledger, first_seen
from agentctl.analysis.cost.timeline import HOUR, Timeline
from agentctl.analysis.counters import Counter, rise
from agentctl.cli.cost_data import NO_METRIC, TimeZoneName, gather, moment_of, zone_of
from agentctl.cli.emit import emit
from agentctl.cli.options import OutputOptions, SourceOptions, TimeOptions, grouped
from agentctl.model.money import Figure, Quality
from agentctl.model.report import ExitCode, Report
from agentctl.render.views.cost_forecast import forecast_view

_HISTORY = timedelta(days=32)
_LEARN_HOURS = 7 * 24


@grouped
def forecast_command(
    source: SourceOptions, time: TimeOptions, output: OutputOptions, timezone: TimeZoneName = "UTC"
) -> None:
    """What will the day and the month have cost? With the interval it lies in eight times out of ten.

    \b
    Examples:
      agentctl cost forecast --timezone Europe/Berlin
    """
    zone = zone_of(timezone)
    data = gather(source, time, history=_HISTORY, step=HOUR)
    ledger = data.history
    everyone = [c for counters in ledger.agents().values() for c in counters]
    rows = [
        _row(agent, counters, ledger, zone) for agent, counters in ledger.agents().items() if _alive(ledger, counters)
    ]
    rows.sort(key=lambda r: (r["day"]["usd"] is None, -(r["day"]["usd"] or Decimal(0)), r["agent"] or ""))
    whole = _row(None, everyone, ledger, zone)
    nothing = not rows
    unknown = nothing or whole["day"]["usd"] is None
    emit(
        Report(
            "cost forecast",
            data.sources.target,
            data={"rows": rows, "total": {k: whole[k] for k in ("day", "month")}, "timezone": timezone},
            errors=(*data.errors, *((NO_METRIC,) if nothing and not data.errors else ())),
            window=data.window,
            forced_exit=ExitCode.UNKNOWN if unknown else ExitCode.OK,
        ),
        output,
        forecast_view,
    )


def _alive(ledger: Ledger, counters: Sequence[Counter]) -> bool:
    return any(ledger.alive(c) for c in counters)


def _row(agent: str | None, counters: Sequence[Counter], ledger: Ledger, zone: TimeZone) -> dict[str, Any]:
    now = ledger.end
    timeline = Timeline.of(counters, now - _LEARN_HOURS * HOUR, now, grid=HOUR)
    known = ((timeline.moment(i), timeline.hour(i)) for i in range(_LEARN_HOURS))
    hours = [(end, usd) for end, usd in known if usd is not None]
    hours.reverse()
    return {
        "agent": agent,
        "day": _period(counters, hours, now, day_start(now, zone), day_end(now, zone)),
        "month": _period(counters, hours, now, month_start(now, zone), month_end(now, zone)),
        "hours": len(hours),
    }


def _period(
    counters: Sequence[Counter], hours: Sequence[tuple[float, float]], now: float, start: float, end: float
) -> dict[str, Any]:
    spent = rise(counters, start, now) if start < now else Figure(Decimal(0))
    found: Forecast = foretell(hours, float(spent.known), now, end)
    born = first_seen(counters)
    reaches = born is not None and born <= start
    reasons = [found.reason] if found.reason else []
    if not reaches and not found.reason:
        reasons.append("the samples do not reach back to its start")
    quality = Quality.UNKNOWN if found.expected is None else Quality.ESTIMATED if reaches else Quality.LOWER_BOUND
    return {
        "usd": _usd(found.expected),
        "lowUsd": _usd(found.low),
        "highUsd": _usd(found.high),
        "spentUsd": spent.value,
        "until": moment_of(end),
        "quality": quality,
        "reasons": reasons,
    }


def _usd(amount: float | None) -> Decimal | None:
    return None if amount is None else Decimal(repr(round(amount, 6)))


def month_start(moment: float, zone: TimeZone) -> float:
    """The start of the month in a time zone, unix seconds."""
    local = datetime.fromtimestamp(moment, zone)
    return datetime(local.year, local.month, 1, tzinfo=zone).timestamp()


def month_end(moment: float, zone: TimeZone) -> float:
    """The end of the month in a time zone, unix seconds."""
    local = datetime.fromtimestamp(moment, zone)
    year, month = (local.year + 1, 1) if local.month == 12 else (local.year, local.month + 1)
    return datetime(year, month, 1, tzinfo=zone).timestamp()
