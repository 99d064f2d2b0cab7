"""Where the money went: a row a subject, dearest first, each with what its figure rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from agentctl.analysis.cost.ledger import ENDED, QUIET_SECONDS, Ledger, agent_of, subject
from agentctl.analysis.cost.logged import Logged
from agentctl.analysis.cost.timeline import CELLS, HOUR, Timeline
from agentctl.analysis.counters import Counter, grouped, rise
from agentctl.model.money import Figure, Quality, divide, total

SPARK_HOURS = 24
SORTS = ("usd", "rate", "change", "tokens", "calls", "tasks", "name")


@dataclass(frozen=True, slots=True)
class Row:
    """One subject. `spent` is USD in the window, `rate` USD an hour, `share` of the sum 0 to 1, `usual` the subject's usual
    hour in USD, `change` the last hour against it (1 = as usual), `spark` USD of each of the last 24 hours, None where unknown.
    `tasks` is a count; what is not known is None. `gap` is logged minus metered USD.
    """

    name: str | None
    spent: Figure
    rate: Decimal | None
    share: float | None
    usual: Decimal | None
    change: Decimal | None
    spark: tuple[float | None, ...]
    tasks: Decimal | None = None
    per_task: Decimal | None = None
    logged: Logged | None = None
    gap: Decimal | None = None
    agents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Top:
    """All rows, dearest first, and their sum; `total.value` None when no cost metric is known."""

    rows: tuple[Row, ...]
    total: Figure
    notes: tuple[str, ...]


def top(ledger: Ledger, by: str, logged: Mapping[str | None, Logged] | None = None) -> Top:
    """Every subject of the ledger. `logged` holds what the logs say, by the same subjects, where there are logs."""
    groups = {
        name: counters
        for name, counters in grouped(ledger.cost, subject(by)).items()
        if any(ledger.alive(c) for c in counters)
    }
    figures = {name: _ended(ledger, counters, ledger.spent(counters)) for name, counters in groups.items()}
    whole = total(figures.values()) if figures else Figure.unknown("there is no cost metric")
    whole = Figure(whole.value, whole.quality, tuple(dict.fromkeys(whole.reasons)))
    names = list(groups) + [n for n in logged or {} if n not in groups]
    tasks = _tasks(ledger) if by == "agent" else {}
    rows = [
        _row(ledger, name, groups.get(name, []), figures.get(name), whole, tasks, (logged or {}).get(name))
        for name in names
    ]
    return Top(tuple(sorted(rows, key=_dearest)), whole, ledger.notes())


def ordered(rows: Sequence[Row], sort: str) -> list[Row]:
    """The rows in another order than dearest first; what is unknown stands last."""
    if sort == "name":
        return sorted(rows, key=lambda r: (r.name is None, r.name or ""))
    return sorted(rows, key=lambda r: (_unknown_last(_measure(r, sort)), *_dearest(r)))


def _measure(row: Row, sort: str) -> Decimal | int | None:
    if sort == "tokens":
        return row.logged.input_tokens + row.logged.output_tokens if row.logged else None
    if sort == "calls":
        return row.logged.calls if row.logged else None
    return {"usd": row.spent.value, "rate": row.rate, "change": row.change, "tasks": row.tasks}[sort]


def _unknown_last(value: Decimal | int | None) -> tuple[bool, Decimal]:
    return value is None, -Decimal(value or 0)


def _dearest(row: Row) -> tuple[bool, Decimal, bool, str]:
    return row.spent.value is None, -row.spent.known, row.name is None, row.name or ""


def _ended(ledger: Ledger, counters: Sequence[Counter], figure: Figure) -> Figure:
    """A lower bound where a subject fell silent long before the window's end while others of the fleet are still scraped."""
    if figure.value is None or not ledger.cost:
        return figure
    last = max(c.times[c.last_index(ledger.end)] for c in counters if c.last_index(ledger.end) >= 0)
    others = max(c.times[c.last_index(ledger.end)] for c in ledger.cost if c.last_index(ledger.end) >= 0)
    quiet = max(QUIET_SECONDS, 3 * _interval(counters))
    if ledger.end - last <= quiet or others - last <= quiet:
        return figure
    quality = Quality.LOWER_BOUND if figure.quality is Quality.EXACT else figure.quality
    return Figure(figure.value, quality, (*figure.reasons, ENDED))


def _interval(counters: Sequence[Counter]) -> float:
    """Seconds between scrapes, on the average of the best covered counter."""
    best = max(counters, key=lambda c: len(c.times))
    return (best.times[-1] - best.times[0]) / (len(best.times) - 1) if len(best.times) > 1 else 0.0


def _row(
    ledger: Ledger,
    name: str | None,
    counters: Sequence[Counter],
    figure: Figure | None,
    whole: Figure,
    tasks: Mapping[str | None, Figure],
    logged: Logged | None,
) -> Row:
    spent = figure or Figure.unknown("there is no cost metric for it")
    timeline = Timeline.of(counters, ledger.end - (SPARK_HOURS + 1) * HOUR, ledger.end)
    usual, change = _against_usual(timeline)
    done = tasks.get(name)
    done_count = done.value if done else None
    return Row(
        name=name,
        spent=spent,
        rate=None if spent.value is None else divide(spent.value * 3600, ledger.window.seconds),
        share=float(spent.value / whole.value) if spent.value is not None and whole.value else None,
        usual=usual,
        change=change,
        spark=tuple(timeline.hour(i * CELLS) for i in reversed(range(SPARK_HOURS))),
        tasks=done_count,
        per_task=divide(spent.value, done_count) if spent.value is not None and done_count else None,
        logged=logged,
        gap=logged.cost - spent.value if logged and spent.value is not None else None,
        agents=tuple(sorted({agent_of(c.labels) or "" for c in counters})),
    )


def _against_usual(timeline: Timeline) -> tuple[Decimal | None, Decimal | None]:
    """The usual hour in USD, and the last hour as a multiple of it."""
    usual = timeline.usual(timeline.baseline(CELLS))
    last = timeline.hour(0)
    if usual is None:
        return None, None
    change = None if last is None or usual <= 0 else Decimal(repr(round(last / usual, 4)))
    return Decimal(repr(round(usual, 9))), change


def _tasks(ledger: Ledger) -> dict[str | None, Figure]:
    return {a: rise(c, ledger.start, ledger.end) for a, c in grouped(ledger.tasks, agent_of).items()}
