"""An agent's spend on a grid of five minutes, in floats: many hours are looked at, and only what is reported is counted exactly."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from agentctl.analysis.counters import Counter

HOUR = 3600.0
GRID = 300.0
CELLS = int(HOUR / GRID)
MAX_HOURS = 24
# A shorter history than this says nothing about the usual hour.
SHORTEST_HISTORY = 900.0

Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Timeline:
    """`levels[i]` is what was spent up to `end − i × grid`, USD; `marks[i]` counts the samples up to there; `born` is the time
    of the first sample; `grid` divides an hour."""

    end: float
    born: float
    levels: Sequence[float]
    marks: Sequence[int]
    grid: float = GRID

    @classmethod
    def of(cls, counters: Sequence[Counter], start: float, end: float, grid: float = GRID) -> Timeline:
        """The counters of one agent from `start` (or their first sample) to `end`."""
        held = [c for c in counters if c.times]
        born = min((c.times[0] for c in held), default=end)
        count = int((end - max(start, born)) / grid) + 1
        moments = [end - i * grid for i in range(count)]
        levels, marks = [0.0] * count, [0] * count
        for counter in held:
            _add(counter, moments, levels, marks)
        return cls(end, born, levels, marks, grid)

    def moment(self, index: int) -> float:
        """The time of a grid point."""
        return self.end - index * self.grid

    def index(self, moment: float) -> int:
        """The grid point at or just before a time."""
        return -int(-(self.end - moment) // self.grid) if moment <= self.end else 0

    def spent(self, newer: int, older: int) -> float | None:
        """USD between two grid points; None where no sample lies between them or the grid does not reach so far."""
        if older >= len(self.levels) or self.marks[newer] == self.marks[older]:
            return None
        return self.levels[newer] - self.levels[older]

    def hour(self, index: int) -> float | None:
        """USD in the hour that ends at a grid point."""
        return self.spent(index, index + round(HOUR / self.grid))

    def baseline(self, index: int, excluded: Sequence[Span] = ()) -> list[Span]:
        """The whole hours before a grid point, a day of them at most, none that touches an excluded span; newest first.

        Where there is not one whole hour, what there is before it (15 minutes at least) is the only span.
        """
        before = self._outside(index, excluded)
        spans = []
        for k in range(MAX_HOURS):
            newer = before + k * CELLS
            if newer + CELLS >= len(self.levels):
                break
            if self.marks[newer] == self.marks[newer + CELLS]:
                continue
            span = (self.moment(newer + CELLS), self.moment(newer))
            if not excluded or not any(span[0] < e and s < span[1] for s, e in excluded):
                spans.append(span)
        oldest = len(self.levels) - 1
        if not spans and (oldest - before) * self.grid >= SHORTEST_HISTORY and self.spent(before, oldest) is not None:
            spans.append((self.moment(oldest), self.moment(before)))
        return spans

    def usual(self, spans: Sequence[Span]) -> float | None:
        """The median of what the spans cost, each scaled to an hour."""
        amounts = [self.spent(self.index(b), self.index(a)) for a, b in spans]
        scaled = [x * HOUR / (b - a) for x, (a, b) in zip(amounts, spans, strict=True) if x is not None]
        return median(scaled) if scaled else None

    def _outside(self, index: int, excluded: Sequence[Span]) -> int:
        """The grid point itself, or the start of the excluded spans it lies in."""
        for start, end in sorted(excluded, reverse=True):
            if start < self.moment(index) <= end:
                index = self.index(start)
        return index


def _add(counter: Counter, moments: Sequence[float], levels: list[float], marks: list[int]) -> None:
    """Add a counter at falling times, its restarts taken out: to `levels` where it stands, to `marks` its last sample's index.

    Before its first sample it stands at that sample, or at zero where it is known to be born later. Written out, since this runs
    for every counter of a fleet at hundreds of moments.
    """
    times, values, unbroken = counter.times, counter.values, not counter.falls
    after = len(times)
    for i, moment in enumerate(moments):
        after = bisect_right(times, moment, 0, after)
        index = after - 1
        marks[i] += index
        if index < 0:
            levels[i] += 0.0 if counter.born_after(moment) else values[0]
        else:
            levels[i] += values[index] if unbroken else counter.approximate(index)
