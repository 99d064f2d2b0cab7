"""Rate limits: what `max_<noun>_per_<unit>` says and which tools it belongs to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from agentctl.governance.names import singulars, words
from agentctl.governance.policy import RateLimit, Tool

SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}
_NAME = re.compile(r"max_(?P<noun>[a-z0-9_]+?)_per_(?P<unit>second|minute|hour|day)", re.ASCII)


def parse_limit(name: str) -> tuple[str, int] | None:
    """The noun and the window in seconds of a limit's name; None where the name is no rate limit."""
    match = _NAME.fullmatch(name)
    return (match["noun"], SECONDS[match["unit"]]) if match else None


def read_limits(written: Mapping[str, float], tools: Iterable[Tool]) -> tuple[RateLimit, ...]:
    """The rate limits of a document, each with the allowed tools it belongs to, in the order of the allowlist.

    `written` maps the names as written to calls per window; names of another form are left out. A tool with
    `limited_by` belongs to that limit alone; another belongs to every limit whose noun's singular is a word of its name.
    """
    allowed = _Index([tool for tool in tools if tool.allowed])
    out = []
    for name, limit in written.items():
        parsed = parse_limit(name)
        if parsed is not None:
            noun, seconds = parsed
            out.append(RateLimit(name, noun, limit, seconds, allowed.tools(name, noun)))
    return tuple(out)


# A noun of more words than this belongs to no tool by its name.
_MOST_WORDS = 6


class _Index:
    """The allowed tools by the word sequences of their names, so that thousands of limits and tools stay linear."""

    def __init__(self, tools: list[Tool]) -> None:
        self._bound: dict[str, list[int]] = {}
        self._grams: dict[tuple[str, ...], list[int]] = {}
        self._tools = tools
        for position, tool in enumerate(tools):
            if tool.limited_by:
                self._bound.setdefault(tool.limited_by, []).append(position)
                continue
            for gram in _grams(words(tool.name)):
                self._grams.setdefault(gram, []).append(position)

    def tools(self, limit: str, noun: str) -> tuple[str, ...]:
        found = set(self._bound.get(limit, ()))
        *head, last = words(noun) or ("",)
        for word in singulars(last):
            found.update(self._grams.get((*head, word), ()))
        return tuple(self._tools[p].name for p in sorted(found))


def _grams(parts: tuple[str, ...]) -> set[tuple[str, ...]]:
    return {parts[i : i + n] for n in range(1, _MOST_WORDS + 1) for i in range(len(parts) - n + 1)}
