"""The surface of a policy: everything it grants or guards, as comparable entries.

Two policies with the same surface answer `decide()` alike for every tool, action and context: the entries are the decisions
themselves, over all names that either document knows plus one name that neither knows, and the limits a context can use up.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from agentctl.governance.decide import decide
from agentctl.governance.policy import Policy

OUTCOMES = ("deny", "review", "allow")
# Stands for every tool or action that no document names; no real name holds a blank.
UNNAMED = "any other"


@dataclass(frozen=True, slots=True)
class Grant:
    """One entry of a surface. A larger `reach` grants more; `says` is how a person reads it; `pointer` is what decides."""

    reach: float
    says: str
    pointer: str


Key = tuple[str, ...]


def names_of(policy: Policy) -> tuple[frozenset[str], frozenset[str]]:
    """The (tools, actions) that a policy names anywhere."""
    tools = frozenset((*(policy.allowed_tools or ()), *policy.tools))
    tiered = {name for names in policy.tiers.values() for name in names}
    carried = {action for tool in policy.tools.values() for action in tool.actions}
    return tools | tiered, frozenset(tiered | carried)


def surface(policy: Policy, tools: Iterable[str], actions: Iterable[str]) -> Mapping[Key, Grant]:
    """The surface over these names. Keys: ("decision", tool, action or ""), ("limit", name, tool), ("budget", name), ("flag", name)."""
    entries: dict[Key, Grant] = {}
    for tool in (*sorted(tools), UNNAMED):
        for action in ("", *sorted(actions), UNNAMED):
            decision = decide(policy, tool, action or None)
            pointer = decision.because[0] if decision.because else "/agent"
            entries["decision", tool, action] = Grant(OUTCOMES.index(decision.outcome), decision.outcome, pointer)
    entries.update(_limits(policy))
    entries.update(_budgets(policy))
    entries.update(_flags(policy))
    return entries


def _limits(policy: Policy) -> Iterable[tuple[Key, Grant]]:
    for limit in policy.rate_limits:
        pointer = f"/agent/rate_limits/{limit.name}"
        for tool in limit.tools or ("",):
            yield ("limit", limit.name, tool), Grant(limit.limit, f"{limit.limit:g}", pointer)


def _budgets(policy: Policy) -> Iterable[tuple[Key, Grant]]:
    controls = "/agent/cost_controls"
    for name, value, base in (
        ("max_daily_spend_usd", policy.max_daily_spend_usd, controls),
        ("max_cost_per_run_usd", policy.max_cost_per_run_usd, controls),
        ("max_concurrent_runs", policy.max_concurrent_runs, "/agent"),
        ("max_records_per_query", policy.max_records_per_query, "/agent/data_access"),
    ):
        if value is not None:
            yield ("budget", name), Grant(float(value), str(value), f"{base}/{name}")


def _flags(policy: Policy) -> Iterable[tuple[Key, Grant]]:
    for name in ("allow_pii", "allow_financial", "allow_internal_docs"):
        value: bool | None = getattr(policy, name)
        if value is not None:
            yield ("flag", name), Grant(float(value), str(value).lower(), f"/agent/data_access/{name}")


def reach(entries: Mapping[Key, Grant], key: Key) -> float:
    """How much an entry grants; a guard that is not written guards nothing, a flag that is not written is not open."""
    entry = entries.get(key)
    if entry is not None:
        return entry.reach
    return 0.0 if key[0] == "flag" else math.inf
