"""What drove a change in cost: parts that add up to the change, to the last digit.

Cost is tasks × attempts that had to be repeated × calls a task × tokens a call × price a token. The change of such a product is
shared out by logarithmic means (LMDI-I: B. W. Ang, Energy Policy 33, 2005), which leaves no rest however far the factors moved.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from math import log

from agentctl.analysis.cost.ledger import Ledger, agent_of, model_of
from agentctl.analysis.cost.logged import covered, logged_in, sum_of
from agentctl.analysis.cost.spikes import Spike
from agentctl.analysis.cost.timeline import Span
from agentctl.analysis.counters import Counter, rise
from agentctl.analysis.logs.digest import LogDigest
from agentctl.model.money import ZERO

HOUR = 3600.0
_MICRO = Decimal("0.000001")
# Logs cover a span if they begin and end within so many seconds of it: an agent does not log every second.
_SLACK = 180.0
# Logs of less than this before the onset say nothing about how it used to be.
_SHORTEST = 600.0
# A model whose share of the spend grew by more than this took over from another.
_TAKEN_OVER = 0.3

TASKS, RETRIES, CALLS, TOKENS, PRICE = (
    "more tasks",
    "retries",
    "more calls a task",
    "more tokens a call",
    "price a token",
)
DEARER, MODEL, REST = "dearer tasks", "another model", "not explained"


@dataclass(frozen=True, slots=True)
class Part:
    """One driver: USD of the change (may be negative), and what it moved from and to."""

    what: str
    usd: Decimal
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Pace:
    """What an agent does in an hour. None where nobody counted it."""

    cost: float
    tasks: float | None
    calls: float | None = None
    tokens: float | None = None
    retries: float | None = None


def drivers(spike: Spike, ledger: Ledger, digest: LogDigest | None) -> tuple[Part, ...]:
    """The parts of `spike.extra`, largest first; they add up to it exactly."""
    tasks = [c for c in ledger.tasks if (agent_of(c.labels) or "") == spike.agent]
    now = _pace(spike.agent, float(spike.amount.known), tasks, [spike.hour], digest)
    before = [s for s in spike.baseline if digest is not None and _covers(digest, s)] or _logged_before(spike, digest)
    usual = _pace(spike.agent, float(spike.usual), tasks, spike.baseline, digest, before)
    parts = _from_logs(now, usual) or _from_tasks(now, usual)
    return _exactly(_by_model(spike, ledger, parts), spike.extra)


def share_out(before: Sequence[float], after: Sequence[float]) -> list[float]:
    """How much each factor of a product moved it, all > 0: the shares add up to the change."""
    old, new = _product(before), _product(after)
    weight = old if old == new else (new - old) / log(new / old)
    return [weight * log(b / a) for a, b in zip(before, after, strict=True)]


def _product(factors: Sequence[float]) -> float:
    out = 1.0
    for factor in factors:
        out *= factor
    return out


def _logged_before(spike: Spike, digest: LogDigest | None) -> list[Span]:
    """What the logs cover before the onset where that is no whole hour."""
    reach = covered(digest) if digest is not None else None
    if reach is None or spike.since - reach[0] < _SHORTEST:
        return []
    return [(max(reach[0], spike.since - HOUR), spike.since)]


def _pace(
    agent: str,
    cost: float,
    tasks: Sequence[Counter],
    spans: Sequence[Span],
    digest: LogDigest | None,
    logged: Sequence[Span] | None = None,
) -> Pace:
    """The pace over some spans. Logs often reach back less far than metrics: then what a task needs is taken from the spans
    they cover, and how many tasks there were from all of them."""
    count = _per_hour(tasks, spans)
    logged = [s for s in spans if digest is not None and _covers(digest, s)] if logged is None else logged
    hours = sum(b - a for a, b in logged) / HOUR
    if digest is None or not logged:
        return Pace(cost, count)
    whole = sum_of(one for a, b in logged for one in logged_in(digest, agent, a, b).values())
    if not whole.calls:
        return Pace(cost, count)
    there = _per_hour(tasks, logged)
    scale = count / there / hours if count and there else 1 / hours
    retried = sum(_attempts(digest, agent, a, b) for a, b in logged)
    tokens = (whole.input_tokens + whole.output_tokens) * scale
    return Pace(cost, count, whole.calls * scale, tokens or None, retried * scale)


def _per_hour(tasks: Sequence[Counter], spans: Sequence[Span]) -> float | None:
    """Tasks an hour over the spans; None where none of them was counted."""
    done = [(rise(tasks, a, b).value, (b - a) / HOUR) for a, b in spans] if tasks else []
    hours = sum(h for d, h in done if d is not None)
    return sum(float(d) for d, _ in done if d is not None) / hours if hours else None


def _covers(digest: LogDigest, span: Span) -> bool:
    reach = covered(digest)
    return reach is not None and reach[0] - _SLACK <= span[0] and span[1] <= reach[1] + _SLACK


def _attempts(digest: LogDigest, agent: str, start: float, end: float) -> int:
    return sum(
        count
        for group in digest.attempts
        for (who, _), minutes in group.cells.items()
        if who == agent
        for minute, count in minutes.items()
        if start <= minute * 60 < end
    )


def _from_logs(now: Pace, usual: Pace) -> list[Part]:
    """All five drivers; nothing where the logs do not cover both sides."""
    if not (now.calls and usual.calls and now.tokens and usual.tokens and now.cost > 0 and usual.cost > 0):
        return []
    sides = [_factors(usual), _factors(now)]
    if any(f is None for f in sides):
        return []
    before, after = sides[0] or {}, sides[1] or {}
    moved = share_out(list(before.values()), list(after.values()))
    return [
        Part(name, Decimal(repr(usd)), _moved(before[name], after[name]))
        for name, usd in zip(before, moved, strict=True)
    ]


def _factors(pace: Pace) -> dict[str, float] | None:
    """The factors of an hour's cost; without a count of tasks, calls stand for them."""
    calls, tokens = pace.calls or 0.0, pace.tokens or 0.0
    first = max(calls - (pace.retries or 0.0), calls * 0.01)
    factors: dict[str, float] = {}
    if pace.tasks:
        factors[TASKS] = pace.tasks
        factors[CALLS] = first / pace.tasks
    else:
        factors["more calls"] = first
    factors[RETRIES] = calls / first
    factors[TOKENS] = tokens / calls
    factors[PRICE] = pace.cost / tokens
    return factors if all(f > 0 for f in factors.values()) else None


