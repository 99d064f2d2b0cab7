"""Counters kept as stretches say the same, minute by minute, as adding each rise to each of its minutes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agentctl.diagnosis.spread import Spread, Stretches

Rises = list[tuple[int, float]]
# How many minutes later a sample was taken (0 = in the same minute), and by how much the counter rose by then.
RISES = st.lists(st.tuples(st.integers(0, 40), st.floats(0, 100)), max_size=20)


def _spread(counters: list[Rises]) -> tuple[Spread, dict[int, float]]:
    """The sum of counters, and the same the long way."""
    spread = Spread()
    plain: dict[int, float] = {}
    for rises in counters:
        part, at = Stretches(), 1000
        mine: dict[int, float] = {}
        for later, step in rises:
            before, at = at, at + later
            if step > 0:
                span = max(at - before, 1)
                part.add(at - span + 1, at, step / span)
                for minute in range(at - span + 1, at + 1):
                    mine[minute] = mine.get(minute, 0.0) + step / span
        spread.add(part)
        for minute, value in mine.items():
            plain[minute] = plain.get(minute, 0.0) + value
    return spread, plain


@given(st.lists(RISES, max_size=4))
def test_the_sum_by_minute_is_that_of_every_single_rise(counters: list[Rises]) -> None:
    spread, plain = _spread(counters)
    assert list(spread.items()) == list(plain.items())
    assert len(spread) == len(plain)
    assert bool(spread) == bool(plain)
    assert all(spread[minute] == value for minute, value in list(plain.items())[:3])
