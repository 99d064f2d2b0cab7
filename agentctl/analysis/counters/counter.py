"""One counter: what it rose by in a window, exactly, from the samples as they were scraped.

`increase()` of PromQL extrapolates and loses the first value of every new series; money must not. Here the baseline is the
last sample at or before the window's start. Where there is none it is zero only if the counter's `_created` time lies inside
the window; otherwise the first sample is the baseline and the figure is a lower bound.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from statistics import median

from agentctl.model.money import ZERO, Figure, Quality, decimal_of

BASELINE_MISSING = "baseline missing"
SILENT = "no sample in the window"
FELL = "fell without a restart"
STRADDLED = "scrapes are missing around the start"
RESTARTED = "restarted: what was spent after the last scrape before it is in no metric"
# PromQL takes a sample up to this old for the current one.
LOOKBACK_SECONDS = 300.0
# The scrapes before a gap that tell how often the counter was scraped.
_RHYTHM = 6

Births = Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Counter:
    """A counter's samples, and what falls of it mean.

    `times` are unix seconds, strictly rising; `values` finite and >= 0; `falls` the indices where a new life of the counter
    began; `carried[i]` what the lives before `falls[i]` reached, so that value + carried never falls. `created` are
    (scrape time, birth time) pairs of the `_created` series with the same labels. `notes` say what was put right.
    `estimate` says why its rise is an estimate, where it is one. A `thinned` one holds the ends of many samples only: the time
    between them is no scrape interval.
    """

    labels: Mapping[str, str]
    times: Sequence[float]
    values: Sequence[float]
    falls: Sequence[int]
    carried: Sequence[Decimal]
    created: Births = ()
    notes: tuple[str, ...] = ()
    unexplained: Sequence[int] = ()
    estimate: tuple[str, ...] = ()
    thinned: bool = False

    def reading(self, index: int) -> Decimal:
        """The counter at a sample, the lives before it added: never falls."""
        lives = bisect_right(self.falls, index)
        return decimal_of(self.values[index]) + (self.carried[lives - 1] if lives else ZERO)

    def approximate(self, index: int) -> float:
        """As `reading`, in floats and a good deal faster."""
        if not self.falls or index < self.falls[0]:
            return self.values[index]
        return self.values[index] + float(self.carried[bisect_right(self.falls, index) - 1])

    def last_index(self, moment: float) -> int:
        """The index of the last sample at or before a time, -1 where there is none."""
        return bisect_right(self.times, moment) - 1

    def seen(self, start: float, end: float) -> bool:
        """Whether a sample lies in (start, end]."""
        return self.last_index(end) > self.last_index(start)

    def increase(self, start: float, end: float) -> Figure:
        """What it rose by in (start, end]; unknown where no sample lies in there."""
        last, baseline = self.last_index(end), self.last_index(start)
        if last == baseline:
            return Figure.unknown(SILENT)
        fell = (FELL,) if any(baseline < i <= last for i in self.unexplained) else ()
        reasons = (*fell, *self.estimate)
        if self._straddled(baseline, start):
            reasons = (*reasons, STRADDLED)
        if baseline >= 0:
            rise = self.reading(last) - self.reading(baseline)
        elif self.born_after(start):
            rise = self.reading(last)
        else:
            rise = self.reading(last) - self.reading(0)
            return Figure(rise, Quality.LOWER_BOUND, (BASELINE_MISSING, *reasons))
        return Figure(rise, Quality.ESTIMATED if reasons else Quality.EXACT, reasons)

    def _straddled(self, baseline: int, start: float) -> bool:
        """Whether scrapes are missing around `start` and the counter rose there: some of the rise lies before the window.

        Only a gap that is wide for the rhythm just before it counts; a counter sampled every hour has none.
        """
        if baseline < _RHYTHM or start - self.times[baseline] <= LOOKBACK_SECONDS:
            return False
        gap = self.times[baseline + 1] - self.times[baseline]
        usual = median(b - a for a, b in pairwise(self.times[baseline - _RHYTHM : baseline + 1]))
        return gap > 4 * usual and self.reading(baseline + 1) > self.reading(baseline)

    def restarts(self, start: float, end: float) -> int:
        """How many new lives began in (start, end]."""
        return sum(1 for i in self.falls if start < self.times[i] <= end and i not in self.unexplained)

    def born_after(self, start: float) -> bool:
        """Whether the life that the first sample belongs to began after `start`, by the counter's own `_created`."""
        birth = birth_at(self.created, self.times[0])
        return birth is not None and birth > start


def birth_at(created: Births, moment: float) -> float | None:
    """The birth time that holds for a sample: as scraped with it or before it, else a later one that lies before the sample."""
    index = bisect_right(created, (moment, float("inf"))) - 1
    if index >= 0:
        return created[index][1]
    return next((birth for _, birth in created[:1] if birth <= moment), None)


def build(
    labels: Mapping[str, str],
    times: Sequence[float],
    values: Sequence[float],
    created: Births = (),
    notes: tuple[str, ...] = (),
) -> Counter:
    """A counter from clean samples: finds where it began a new life.

    A value that falls is a restart, and so is a `_created` time that moved past the sample before. A value that falls while
    `_created` stayed is no restart: that step adds nothing, and the figure is an estimate.
    """
    falls: list[int] = []
    carried: list[Decimal] = []
    unexplained: list[int] = []
    lost = ZERO
    for i in _suspects(times, values, created):
        previous, value = values[i - 1], values[i]
        born_before, born_after = _births_around(created, times[i - 1], times[i])
        known = born_before is not None and born_after is not None
        if value < previous and known and born_before == born_after:
            unexplained.append(i)
            lost += decimal_of(previous) - decimal_of(value)
        elif value < previous or _reborn(born_before, born_after, times[i - 1], times[i]):
            lost += decimal_of(previous)
        else:
            continue
        falls.append(i)
        carried.append(lost)
    return Counter(labels, times, values, falls, carried, created, notes, unexplained)


def _births_around(created: Births, before: float, after: float) -> tuple[float | None, float | None]:
    """The birth time last scraped by `before`, and the one next scraped from `after` on."""
    left = bisect_right(created, (before, float("inf"))) - 1
    right = bisect_left(created, (after, float("-inf")))
    return created[left][1] if left >= 0 else None, created[right][1] if right < len(created) else None


def _reborn(born_before: float | None, born_after: float | None, earlier: float, later: float) -> bool:
    """Whether `_created` moved to a time between two samples: a restart that the value alone does not show."""
    return born_before is not None and born_after is not None and born_before <= earlier < born_after <= later


def _suspects(times: Sequence[float], values: Sequence[float], created: Births) -> list[int]:
    """The indices where a new life may have begun: the value fell, or a birth time lies just before the sample."""
    found = {i for i, (a, b) in enumerate(pairwise(values), 1) if b < a}
    for birth in {birth for _, birth in created}:
        index = bisect_left(times, birth)
        if 0 < index < len(times):
            found.add(index)
    return sorted(found)
