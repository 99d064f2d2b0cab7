"""Money is a Decimal from the first sample to the last digit shown, and every figure says what it rests on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from enum import StrEnum

ZERO = Decimal(0)
_CENT = Decimal("0.01")
# Sums of cents below this show three significant digits instead of two decimals.
_SMALL = Decimal("0.1")
# Quotients (USD per hour, per task) have no exact end: they are cut here. Differences and sums are never rounded.
_QUOTIENT = Decimal("1e-9")


class Quality(StrEnum):
    """What a figure rests on. `lower-bound`: at least so much. `estimated`: may be off in either direction."""

    EXACT = "exact"
    LOWER_BOUND = "lower-bound"
    ESTIMATED = "estimated"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Figure:
    """An amount (USD, or a plain count), what it rests on, and why it is no better. `value` is None when unknown."""

    value: Decimal | None
    quality: Quality = Quality.EXACT
    reasons: tuple[str, ...] = ()

    @classmethod
    def unknown(cls, reason: str) -> Figure:
        """No figure at all, and why."""
        return cls(None, Quality.UNKNOWN, (reason,))

    @property
    def known(self) -> Decimal:
        """The amount, zero where it is unknown: for sorting and for sums that carry their quality elsewhere."""
        return ZERO if self.value is None else self.value


def combine(qualities: Iterable[Quality]) -> Quality:
    """The quality of a sum. Something unknown beside something known leaves a lower bound; else a sum that holds an estimate,
    which may err upwards, is an estimate."""
    seen = set(qualities)
    if not seen or seen == {Quality.UNKNOWN}:
        return Quality.UNKNOWN
    if Quality.ESTIMATED in seen and Quality.UNKNOWN not in seen:
        return Quality.ESTIMATED
    return Quality.EXACT if seen == {Quality.EXACT} else Quality.LOWER_BOUND


def total(figures: Iterable[Figure]) -> Figure:
    """The sum of figures; unknown when nothing in it is known."""
    parts = list(figures)
    quality = combine(f.quality for f in parts)
    reasons = tuple(r for f in parts for r in f.reasons)
    if quality is Quality.UNKNOWN:
        return Figure(None, quality, reasons)
    return Figure(sum((f.known for f in parts), ZERO), quality, reasons)


def decimal_of(value: float) -> Decimal:
    """A float as the shortest decimal that reads back as the same float: 3.2 is 3.2, not 3.2000000000000001776."""
    return Decimal(repr(value))


def divide(amount: Decimal, by: Decimal | float | int) -> Decimal | None:
    """A quotient to nine decimals (half up), None where `by` is zero."""
    divisor = by if isinstance(by, Decimal) else Decimal(repr(by)) if isinstance(by, float) else Decimal(by)
    if divisor == 0:
        return None
    quotient = amount / divisor
    return quotient.quantize(_QUOTIENT, ROUND_HALF_UP) if abs(quotient) < Decimal("1e15") else quotient


def format_money(amount: Decimal | None, quality: Quality = Quality.EXACT) -> str:
    """USD for a person: `$12.40`, `$0.000123`, `≥ $3.00`, `~$3.00`, `?`. A lower bound is rounded down, so that it holds."""
    if amount is None or quality is Quality.UNKNOWN:
        return "?"
    text = ("-" if amount < 0 else "") + "$" + _digits(abs(amount), floor=quality is Quality.LOWER_BOUND)
    return {Quality.LOWER_BOUND: "≥ ", Quality.ESTIMATED: "~"}.get(quality, "") + text


def _digits(amount: Decimal, *, floor: bool) -> str:
    rounding = ROUND_FLOOR if floor else ROUND_HALF_UP
    if amount == 0 or amount >= _SMALL:
        return f"{amount.quantize(_CENT, rounding):f}"
    places = amount.adjusted() - 2
    text = f"{amount.quantize(Decimal(1).scaleb(places), rounding):f}".rstrip("0")
    whole, _, decimals = text.partition(".")
    return f"{whole}.{decimals:0<2}"
