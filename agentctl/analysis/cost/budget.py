"""The budgets of the governance documents held against what was really spent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from datetime import tzinfo as TimeZone
from decimal import Decimal

from agentctl.analysis.cost.ledger import Ledger, first_seen
from agentctl.analysis.counters import Counter, rise, summarise
from agentctl.governance.policy import Policy
from agentctl.model.money import Figure, Quality, divide

HOUR = 3600.0
SHORT_HOURS, LONG_HOURS = 1, 6
DEFAULT_THRESHOLD = Decimal("0.8")
DAY_NOT_COVERED = "the samples do not reach back to the start of the day"


@dataclass(frozen=True, slots=True)
class Exhaustion:
    """When the day's budget is used up at the rate of the last hours, unix seconds. `earliest` and `latest` span the rates
    seen in single hours; None where it lies beyond the end of the day."""

    at: float | None
    earliest: float | None
    latest: float | None


@dataclass(frozen=True, slots=True)
class Budget:
    """One agent against its cost controls. Money in USD, rates in USD an hour; `used` 1 = all of it.

    `status` is ok, warning (over its threshold), exceeded, unknown, or none (no budget is written).
    """

    agent: str
    limit: Decimal | None
    threshold: Decimal
    spent: Figure
    used: Decimal | None
    status: str
    short_rate: Decimal | None
    long_rate: Decimal | None
    exhaustion: Exhaustion
    run_limit: Decimal | None = None
    dearest_run: Decimal | None = None
    dearest_run_id: str = ""


def day_start(moment: float, zone: TimeZone) -> float:
    """The midnight before a time in a time zone, unix seconds; days of 23 and 25 hours are what the zone says."""
    local = datetime.fromtimestamp(moment, zone)
    return datetime(local.year, local.month, local.day, tzinfo=zone).timestamp()


def day_end(moment: float, zone: TimeZone) -> float:
    """The midnight after a time in a time zone, unix seconds."""
    local = datetime.fromtimestamp(moment, zone).date() + timedelta(days=1)
    return datetime(local.year, local.month, local.day, tzinfo=zone).timestamp()


def budgets(
    ledger: Ledger,
    policies: Mapping[str, Policy],
    zone: TimeZone = UTC,
    runs: Mapping[str, tuple[Decimal, str]] | None = None,
) -> list[Budget]:
    """A row an agent that spends or has a budget, the fullest first. `runs` holds the dearest run (USD, id) of each agent."""
    counters = {agent: c for agent, c in ledger.agents().items() if agent is not None}
    rows = []
    for agent in sorted(set(counters) | set(policies)):
        policy = policy_for(agent, policies)
        if agent not in counters and _written_for_another(agent, counters):
            continue
        held = [c for c in counters.get(agent, ()) if c.times]
        rows.append(_row(agent, held, policy, ledger.end, zone, (runs or {}).get(agent)))
    rank = {"exceeded": 0, "warning": 1, "unknown": 2, "ok": 3, "none": 4}
    return sorted(rows, key=lambda b: (rank[b.status], -(b.used or Decimal(0)), -b.spent.known, b.agent))


def policy_for(agent: str, policies: Mapping[str, Policy]) -> Policy | None:
    """The document of an agent: the same name, `_` and `-` taken alike."""
    exact = policies.get(agent)
    if exact is not None:
        return exact
    return next((p for name, p in policies.items() if _alike(name) == _alike(agent)), None)


def _alike(name: str) -> str:
    return name.replace("_", "-").lower()


def _written_for_another(name: str, spending: Mapping[str, Sequence[Counter]]) -> bool:
    """Whether a document's name is the same agent's under its other spelling."""
    return any(_alike(name) == _alike(agent) for agent in spending)


def _row(
    agent: str,
    counters: Sequence[Counter],
    policy: Policy | None,
    end: float,
    zone: TimeZone,
    run: tuple[Decimal, str] | None,
) -> Budget:
    limit = policy.max_daily_spend_usd if policy else None
    threshold = _threshold(policy)
    spent = day_spend(counters, day_start(end, zone), end)
    used = divide(spent.value, limit) if spent.value is not None and limit else None
    hours = [rise(counters, end - (k + 1) * HOUR, end - k * HOUR).value for k in range(LONG_HOURS)]
    known = [h for h in hours if h is not None]
    run_limit = policy.max_cost_per_run_usd if policy else None
    return Budget(
        agent=agent,
        limit=limit,
        threshold=threshold,
        spent=spent,
        used=used,
        status=_status(limit, spent, threshold),
        short_rate=hours[0],
        long_rate=divide(sum(known, Decimal(0)), len(known)) if known else None,
        exhaustion=_exhaustion(limit, spent, known, end, day_end(end, zone)),
        run_limit=run_limit,
        dearest_run=run[0] if run else None,
        dearest_run_id=run[1] if run else "",
    )


def day_spend(counters: Sequence[Counter], start: float, end: float) -> Figure:
    """USD since the start of the day; a lower bound where the samples do not reach back so far."""
    if end <= start:
        return Figure(Decimal(0))
    figure = rise(counters, start, end)
    born = first_seen(counters)
    if figure.value is None or born is None:
        return Figure.unknown("no sample today")
    late = born > start and figure.quality is Quality.LOWER_BOUND
    reasons = summarise(figure.reasons) + ((DAY_NOT_COVERED,) if late else ())
    return Figure(figure.value, figure.quality, reasons)


def _threshold(policy: Policy | None) -> Decimal:
    written = policy.alert_on_threshold if policy else None
    return Decimal(repr(written)) if written is not None and 0 < written <= 1 else DEFAULT_THRESHOLD


def _status(limit: Decimal | None, spent: Figure, threshold: Decimal) -> str:
    if limit is None:
        return "none"
    if spent.value is None:
        return "unknown"
    if spent.value > limit:
        return "exceeded"
    return "warning" if spent.value >= limit * threshold else "ok"


def _exhaustion(
    limit: Decimal | None, spent: Figure, hours: Sequence[Decimal], end: float, midnight: float
) -> Exhaustion:
    if limit is None or spent.value is None or not hours:
        return Exhaustion(None, None, None)
    left = limit - spent.value
    rates = sorted(hours)
    mean = sum(rates, Decimal(0)) / len(rates)

    def at(rate: Decimal) -> float | None:
        if left <= 0:
            return end
        if rate <= 0:
            return None
        moment = end + float(left / rate) * HOUR
        return moment if moment <= midnight else None

    return Exhaustion(at(mean), at(rates[-1]), at(rates[0]))