def _from_tasks(now: Pace, usual: Pace) -> list[Part]:
    """Tasks and their price, from metrics alone."""
    if not (now.tasks and usual.tasks and now.cost > 0 and usual.cost > 0):
        return []
    before, after = [usual.tasks, usual.cost / usual.tasks], [now.tasks, now.cost / now.tasks]
    moved = share_out(before, after)
    return [
        Part(name, Decimal(repr(usd)), _moved(a, b))
        for name, usd, a, b in zip((TASKS, DEARER), moved, before, after, strict=True)
    ]


def _by_model(spike: Spike, ledger: Ledger, parts: list[Part]) -> list[Part]:
    """Calls the price's part by its name where another model took over a good part of the spend."""
    models: dict[str, list[Counter]] = {}
    for counter in ledger.agents().get(spike.agent or None, []):
        models.setdefault(model_of(counter.labels) or "?", []).append(counter)
    now, before = _shares(models, [spike.hour]), _shares(models, spike.baseline)
    grown = [m for m in sorted(models) if now[m] - before[m] > _TAKEN_OVER]
    if not grown:
        return parts
    return [Part(MODEL, p.usd, ", ".join(grown)) if p.what in (DEARER, PRICE) else p for p in parts]


def _shares(models: Mapping[str, Sequence[Counter]], spans: Sequence[Span]) -> dict[str, float]:
    """The share of each model in what was spent over the spans, 0 to 1."""
    spent = {m: float(sum((rise(c, a, b).known for a, b in spans), ZERO)) for m, c in models.items()}
    whole = sum(spent.values())
    return {m: usd / whole if whole else 0.0 for m, usd in spent.items()}


def _exactly(parts: Sequence[Part], change: Decimal) -> tuple[Part, ...]:
    """Parts in whole micro-dollars, the rest of the change in the largest of them, or named as not explained."""
    rounded = [Part(p.what, p.usd.quantize(_MICRO, ROUND_HALF_EVEN), p.detail) for p in parts]
    rest = change - sum((p.usd for p in rounded), ZERO)
    if not rounded:
        return (Part(REST, change),)
    ordered = sorted(rounded, key=lambda p: -abs(p.usd))
    if abs(rest) > abs(change) / 100:
        return (*ordered, Part(REST, rest))
    first = ordered[0]
    return (Part(first.what, first.usd + rest, first.detail), *(p for p in ordered[1:] if p.usd))


def _moved(before: float, after: float) -> str:
    return f"{before:.4g} to {after:.4g}"
