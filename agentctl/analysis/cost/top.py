"""Where the money went: a row a subject, dearest first, each with what its figure rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from agentctl.analysis.cost.ledger import ENDED, QUIET_SECONDS, Ledger, agent_of, subject, token_kind
from agentctl.analysis.cost.logged import Logged, sum_of
from agentctl.analysis.cost.timeline import CELLS, HOUR, Timeline
from agentctl.analysis.counters import Counter, grouped, rise
from agentctl.model.money import Figure, Quality, combine, divide, total
from agentctl.model.report import Window

SPARK_HOURS = 24
_NANO = Decimal("1e-9")
SORTS = ("usd", "rate", "change", "tokens", "calls", "tasks", "name")


@dataclass(frozen=True, slots=True)
class Row:
    """One subject. `spent` is USD in the window, `rate` USD an hour, `share` of the sum 0 to 1, `usual` the subject's usual
    hour in USD, `change` the last hour against it (1 = as usual), `spark` USD of each of the last 24 hours, None where unknown.
    `tasks` is a count, `tokens` input and output as metered; what is not known is None. `gap` is logged minus metered USD.
    """

    name: str | None
    spent: Figure
    rate: Decimal | None
    share: float | None
    usual: Decimal | None = None
    change: Decimal | None = None
    spark: tuple[float | None, ...] = ()
    tasks: Decimal | None = None
    per_task: Decimal | None = None
    logged: Logged | None = None
    gap: Decimal | None = None
    tokens: tuple[Decimal | None, Decimal | None] = (None, None)


@dataclass(frozen=True, slots=True)
class Top:
    """All rows, dearest first, and their sum; `total.value` None when no cost metric is known."""

    rows: tuple[Row, ...]
    total: Figure
    notes: tuple[str, ...] = ()
    logged_only: Mapping[str | None, Logged] = field(default_factory=dict)
    logged_total: Logged | None = None
    comparable: bool = True

    @property
    def gap(self) -> Decimal | None:
        """Logged minus metered USD; None where one of them is unknown, or the logs cover less than the metrics."""
        if (
            not self.comparable
            or self.logged_total is None
            or self.total.value is None
            or self.logged_total.figure.value is None
        ):
            return None
        return difference(self.logged_total.cost, self.total.value)


def top(ledger: Ledger, by: str, logged: Mapping[str | None, Logged], history: Ledger) -> Top:
    """Every subject of the ledger. `logged` holds what the logs say, by the same subjects; what is only in the logs is no row."""
    groups = {
        name: counters
        for name, counters in grouped(ledger.cost, subject(by)).items()
        if any(ledger.alive(c) for c in counters)
    }
    latest = _latest(ledger.cost, ledger.end)
    figures = {name: _ended(ledger, counters, ledger.spent(counters), latest) for name, counters in groups.items()}
    whole = total(figures.values()) if figures else Figure.unknown("there is no cost metric")
    whole = Figure(whole.value, whole.quality, tuple(dict.fromkeys(whole.reasons)))
    tasks = _tasks(ledger) if by == "agent" else {}
    past = grouped(history.cost, subject(by))
    rows = [
        _row(ledger, name, past.get(name, []), figures[name], whole, tasks.get(name), logged.get(name))
        for name in groups
    ]
    tokens = {kind: _tokens(ledger, by, kind) for kind in ("input", "output")}
    rows = [replace(r, tokens=(tokens["input"].get(r.name), tokens["output"].get(r.name))) for r in rows]
    return Top(
        rows=tuple(sorted(rows, key=_dearest)),
        total=whole,
        notes=ledger.notes(),
        logged_only={name: one for name, one in logged.items() if name not in groups},
        logged_total=sum_of(logged.values()) if logged else None,
    )


def without_gaps(found: Top) -> Top:
    """The same where the logs do not cover the window: then they are no measure of what the metrics miss."""
    return replace(found, rows=tuple(replace(r, gap=None) for r in found.rows), comparable=False)


def top_of_logs(logged: Mapping[str | None, Logged], window: Window, estimate: str = "") -> Top:
    """The same from log lines alone, where there are no metrics, or for subjects that only the logs know (runs, tools).

    `estimate` says why the split among the subjects is an estimate, "" where it is none.
    """
    figures = {name: _estimated(one.figure, estimate) for name, one in logged.items()}
    whole = total(one.figure for one in logged.values()) if logged else Figure.unknown("no LLM_CALL line in the logs")
    rows = [
        Row(
            name=name,
            spent=figures[name],
            rate=_rate(figures[name], window),
            share=_share(figures[name], whole),
            logged=one,
        )
        for name, one in logged.items()
    ]
    whole = Figure(whole.value, whole.quality, tuple(dict.fromkeys(whole.reasons)))
    return Top(tuple(sorted(rows, key=_dearest)), whole, logged_total=sum_of(logged.values()))


def difference(logged: Decimal, metered: Decimal) -> Decimal:
    """Logged minus metered USD to the nano-dollar: a counter is a float that was added to, and below that it is noise."""
    return (logged - metered).quantize(_NANO)


def ordered(rows: Sequence[Row], sort: str) -> list[Row]:
    """The rows in another order than dearest first; what is unknown stands last."""
    if sort == "name":
        return sorted(rows, key=lambda r: (r.name is None, r.name or ""))
    return sorted(rows, key=lambda r: (_unknown_last(_measure(r, sort)), *_dearest(r)))


def _measure(row: Row, sort: str) -> Decimal | int | None:
    if sort == "tokens":
        metered = [t for t in row.tokens if t is not None]
        return row.logged.input_tokens + row.logged.output_tokens if row.logged else sum(metered) if metered else None
    if sort == "calls":
        return row.logged.calls if row.logged else None
    return {"usd": row.spent.value, "rate": row.rate, "change": row.change, "tasks": row.tasks}[sort]


def _unknown_last(value: Decimal | int | None) -> tuple[bool, Decimal]:
    return value is None, -Decimal(value or 0)


def _dearest(row: Row) -> tuple[bool, Decimal, bool, str]:
    return row.spent.value is None, -row.spent.known, row.name is None, row.name or ""


def _ended(ledger: Ledger, counters: Sequence[Counter], figure: Figure, latest: float) -> Figure:
    """A lower bound where a subject fell silent long before the window's end while others of the fleet are still scraped:
    `latest` is when any of it was."""
    if figure.value is None:
        return figure
    last = _latest(counters, ledger.end)
    quiet = max(QUIET_SECONDS, 3 * _interval(counters))
    if ledger.end - last <= quiet or latest - last <= quiet:
        return figure
    quality = Quality.LOWER_BOUND if figure.quality is Quality.EXACT else figure.quality
    return Figure(figure.value, quality, (*figure.reasons, ENDED))


def _latest(counters: Sequence[Counter], end: float) -> float:
    """The time of their last sample up to `end`, unix seconds; minus infinity where there is none."""
    found = ((c.times, c.last_index(end)) for c in counters)
    return max((times[index] for times, index in found if index >= 0), default=float("-inf"))


def _interval(counters: Sequence[Counter]) -> float:
    """Seconds between scrapes, on the average of the best covered counter; 0 where only thinned ones are held."""
    best = max((c for c in counters if not c.thinned), key=lambda c: len(c.times), default=None)
    if best is None:
        return 0.0
    return (best.times[-1] - best.times[0]) / (len(best.times) - 1) if len(best.times) > 1 else 0.0


def _estimated(figure: Figure, why: str) -> Figure:
    if not why or figure.value is None:
        return figure
    return Figure(figure.value, combine((figure.quality, Quality.ESTIMATED)), (*figure.reasons, why))


def _row(
    ledger: Ledger,
    name: str | None,
    past: Sequence[Counter],
    spent: Figure,
    whole: Figure,
    tasks: Figure | None,
    logged: Logged | None,
) -> Row:
    timeline = Timeline.of(past, ledger.end - (SPARK_HOURS + 2) * HOUR, ledger.end)
    usual, change = _against_usual(timeline)
    done = tasks.value if tasks else None
    return Row(
        name=name,
        spent=spent,
        rate=_rate(spent, ledger.window),
        share=_share(spent, whole),
        usual=usual,
        change=change,
        spark=tuple(timeline.hour(i * CELLS) for i in reversed(range(SPARK_HOURS))),
        tasks=done,
        per_task=divide(spent.value, done) if spent.value is not None and done else None,
        logged=logged,
        gap=difference(logged.cost, spent.value) if logged and spent.value is not None else None,
    )


def _rate(spent: Figure, window: Window) -> Decimal | None:
    """USD an hour."""
    return None if spent.value is None else divide(spent.value * 3600, window.seconds)


def _share(spent: Figure, whole: Figure) -> float | None:
    return float(spent.value / whole.value) if spent.value is not None and whole.value else None


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


def _tokens(ledger: Ledger, by: str, kind: str) -> dict[str | None, Decimal | None]:
    """Tokens in the window by subject; at least so many where a counter's baseline is missing."""
    counters = [c for c in ledger.tokens if token_kind(c.labels) == kind]
    return {name: rise(held, ledger.start, ledger.end).value for name, held in grouped(counters, subject(by)).items()}
