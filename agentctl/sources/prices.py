"""List prices of models, from the offline data of genai-prices. Imported only when a price is asked for: it takes a third of a second."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any


def price(model: str, input_tokens: int, output_tokens: int, at: float | None = None) -> Decimal | None:
    """USD list price of one call (tiers hold for a call, never for a sum of calls); None where nobody prices the model.

    `at` is unix seconds: prices change over time, and the one of that day counts.
    """
    from genai_prices import Usage

    found = _known(model)
    if found is None:
        return None
    provider, reference = found
    usage = Usage(input_tokens=input_tokens, output_tokens=output_tokens)
    moment = datetime.fromtimestamp(at, UTC) if at is not None else None
    try:
        calculated = _calculate(usage, reference, provider, moment)
    except (LookupError, ValueError):
        return None
    return calculated if calculated > 0 or not (input_tokens or output_tokens) else None


def is_priced(model: str) -> bool:
    """Whether a model has a price at all. A model that is listed without one is not free: it is unknown."""
    return price(model, 1000, 1000) is not None


def provider_of(model: str) -> str | None:
    """The provider that sells a model, None where it is not listed."""
    found = _known(model)
    return found[0] if found else None


@lru_cache(maxsize=1024)
def _known(model: str) -> tuple[str, str] | None:
    from genai_prices import Usage, calc_price

    try:
        found = calc_price(Usage(input_tokens=1, output_tokens=1), model_ref=model)
    except (LookupError, ValueError):
        return None
    return str(found.provider.id), model


def _calculate(usage: Any, model: str, provider: str, moment: datetime | None) -> Decimal:
    from genai_prices import calc_price

    found = calc_price(usage, model_ref=model, provider_id=provider, genai_request_timestamp=moment)
    return Decimal(found.total_price)
