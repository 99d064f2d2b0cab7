"""Raw samples become samples that a counter can have taken: in order, finite, not negative."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import isfinite, isnan
from operator import lt

from agentctl.model.observations import Sample, times_of, values_of

NOT_A_NUMBER = "samples that are not a number were left out"
INFINITE = "infinite samples were left out"
NEGATIVE = "negative samples were left out"
OUT_OF_ORDER = "samples were out of order and were sorted"
CONFLICT = "two values at one time: the later line counts"


def clean(samples: Sequence[Sample]) -> tuple[list[float], list[float], tuple[str, ...]]:
    """Times (unix seconds, strictly rising), values (finite, >= 0), and what had to be put right.

    A NaN is what Prometheus writes when a target has gone (a staleness marker), so it says nothing about the counter.
    """
    times, values = list(times_of(samples)), list(values_of(samples))
    # The common case, in C: nothing to put right.
    if all(map(lt, times, times[1:])) and (not values or (isfinite(sum(values)) and min(values) >= 0)):
        return times, values, ()
    return _repair(samples)


def _repair(samples: Sequence[Sample]) -> tuple[list[float], list[float], tuple[str, ...]]:
    said: dict[str, None] = {}
    good: list[Sample] = []
    for sample in samples:
        fault = _fault(sample)
        if fault:
            said[fault] = None
        else:
            good.append(sample)
    if any(a.time > b.time for a, b in pairwise(good)):
        said[OUT_OF_ORDER] = None
        good.sort(key=lambda s: s.time)
    table: dict[float, float] = {}
    for time, value in good:
        if table.setdefault(time, value) != value:
            said[CONFLICT] = None
            table[time] = value
    return list(table), list(table.values()), tuple(said)


def _fault(sample: Sample) -> str:
    if isnan(sample.value):
        return NOT_A_NUMBER
    if not isfinite(sample.value):
        return INFINITE
    return NEGATIVE if sample.value < 0 else ""
