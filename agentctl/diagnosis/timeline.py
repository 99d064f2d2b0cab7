"""Counts by minute, and where in time they stand out. Pure; a minute is `int(unix seconds // 60)`, NO_MINUTE without a time."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from agentctl.analysis.logs.digest import NO_MINUTE

Minutes = Mapping[int, float]
ByMinute = dict[int, float]


@dataclass(frozen=True, slots=True)
class Episode:
    """A stretch of minutes, both ends inside, in which something stands out. `hits` of `exposure` inside it, and outside it."""

    start: int
    end: int
    hits: float
    exposure: float
    hits_outside: float = 0.0
    exposure_outside: float = 0.0

    @property
    def ratio(self) -> float:
        """Hits per exposure inside."""
        return self.hits / self.exposure if self.exposure else 0.0

    @property
    def ratio_outside(self) -> float:
        """Hits per exposure outside."""
        return self.hits_outside / self.exposure_outside if self.exposure_outside else 0.0

    @property
    def since(self) -> float | None:
        """When it began, unix seconds; None where the records have no time."""
        return None if self.start == NO_MINUTE else self.start * 60.0

    @property
    def minutes(self) -> int:
        return self.end - self.start + 1


def add_up(parts: Iterable[Minutes]) -> dict[int, float]:
    """The sum by minute."""
    total: dict[int, float] = {}
    for part in parts:
        for minute, value in part.items():
            total[minute] = total.get(minute, 0.0) + value
    return total


def episode(hits: Minutes, exposure: Minutes, usual: float, raised: float) -> Episode | None:
    """The stretch that speaks most for a hit ratio of `raised` rather than `usual`; None where nothing speaks for it.

    Each minute votes with its log-likelihood ratio of two Poisson rates; the best stretch is the one with the largest sum
    (Kadane's scan), so quiet minutes inside an incident do not cut it in two, and one bad minute in a quiet day is outvoted.
    """
    best_sum, best, run_sum, run_start = 0.0, None, 0.0, None
    gain, cost = math.log(raised / usual), raised - usual
    minutes = sorted(set(hits) | set(exposure))
    for minute in minutes:
        score = hits.get(minute, 0.0) * gain - exposure.get(minute, 0.0) * cost
        if run_start is None or run_sum <= 0:
            run_sum, run_start = 0.0, minute
        run_sum += score
        if run_sum > best_sum:
            best_sum, best = run_sum, (run_start, minute)
    return None if best is None else cut(hits, exposure, *best)


def cut(hits: Minutes, exposure: Minutes, start: int, end: int) -> Episode:
    """The episode between two minutes."""
    inside_hits = sum(v for m, v in hits.items() if start <= m <= end)
    inside = sum(v for m, v in exposure.items() if start <= m <= end)
    return Episode(start, end, inside_hits, inside, sum(hits.values()) - inside_hits, sum(exposure.values()) - inside)


@dataclass(frozen=True, slots=True)
class Shift:
    """A ratio that changed: `before` and `after` are its values, `start` and `end` the minutes of the new level."""

    start: int
    end: int
    before: float
    after: float
    weight_before: float
    weight_after: float
    amount_before: float
    amount_after: float

    @property
    def factor(self) -> float:
        return self.after / self.before if self.before > 0 else math.inf

    @property
    def since(self) -> float:
        return self.start * 60.0


# How many bins a series is folded into before it is searched: fine enough for an onset, few enough for a thousand agents.
BINS = 60


def fold(series: Minutes, start: int, end: int, width: int) -> list[float]:
    """Sums of `width` minutes each, from `start` to `end`."""
    bins = [0.0] * ((end - start) // width + 1)
    for minute, value in series.items():
        if start <= minute <= end:
            bins[(minute - start) // width] += value
    return bins


def rise(amount: Minutes, weight: Minutes, start: int, end: int, at_least: float, share: float = 0.1) -> Shift | None:
    """The stretch in which `amount / weight` lies highest above what lies outside it; None below the factor `at_least`.

    At least `share` of the weight must lie outside, before or after; without it there is nothing to compare with. The stretch
    is the one whose log ratio, weighted by how much evidence stands on either side, is largest.
    """
    width = max(1, -(-(end - start + 1) // BINS))
    a, w = fold(amount, start, end, width), fold(weight, start, end, width)
    total_a, total_w = sum(a), sum(w)
    if total_w <= 0 or total_a <= 0 or not _stands_out(a, w, total_a / total_w, at_least):
        return None
    best, found = 0.0, None
    for i in range(len(a)):
        in_a = in_w = 0.0
        for j in range(i, len(a)):
            in_a += a[j]
            in_w += w[j]
            out_w = total_w - in_w
            if in_w <= 0 or out_w < share * total_w:
                continue
            before = (total_a - in_a) / out_w
            factor = math.inf if before <= 0 else in_a / in_w / before
            if factor < at_least:
                continue
            score = in_w * out_w / total_w * math.log(min(factor, 100.0)) ** 2
            if score > best:
                best, found = score, (i, j, before, in_a, in_w, out_w)
    if found is None:
        return None
    i, j, before, in_a, in_w, out_w = found
    return Shift(start + i * width, min(end, start + (j + 1) * width - 1), before, in_a / in_w, out_w, in_w, total_a - in_a, in_a)


def _stands_out(a: list[float], w: list[float], mean: float, at_least: float) -> bool:
    """Whether any bin lies far enough above the lowest quarter to be worth the search."""
    ratios = sorted(x / y for x, y in zip(a, w, strict=True) if y > 0)
    if len(ratios) < 2:
        return False
    low = ratios[len(ratios) // 4]
    return ratios[-1] >= at_least * low


def median(values: Iterable[float]) -> float:
    """The median; 0.0 of nothing."""
    ordered = sorted(values)
    return ordered[len(ordered) // 2] if ordered else 0.0
