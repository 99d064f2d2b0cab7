"""Sentences and figures of evidence, one way to write each."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal

from agentctl.model.money import format_money
from agentctl.model.redaction import redact
from agentctl.model.untrusted import shorten, visible


def clock(seconds: float | None) -> str:
    """A moment as evidence writes it."""
    return "?" if seconds is None else datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def quote(text: str) -> str:
    """A text from outside: one line, no secrets, no control characters."""
    return "“" + shorten(visible(redact(" ".join(text.split()))), 240) + "”"


def percent(share: float) -> str:
    return f"{share * 100:.0f} %" if share >= 0.1 else f"{share * 100:.1f} %"


def some(names: Iterable[str], most: int = 5) -> str:
    """The first few names, and how many more there are."""
    ordered = sorted(names)
    more = len(ordered) - most
    return ", ".join(visible(n) for n in ordered[:most]) + (f" and {more} more" if more > 0 else "")


def count(n: float, one: str, many: str = "") -> str:
    return f"{n:,.0f} {one if round(n) == 1 else many or one + 's'}"


def usd(amount: float) -> str:
    """Money as every view writes it: `$12.40`, small money with three digits that count."""
    return format_money(Decimal(str(amount)))
