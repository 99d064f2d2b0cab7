"""What the day and the month will have cost: each hour to come at the usual price of its hour of the day, with an interval.

The interval holds eight times out of ten if the past is a guide: hours err together, so their spread grows with the lag-1
correlation of what the usual price leaves unexplained (Bartlett's factor for sums of an AR(1) series).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt
from statistics import fmean, pstdev

HOUR = 3600.0
# Hours of history below which nothing is foretold.
LEAST_HOURS = 12
# 80 % of a normal distribution lie within so many standard deviations.
_Z = 1.2816
_MOST_CORRELATION = 0.9
_ASSUMED_CORRELATION = 0.7
NOT_ENOUGH = f"not enough history: at least {LEAST_HOURS} hours are needed"


@dataclass(frozen=True, slots=True)
class Forecast:
    """USD at the end of the period, and the interval it lies in eight times out of ten; None with a reason where unknown."""

    expected: float | None
    low: float | None = None
    high: float | None = None
    reason: str = ""


def foretell(hours: Sequence[tuple[float, float]], spent: float, now: float, until: float) -> Forecast:
    """Spend at `until`: `hours` are (end of hour in unix seconds, USD) of the past, `spent` USD of the period so far."""
    if len(hours) < LEAST_HOURS:
        return Forecast(None, reason=NOT_ENOUGH)
    profile, level = _profile(hours)
    ahead = max((until - now) / HOUR, 0.0)
    expected = sum(
        _usual(profile, level, now + (i + 1) * HOUR) * min(ahead - i, 1.0) for i in range(int(-(-ahead // 1)))
    )
    rest = _unexplained(hours)
    days = max(len(hours) / 24, 1.0)
    # The usual price of an hour is itself a mean of so many days only.
    spread = _Z * pstdev(rest) * sqrt(ahead) * _together(rest, days) * sqrt(1 + 1 / days)
    return Forecast(spent + expected, spent + max(expected - spread, 0.0), spent + expected + spread)


def _profile(hours: Sequence[tuple[float, float]]) -> tuple[dict[int, float], float]:
    """The mean of each hour of the day, where at least a day of history is there, and of all hours."""
    level = fmean(usd for _, usd in hours)
    by_hour: dict[int, list[float]] = defaultdict(list)
    if len(hours) >= 24:
        for end, usd in hours:
            by_hour[_hour_of_day(end)].append(usd)
    return {h: fmean(v) for h, v in by_hour.items()}, level


def _unexplained(hours: Sequence[tuple[float, float]]) -> list[float]:
    """What the other days' same hour does not explain of each hour; where there is no other day, what its neighbours do not."""
    by_hour: dict[int, list[float]] = defaultdict(list)
    for end, usd in hours:
        by_hour[_hour_of_day(end)].append(usd)
    rest = []
    for i, (end, usd) in enumerate(hours):
        same = by_hour[_hour_of_day(end)]
        beside = [hours[k][1] for k in (i - 1, i + 1) if 0 <= k < len(hours)]
        guess = (sum(same) - usd) / (len(same) - 1) if len(same) > 1 else fmean(beside)
        rest.append(usd - guess)
    return rest


def _usual(profile: dict[int, float], level: float, end: float) -> float:
    return profile.get(_hour_of_day(end), level)


def _hour_of_day(end: float) -> int:
    return round((end % 86_400) / HOUR) % 24


def _together(rest: Sequence[float], days: float) -> float:
    """How much wider a sum spreads because neighbouring hours err the same way; assumed where one day cannot show it."""
    if len(rest) < 3 or pstdev(rest) == 0:
        return 1.0
    mean = fmean(rest)
    lagged = sum((a - mean) * (b - mean) for a, b in pairwise(rest))
    correlation = lagged / sum((a - mean) ** 2 for a in rest)
    correlation = min(max(correlation, 0.0 if days >= 2 else _ASSUMED_CORRELATION), _MOST_CORRELATION)
    return sqrt((1 + correlation) / (1 - correlation))
