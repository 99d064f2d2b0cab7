"""The forecast held against fleets whose future is known: how often the interval holds, and against the straight line."""

from __future__ import annotations

from math import pi, sin
from random import Random
from statistics import median

from agentctl.analysis.cost.forecast import foretell

HOUR, DAY = 3600.0, 86_400.0
# A Monday, midnight UTC.
START = 1_772_409_600.0


def fleet(seed: int, days: int) -> list[tuple[float, float]]:
    """USD of each hour: a daily cycle, and noise that lasts from one hour to the next."""
    rng = Random(seed)
    level, noise, hours = rng.uniform(0.5, 20), 0.0, []
    for i in range(days * 24):
        noise = 0.6 * noise + rng.gauss(0, 0.15)
        cycle = 1 + 0.7 * sin(2 * pi * ((i % 24) - 9) / 24)
        hours.append((START + (i + 1) * HOUR, max(level * cycle * (1 + noise), 0.0)))
    return hours


def held(days: int, hour: int) -> tuple[float, float, float]:
    """Share of fleets whose end of day lies in the interval, and the median errors of the forecast and of a straight line."""
    inside, errors, straight = 0, [], []
    for seed in range(120):
        hours = fleet(seed, days + 1)
        known = days * 24 + hour
        spent = sum(usd for _, usd in hours[days * 24 : known])
        truth = spent + sum(usd for _, usd in hours[known:])
        found = foretell(hours[:known], spent, hours[known - 1][0], START + (days + 1) * DAY)
        assert found.expected is not None
        assert found.low is not None
        assert found.high is not None
        inside += found.low <= truth <= found.high
        errors.append(abs(found.expected - truth) / truth)
        straight.append(abs(spent / hour * 24 - truth) / truth)
    return inside / 120, median(errors), median(straight)


def test_a_week_of_history() -> None:
    share, error, straight = held(days=7, hour=6)
    assert 0.65 <= share <= 0.95
    assert error < 0.15
    # Six quiet hours of the night tell a straight line nothing about the day.
    assert error < straight / 3


def test_one_day_of_history_is_less_sure_of_itself() -> None:
    share, _, _ = held(days=1, hour=8)
    assert share >= 0.55


def test_a_quiet_start_does_not_explode() -> None:
    hours = [(START + (i + 1) * HOUR, 0.0 if i < 20 else 1.0) for i in range(24)]
    found = foretell(hours, 4.0, START + DAY, START + 2 * DAY)
    assert found.expected is not None
    assert found.expected < 4 + 24


def test_too_little_history_is_said() -> None:
    found = foretell([(START + HOUR, 5.0)] * 11, 1.0, START, START + DAY)
    assert found.expected is None
    assert "not enough history" in found.reason
