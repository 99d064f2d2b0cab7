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
        if not total:
            total = {minute: 0.0 + value for minute, value in part.items()}
            continue
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
    """The stretch in which `amount / weight` lies highest above what it was before; None below the factor `at_least`.

    The baseline is what lies before the onset, and at least `share` of the weight must lie there. The stretch is the one whose
    log ratio, weighted by how much evidence stands on either side, is largest.
    """
    width = max(1, -(-(end - start + 1) // BINS))
    a, w = fold(amount, start, end, width), fold(weight, start, end, width)
    total_a, total_w = sum(a), sum(w)
    if total_w <= 0 or total_a <= 0 or not _stands_out(a, w, at_least):
        return None
    best, found = 0.0, None
    before_a = before_w = 0.0
    for i in range(1, len(a)):
        before_a, before_w = before_a + a[i - 1], before_w + w[i - 1]
        if before_w < share * total_w:
            continue
        before = before_a / before_w
        in_a = in_w = 0.0
        for j in range(i, len(a)):
            in_a += a[j]
            in_w += w[j]
            if in_w <= 0 or in_a < at_least * before * in_w:
                continue
            factor = 100.0 if before <= 0 else min(in_a / in_w / before, 100.0)
            score = in_w * before_w / (in_w + before_w) * math.log(max(factor, 1.0)) ** 2
            if score > best:
                best, found = score, (i, j, before, in_a, in_w, before_a, before_w)
    if found is None:
        return None
    i, j, before, in_a, in_w, out_a, out_w = found
    line = max(math.sqrt(before * in_a / in_w), 0.25 * in_a / in_w)
    while i < j and a[i] < line * w[i] and in_w - w[i] > 0 and in_a - a[i] > 0:
        # Quiet bins at the head of the stretch are still the time before.
        in_a, in_w, out_a, out_w = in_a - a[i], in_w - w[i], out_a + a[i], out_w + w[i]
        i += 1
    while i < j and w[i] <= 0:
        i += 1
    return Shift(
        start + i * width, min(end, start + (j + 1) * width - 1), out_a / out_w, in_a / in_w, out_w, in_w, out_a, in_a
    )


def surprise(shift: Shift) -> float:
    """How many standard deviations the amount of the stretch lies above what chance gives it, if it were single counts."""
    n, p = shift.amount_after + shift.amount_before, shift.weight_after / (shift.weight_after + shift.weight_before)
    spread = math.sqrt(n * p * (1 - p))
    return (shift.amount_after - n * p) / spread if spread > 0 else 0.0


def steady(amount: Minutes, weight: Minutes, shift: Shift, width: int = 3) -> bool:
    """Whether the new level holds for most of the weight of the stretch, and the old one for most of the weight before.

    The line between the two is their geometric mean: one slow call in a quiet minute makes no level.
    """
    line = math.sqrt(max(shift.before, 1e-12) * shift.after)
    return (
        _beyond(amount, weight, shift.start, shift.end, width, line) >= 0.65
        and _beyond(amount, weight, min(weight, default=0), shift.start - 1, width, line) <= 0.25
    )


def risen_minutes(amount: Minutes, weight: Minutes, shift: Shift) -> int:
    """How many minutes of the stretch lie above the line between the old level and the new one."""
    line = math.sqrt(max(shift.before, 1e-12) * shift.after)
    return sum(
        1 for m, w in weight.items() if shift.start <= m <= shift.end and w > 0 and amount.get(m, 0.0) > line * w
    )


def _beyond(amount: Minutes, weight: Minutes, start: int, end: int, width: int, line: float) -> float:
    """The share of the weight in bins whose ratio lies above the line."""
    if end < start:
        return 0.0
    pairs = list(zip(fold(amount, start, end, width), fold(weight, start, end, width), strict=True))
    total = sum(w for _, w in pairs)
    return sum(w for a, w in pairs if w > 0 and a / w > line) / total if total else 0.0


def _stands_out(a: list[float], w: list[float], at_least: float) -> bool:
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


def correlation(a: list[float], b: list[float]) -> float:
    """Pearson's correlation of two series of one length; 0.0 where one of them does not move or they are too short to tell."""
    n = len(a)
    if n < 5:
        return 0.0
    mean_a, mean_b = sum(a) / n, sum(b) / n
    spread = math.sqrt(sum((x - mean_a) ** 2 for x in a) * sum((y - mean_b) ** 2 for y in b))
    return sum((x - mean_a) * (y - mean_b) for x, y in zip(a, b, strict=True)) / spread if spread > 0 else 0.0


# A rise comes at once when half an hour makes at least so much of it.
AT_ONCE = 0.6


def swings(values: list[float], around: int = 2) -> list[float]:
    """What is left of a series once its trend is taken away: each value less the mean of itself and `around` neighbours on each side."""
    out = []
    for i, value in enumerate(values):
        near = values[max(0, i - around) : i + around + 1]
        out.append(value - sum(near) / len(near))
    return out


def abrupt(counted: Minutes, shift: Shift) -> bool:
    """Whether the rise came at once: a morning climbs for hours.

    The half hour from the onset on must lie well above the half hour before it, by most of what the level rose in all: on a slope
    that takes hours, half an hour makes a small part of the way, wherever on it the onset is put.
    """
    span = max(5, min(30, (shift.end - shift.start + 1) // 2))
    if not any(m < shift.start for m in counted):
        return True
    after = sum(counted.get(m, 0.0) for m in range(shift.start, shift.start + span)) / span
    before = sum(counted.get(m, 0.0) for m in range(shift.start - span, shift.start)) / span
    return after >= 1.7 * max(before, 1e-9) and after - before >= AT_ONCE * (shift.after - shift.before)
