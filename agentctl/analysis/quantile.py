"""Quantiles of a histogram's buckets, as PromQL's histogram_quantile computes them (linear inside a bucket). Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping


def quantile(share: float, buckets: Mapping[float, float]) -> float | None:
    """The value below which `share` (0 to 1) of the observations lie; `buckets` maps an upper bound to its cumulative count.

    None where there is no observation or no +Inf bucket. A quantile in the +Inf bucket is the largest finite bound.
    """
    bounds = sorted(buckets)
    if not bounds or not math.isinf(bounds[-1]) or buckets[bounds[-1]] <= 0:
        return None
    counts: list[float] = []
    for bound in bounds:
        # Scrapes and restarts may break the order a little; a cumulative count never falls.
        counts.append(max(buckets[bound], counts[-1] if counts else 0.0))
    rank = share * counts[-1]
    index = next(i for i, count in enumerate(counts) if count >= rank)
    if math.isinf(bounds[index]):
        return bounds[index - 1] if index else None
    low = bounds[index - 1] if index else 0.0
    below = counts[index - 1] if index else 0.0
    inside = counts[index] - below
    return bounds[index] if inside <= 0 else low + (bounds[index] - low) * (rank - below) / inside
