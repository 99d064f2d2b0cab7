"""The parts of a change add up to it, whatever moved and however far."""

from __future__ import annotations

from decimal import Decimal
from math import isclose, prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentctl.analysis.cost.drivers import REST, Part, _exactly, share_out

factors = st.lists(st.tuples(st.floats(1e-6, 1e6), st.floats(1e-6, 1e6)), min_size=1, max_size=5)


@given(factors)
def test_shares_add_up_to_the_change(pairs: list[tuple[float, float]]) -> None:
    before, after = [a for a, _ in pairs], [b for _, b in pairs]
    change = prod(after) - prod(before)
    assert isclose(sum(share_out(before, after)), change, rel_tol=1e-6, abs_tol=1e-9 * (prod(before) + prod(after)))


@given(st.floats(0.001, 1e6), st.floats(1.001, 1e3))
def test_a_factor_that_did_not_move_has_no_share(cost: float, times: float) -> None:
    first, second = share_out([cost, 2.0], [cost * times, 2.0])
    assert second == 0
    assert first > 0


def test_two_factors_that_moved_alike_share_alike() -> None:
    assert share_out([1.0, 5.0], [3.0, 15.0]) == pytest.approx([20.0, 20.0])


parts = st.lists(st.decimals(-1000, 1000, places=9, allow_nan=False), max_size=5)


@given(parts, st.decimals(-1000, 1000, places=9, allow_nan=False))
def test_parts_are_exact_to_the_last_digit(amounts: list[Decimal], change: Decimal) -> None:
    found = _exactly([Part(str(i), usd) for i, usd in enumerate(amounts)], change)
    assert sum(p.usd for p in found) == change


def test_what_nothing_explains_is_said() -> None:
    found = _exactly([Part("more tasks", Decimal(2))], Decimal(10))
    assert [(p.what, p.usd) for p in found] == [("more tasks", Decimal(2)), (REST, Decimal(8))]
