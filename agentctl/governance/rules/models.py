"""What a model's name says: whether it can change under one's feet, and whether its price is known.

Looking a price up takes a third of a second of imports, so the families whose prices are known stand here as patterns, and
only other names are looked up.
"""

from __future__ import annotations

import re

# A date (20260514, 2024-11-20, 0613, 09-2025), a numbered version (-001, @20250514, -v1:0) or a digest pins a model.
_PINNED = re.compile(
    r"(?:\d{8}|\d{4}-\d{2}-\d{2}|-(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])|(?:0[1-9]|1[0-2])-20\d\d|-2[3-9](?:0[1-9]|1[0-2])|-\d{3})(?:$|[-@:])"
    r"|@(?!latest)\w+|-v\d+:\d+|sha256:"
)
_LATEST = re.compile(r"(?:^|[-:@/])latest$")
# Names that their providers document as pointing to a dated release, and move.
_ALIASES = re.compile(
    r"claude-3(?:[-.][57])?-(?:opus|sonnet|haiku)|claude-(?:opus|sonnet|haiku)-4(?:-[015])?"
    r"|gpt-3\.5-turbo|gpt-4|gpt-4-turbo|gpt-4o|gpt-4o-mini|gpt-4\.1(?:-mini|-nano)?|gpt-5(?:-mini|-nano)?|chatgpt-4o|o1|o1-mini|o3|o3-mini|o4-mini"
    r"|gemini-1\.5-(?:pro|flash)|gemini-2\.0-flash|gemini-pro|mistral-(?:small|medium|large)|codestral|command-r(?:-plus)?"
)
_PREFIX = re.compile(r"^(?:anthropic|openai|google|gemini|vertex_ai|azure|bedrock|mistral|openrouter|us|eu|apac)[/.]")
# Families of which every dated release has a price. A test holds this list against the price list.
PRICED = (
    "claude-3-haiku claude-3-opus claude-3-5-haiku claude-3-5-sonnet claude-3-7-sonnet claude-sonnet-4 claude-opus-4-0 "
    "claude-opus-4-1 claude-opus-4-5 claude-sonnet-4-5 claude-haiku-4-5 claude-opus-4-6 claude-sonnet-4-6 gpt-3.5-turbo gpt-4-turbo "
    "gpt-4o gpt-4o-mini gpt-4.1 gpt-4.1-mini gpt-4.1-nano gpt-5 gpt-5-mini gpt-5-nano o1 o3 o3-mini o4-mini gemini-1.5-flash "
    "gemini-1.5-pro gemini-2.0-flash gemini-2.5-pro gemini-2.5-flash mistral-large-latest codestral-latest"
).split()
_PRICED = frozenset(PRICED)
# A dated release of an Anthropic family costs what the family costs, whether or not the price list has that very date.
_FAMILY = re.compile(r"^(claude-(?:3(?:-[57])?-(?:opus|sonnet|haiku)|(?:opus|sonnet|haiku)-4(?:-\d)?))-\d{8}$")


def floats(model: str) -> bool:
    """Whether a name is an alias that its provider moves from release to release."""
    name = _bare(model)
    if _LATEST.search(name):
        return True
    return bool(_ALIASES.fullmatch(name)) and not _PINNED.search(name)


def has_price(model: str) -> bool:
    """Whether the price of a model is known, by its family or in the price list."""
    name = _bare(model)
    return name in _PRICED or bool(_FAMILY.match(name)) or _in_price_list(model.strip()) or _in_price_list(name)


def _bare(model: str) -> str:
    """A name without the prefixes of gateways and regions: `us.anthropic.claude-…`, `openai/gpt-4o`."""
    name = model.strip().lower()[:200]
    while (short := _PREFIX.sub("", name)) != name:
        name = short
    return name


def _in_price_list(name: str) -> bool:
    """Whether some provider in the price list has a price for the name; free models have one (zero)."""
    from genai_prices.data import providers

    found = (provider.find_model(name) for provider in providers)
    return any(model is not None and model.prices for model in found)
