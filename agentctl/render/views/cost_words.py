"""How the cost views write amounts, sparklines and shares. Amounts come as the report's data holds them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from agentctl.model.money import Quality, format_money
from agentctl.render.blocks import Cell, Tone

_BARS = "▁▂▃▄▅▆▇█"
_QUALITY_WORDS = {
    Quality.LOWER_BOUND: "at least so much",
    Quality.ESTIMATED: "estimated",
    Quality.UNKNOWN: "unknown",
}


def money(amount: Decimal | None, quality: Quality = Quality.EXACT) -> str:
    """An amount with what it rests on."""
    return format_money(amount, quality)


def plain_money(amount: Decimal | None) -> str:
    """An amount whose quality stands elsewhere in the row; `-` where there is none."""
    return "-" if amount is None else format_money(amount)


def signed(amount: Decimal | None) -> str:
    """A difference: `+$0.40`, `-$0.40`, `-` where there is none."""
    if amount is None:
        return "-"
    return ("+" if amount > 0 else "") + format_money(amount)


def percent(share: float | None) -> str:
    """A share, 0 to 1, as percent."""
    return "-" if share is None else f"{share * 100:.0f}%"


def times(factor: float | Decimal | None) -> str:
    """A multiple: `3.4×`, `12×`."""
    if factor is None:
        return "-"
    return f"{float(factor):.1f}×" if factor < 10 else f"{float(factor):.0f}×"


def sparkline(values: Sequence[float | None], width: int) -> str:
    """The values as bars, oldest first, folded to `width` columns; a hole where nothing is known."""
    step = -(-len(values) // width) if values else 1
    folded = [[v for v in values[i : i + step] if v is not None] for i in range(0, len(values), step)]
    sums = [sum(part) / len(part) if part else None for part in folded]
    top = max((s for s in sums if s is not None), default=0.0)
    if not any(s is not None for s in sums):
        return "-"
    return "".join(" " if s is None else _BARS[min(int(s / top * 7.999), 7) if top > 0 else 0] for s in sums)


def name_of(name: str | None, by: str) -> Cell:
    """A subject; one that no label names says so."""
    return Cell(f"(no {by})", "dim") if name is None else Cell(name)


def grounds(row: Mapping[str, Any]) -> str:
    """What a figure rests on: `exact`, or how far it can be trusted and why."""
    quality = Quality(row["quality"])
    if quality is Quality.EXACT:
        return "exact"
    return f"{_QUALITY_WORDS[quality]}: {', '.join(row['reasons'])}" if row["reasons"] else _QUALITY_WORDS[quality]


def tone_of(quality: Quality) -> Tone:
    """Exact figures are plain; the others stand out."""
    return "plain" if quality is Quality.EXACT else "warn"
