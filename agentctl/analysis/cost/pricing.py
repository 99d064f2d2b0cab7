"""The same calls at other prices: the list price of their own model (does the booking hold?), or another model's."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal

from agentctl.model.money import ZERO, Figure, Quality
from agentctl.model.records import LlmCall, LogRecord

# (model, input tokens, output tokens, unix seconds or None) → USD, None where nobody prices it.
Price = Callable[[str, int, int, float | None], Decimal | None]
# Bookings within this share of the list price are taken to follow it: agents round, and discounts are small.
TOLERANCE = Decimal("0.05")
# Differences below this many USD are no matter.
FLOOR = Decimal("0.01")


@dataclass(slots=True)
class Repriced:
    """The calls of one agent to one model. USD: `booked` as logged, `listed` at the price asked about; both over the calls
    that have both, so that they can be compared. `skipped` calls lack tokens, a cost or a price."""

    agent: str
    model: str
    calls: int = 0
    booked: Decimal = ZERO
    listed: Decimal = ZERO
    skipped: int = 0
    unpriced: bool = False
    priced_as: str = ""

    @property
    def difference(self) -> Decimal:
        """Listed minus booked, USD."""
        return self.listed - self.booked

    @property
    def ratio(self) -> float | None:
        """Booked as a multiple of listed; None where nothing is listed."""
        return float(self.booked / self.listed) if self.listed else None

    @property
    def drifted(self) -> bool:
        """Whether the bookings do not follow the list price."""
        return abs(self.difference) > FLOOR and abs(self.difference) > TOLERANCE * self.listed

    @property
    def figure(self) -> Figure:
        """What the calls would have cost."""
        if not self.calls:
            return Figure.unknown("nobody prices this model" if self.unpriced else "no call states its tokens")
        reason = f"list price of {self.priced_as}"
        if self.skipped:
            return Figure(self.listed, Quality.LOWER_BOUND, (f"{self.skipped} calls could not be priced", reason))
        return Figure(self.listed, Quality.ESTIMATED, (reason,))


def reprice(
    records: Iterable[LogRecord],
    price: Price,
    model: str | None = None,
    name: Callable[[str], str | None] | None = None,
) -> list[Repriced]:
    """Price every logged call, one by one, by its own model or by `model`; largest difference first.

    `name` tells under which name a model is priced, where that is not its own.
    """
    found: dict[tuple[str, str], Repriced] = {}
    for record in records:
        call = record.marker
        if not isinstance(call, LlmCall):
            continue
        entry = found.setdefault((record.who, call.model), Repriced(record.who, call.model))
        if call.input_tokens is None or call.output_tokens is None or call.cost is None:
            entry.skipped += 1
            continue
        listed = price(model or call.model, call.input_tokens, call.output_tokens, record.time)
        if listed is None:
            entry.skipped += 1
            entry.unpriced = True
            continue
        entry.priced_as = (name(model or call.model) if name else None) or model or call.model
        entry.calls += 1
        entry.booked += call.cost
        entry.listed += listed
    return sorted(found.values(), key=lambda r: (-abs(r.difference), r.agent, r.model))
