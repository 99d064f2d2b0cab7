"""Counters in linear time, and little more than the sum itself: ratios, since machines differ."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

from agentctl.analysis.counters import increase
from agentctl.model.observations import Sample, Series
from agentctl.model.report import Window


def history(samples: int) -> list[Series]:
    return [
        Series(
            {"__name__": "agent_cost_total_usd_total", "agent_name": f"a{k}", "pod": f"p{k}"},
            tuple(Sample(30.0 * i, (i % 997) * 0.01) for i in range(samples)),
        )
        for k in range(20)
    ]


def seconds(work: Callable[[], object]) -> float:
    best = float("inf")
    for _ in range(5):
        begun = time.process_time()
        work()
        best = min(best, time.process_time() - begun)
    return best


def test_ten_times_the_samples_take_about_ten_times_as_long() -> None:
    def cost(samples: int) -> float:
        series = history(samples)
        window = Window(datetime.fromtimestamp(30, UTC), datetime.fromtimestamp(30 * samples, UTC))
        return seconds(lambda: increase(series, window))

    assert cost(20_000) < 20 * cost(2_000)
