"""List prices of models, from the offline data of genai-prices. Imported only when a price is asked for: it takes a third of a second."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache

# `claude-sonnet-4-20260514`: a dated release costs what its family costs, also where the price list has not that date.
_DATED = re.compile(r"(?P<family>.+)-20\d{6}")


def price(model: str, input_tokens: int, output_tokens: int, at: float | None = None) -> Decimal | None:
    """USD list price of one call (tiers hold for a call, never for a sum of calls); None where nobody prices the model.

    `at` is unix seconds: prices change over time, and the one of that day counts. `input_tokens` are uncached ones.
    """
    name = listed_as(model)
    if name is None:
        return None
    moment = datetime.fromtimestamp(at, UTC) if at is not None else None
    found = _calculate(name, input_tokens, output_tokens, moment)
    # A model that is listed without a price is not free: its price is unknown.
    return found if found or not (input_tokens or output_tokens) else None


@lru_cache(maxsize=1024)
def listed_as(model: str) -> str | None:
    """The name that a model is priced under: its own, else its family's; None where nobody prices it."""
    dated = _DATED.fullmatch(model)
    for name in (model, *([dated["family"]] if dated else [])):
        if _calculate(name, 1_000_000, 1_000_000, None):
            return name
    return None


def _calculate(model: str, input_tokens: int, output_tokens: int, moment: datetime | None) -> Decimal | None:
    from genai_prices import Usage, calc_price

    try:
        usage = Usage(input_tokens=input_tokens, output_tokens=output_tokens)
        return Decimal(calc_price(usage, model_ref=model, genai_request_timestamp=moment).total_price)
    except (LookupError, ValueError):
        return None
