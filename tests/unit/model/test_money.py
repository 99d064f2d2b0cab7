from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentctl.model.money import Figure, Quality, combine, decimal_of, divide, format_money, total


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        ("12.4", "$12.40"),
        ("0.000123", "$0.000123"),
        ("0.0123", "$0.0123"),
        ("0.05", "$0.05"),
        ("0.125", "$0.13"),
        ("0", "$0.00"),
        ("0.00000000123456", "$0.00000000123"),
        ("-3.2", "-$3.20"),
        ("1234567.891", "$1234567.89"),
        ("0.0999999", "$0.10"),
    ],
)
def test_money_for_a_person(amount: str, shown: str) -> None:
    assert format_money(Decimal(amount)) == shown


def test_what_is_not_exact_says_so() -> None:
    assert format_money(None) == "?"
    assert format_money(Decimal("3"), Quality.UNKNOWN) == "?"
    assert format_money(Decimal("3"), Quality.ESTIMATED) == "~$3.00"


@given(st.decimals(min_value=0, max_value=10**9, places=8))
def test_a_lower_bound_is_never_shown_above_what_is_known(amount: Decimal) -> None:
    shown = format_money(amount, Quality.LOWER_BOUND)
    assert shown.startswith("≥ $")
    assert Decimal(shown.removeprefix("≥ $")) <= amount


@given(st.floats(min_value=0, allow_nan=False, allow_infinity=False))
def test_a_float_keeps_its_value(value: float) -> None:
    assert float(decimal_of(value)) == value


@pytest.mark.parametrize(
    ("parts", "whole"),
    [
        ("exact exact", "exact"),
        ("exact unknown", "lower-bound"),
        ("unknown", "unknown"),
        ("", "unknown"),
        ("lower-bound estimated", "estimated"),
        ("estimated unknown", "lower-bound"),
    ],
)
def test_the_quality_of_a_sum(parts: str, whole: str) -> None:
    assert combine(Quality(p) for p in parts.split()) == Quality(whole)


def test_a_sum_keeps_the_reasons() -> None:
    figure = total([Figure(Decimal(2)), Figure.unknown("no price")])
    assert figure == Figure(Decimal(2), Quality.LOWER_BOUND, ("no price",))


def test_nothing_is_divided_by_zero() -> None:
    assert divide(Decimal(1), 0) is None
    assert divide(Decimal(1), 3) == Decimal("0.333333333")
