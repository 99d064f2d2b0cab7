"""Cost spikes: an hour dearer than a factor times the usual hour and, with a day of history, than the same hour of the day before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from statistics import median

from agentctl.analysis.cost.ledger import Ledger
from agentctl.analysis.cost.timeline import CELLS, GRID, HOUR, Span, Timeline
from agentctl.analysis.counters import Counter, rise
from agentctl.model.money import ZERO, Figure, divide

DAY = 86_400.0
# Hours are judged at every tenth minute, so that a spike that lies across two clock hours is seen whole; in windows of
# more than two days at every half hour.
_STRIDE, _LONG_STRIDE, _LONG = 2, 6, 2 * DAY
# What the floats of a timeline may differ from the exact figures.
_SLACK = 0.999
NO_HISTORY = "no history before it: the usual hour is unknown"


@dataclass(frozen=True, slots=True)
class Floors:
    """When an hour counts as a spike: dearer than `factor` × usual, by at least `min_usd`."""

    factor: Decimal = Decimal(3)
    min_usd: Decimal = Decimal(1)

    def exceeded(self, amount: Decimal, usual: Decimal) -> bool:
        """Whether an hour of this price is out of the usual."""
        return amount > self.factor * usual and amount - usual >= self.min_usd

    def near(self, amount: float, usual: float) -> bool:
        """The same in floats, generously: what this refuses is certainly no spike."""
        return amount >= _SLACK * float(self.factor) * usual and amount - usual >= _SLACK * float(self.min_usd)


@dataclass(frozen=True, slots=True)
class Spike:
    """The dearest hour of one run of dear hours. Money in USD an hour; times unix seconds; `factor` None where usual is 0.

    `since` is when the run began, `until` the end of its last hour, `hour_end` the end of the dearest; `baseline` the spans
    that `usual` is the median of; `day_before` the same hour a day earlier, None if unknown.
    """

    agent: str
    amount: Figure
    usual: Decimal
    factor: Decimal | None
    extra: Decimal
    since: float
    until: float
    hour_end: float
    baseline: tuple[Span, ...]
    day_before: Decimal | None = None
    ongoing: bool = False

    @property
    def hour(self) -> Span:
        """The dearest hour."""
        return self.hour_end - HOUR, self.hour_end


@dataclass(frozen=True, slots=True)
class Unjudged:
    """An agent that could not be judged, and why."""

    agent: str
    reason: str


def find_spikes(ledger: Ledger, floors: Floors) -> tuple[list[Spike], list[Unjudged]]:
    """The spikes in the hours that end in the ledger's window, dearest first, and the agents nothing can be said about."""
    spikes: list[Spike] = []
    unjudged: list[Unjudged] = []
    for agent, counters in ledger.agents().items():
        if not any(ledger.alive(c) for c in counters):
            continue
        timeline = Timeline.of(counters, 0.0, ledger.end)
        runs, judged = _judge(agent or "", counters, timeline, ledger, floors)
        spikes += runs
        if not judged:
            unjudged.append(Unjudged(agent or "", NO_HISTORY))
    spikes.sort(key=lambda s: (-s.extra, s.agent))
    return spikes, sorted(unjudged, key=lambda u: u.agent)


def _judge(
    agent: str, counters: Sequence[Counter], timeline: Timeline, ledger: Ledger, floors: Floors
) -> tuple[list[Spike], bool]:
    """The runs of dear hours, oldest first, and whether there was a usual hour to hold any against."""
    runs: list[Spike] = []
    judged = False
    length = ledger.end - ledger.start
    newest_first = range(0, max(int((length - HOUR) / GRID), 0) + 1, _STRIDE if length <= _LONG else _LONG_STRIDE)
    for index in reversed(newest_first):
        amount = timeline.hour(index)
        if judged and (amount is None or amount < _SLACK * float(floors.min_usd)):
            continue
        spans = timeline.baseline(index + CELLS, [(r.since, r.until) for r in runs])
        usual = timeline.usual(spans)
        judged = judged or usual is not None
        if amount is None or usual is None or not floors.near(amount, usual):
            continue
        spike = _exact(agent, counters, timeline, index, spans, floors)
        if spike is None:
            continue
        if runs and spike.hour[0] <= runs[-1].until:
            runs[-1] = _joined(runs[-1], spike)
        else:
            runs.append(replace(spike, since=_onset(counters, spike)))
    return [replace(r, ongoing=r.until >= ledger.end) for r in runs], judged


def _exact(
    agent: str, counters: Sequence[Counter], timeline: Timeline, index: int, spans: Sequence[Span], floors: Floors
) -> Spike | None:
    """The spike of one hour, counted exactly; None where it is none after all."""
    end = timeline.moment(index)
    amount = rise(counters, end - HOUR, end)
    usual = usual_of(counters, spans)
    if amount.value is None or usual is None or not floors.exceeded(amount.value, usual):
        return None
    day_before = same_hour_before(counters, end, timeline.born)
    if day_before is not None and not floors.exceeded(amount.value, day_before):
        return None
    factor, extra = divide(amount.value, usual), amount.value - usual
    return Spike(agent, amount, usual, factor, extra, end - HOUR, end, end, tuple(spans), day_before)


def usual_of(counters: Sequence[Counter], spans: Sequence[Span]) -> Decimal | None:
    """The median price of an hour over the spans, USD, exactly; a span that is no whole hour is scaled to one."""
    amounts = []
    for start, end in spans:
        figure = rise(counters, start, end)
        if figure.value is not None:
            whole = end - start == HOUR
            amounts.append(figure.value if whole else divide(figure.value * int(HOUR), end - start) or ZERO)
    return median(amounts) if amounts else None


def same_hour_before(counters: Sequence[Counter], end: float, born: float) -> Decimal | None:
    """What the same hour of the day before cost, USD; None where it is not known."""
    start = end - DAY - HOUR
    return None if start < born else rise(counters, start, start + HOUR).value


def _joined(run: Spike, spike: Spike) -> Spike:
    """A run with one more hour: its dearest hour stands for it."""
    top = spike if spike.extra >= run.extra else run
    return replace(top, since=run.since, until=spike.until)


def _onset(counters: Sequence[Counter], first: Spike) -> float:
    """The start of the first five minutes of the first dear hour that cost more than twice their share of the usual hour."""
    start, share = first.hour[0], first.usual / CELLS * 2
    for i in range(CELLS):
        figure = rise(counters, start + i * GRID, start + (i + 1) * GRID)
        if figure.value is not None and figure.value > share:
            return start + i * GRID
    return start
