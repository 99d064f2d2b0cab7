"""A parsed governance document → its policy. Reads what is there and leaves out what makes no sense.

The schema says what is wrong with a document; this reader only must not be misled by it. So a value of the wrong type
counts as not written, except inside a list: there an item that is no string stands as "" (which names nothing), so that
positions in the policy are positions in the document.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from agentctl.governance.catalogue import effects_of
from agentctl.governance.limits import read_limits
from agentctl.governance.policy import EFFECTS, TIERS, Policy, RateLimit, Tool

DECISIONS = ("allow", "review", "deny")
_BOUND = 2**63 - 1


def policy_of(data: Any) -> Policy:
    """The policy of a parsed document with its top-level `agent` key; never raises, whatever the data are.

    `allowed_tools` is None where no allowlist is written, () where an empty one is; `decide()` denies every tool for
    both, since an agent may use only what is granted. Both forms of the document are read: without
    `decision_authority`, `has_authority` is False and the allowlist alone governs; an empty one is one.
    """
    agent = _mapping(_mapping(data).get("agent"))
    authority = agent.get("decision_authority")
    access = _mapping(agent.get("data_access"))
    costs = _mapping(agent.get("cost_controls"))
    tools = _tools(agent)
    default = _mapping(authority).get("default")
    return Policy(
        name=_text(agent.get("name")) or "",
        model=_text(agent.get("model")),
        max_retries=_integer(agent.get("max_retries")),
        max_concurrent_runs=_integer(agent.get("max_concurrent_runs")),
        allowed_tools=_names(agent["allowed_tools"]) if isinstance(agent.get("allowed_tools"), list) else None,
        tools=tools,
        tiers={tier: _names(_mapping(authority).get(tier)) for tier in TIERS},
        has_authority="decision_authority" in agent,
        default_decision=default if isinstance(default, str) and default in DECISIONS else None,
        allow_pii=_flag(access.get("allow_pii")),
        allow_financial=_flag(access.get("allow_financial")),
        allow_internal_docs=_flag(access.get("allow_internal_docs")),
        max_records_per_query=_integer(access.get("max_records_per_query")),
        rate_limits=_limits(agent, tools.values()),
        max_daily_spend_usd=_money(costs.get("max_daily_spend_usd")),
        max_cost_per_run_usd=_money(costs.get("max_cost_per_run_usd")),
        alert_on_threshold=_number(costs.get("alert_on_threshold")),
    )


def _tools(agent: Mapping[Any, Any]) -> dict[str, Tool]:
    """The allowed tools in their order, then those that are only described."""
    described = _mapping(agent.get("tools"))
    allowed = dict.fromkeys(name for name in _names(agent.get("allowed_tools")) if name)
    others = dict.fromkeys(name for name in described if isinstance(name, str) and name and name not in allowed)
    return {name: _tool(name, name in allowed, described.get(name), name in described) for name in (allowed | others)}


# Fleets describe the same tools again and again: equal descriptions are one object. Emptied when it grows beyond this.
_shared: dict[Tool, Tool] = {}
_MOST_SHARED = 20_000


def _share(tool: Tool) -> Tool:
    if len(_shared) >= _MOST_SHARED:
        _shared.clear()
    return _shared.setdefault(tool, tool)


def _tool(name: str, allowed: bool, written: Any, declared: bool) -> Tool:
    entry = _mapping(written)
    effects = entry.get("effects")
    known = isinstance(effects, list)
    tool = Tool(
        name=name,
        allowed=allowed,
        declared=declared,
        description=_text(entry.get("description")) or "",
        endpoint=_text(entry.get("endpoint")) or "",
        health=_text(entry.get("health")) or "",
        effects=frozenset(e for e in _names(effects) if e in EFFECTS) if known else effects_of(name),
        effects_declared=known,
        actions=_names(entry.get("actions")),
        limited_by=_text(entry.get("limited_by")) or "",
    )
    return _share(tool)


def _limits(agent: Mapping[Any, Any], tools: Iterable[Tool]) -> tuple[RateLimit, ...]:
    numbers = ((name, _number(value)) for name, value in _mapping(agent.get("rate_limits")).items())
    return read_limits({name: value for name, value in numbers if isinstance(name, str) and value is not None}, tools)


def _mapping(value: Any) -> Mapping[Any, Any]:
    return value if isinstance(value, Mapping) else {}


def _names(value: Any) -> tuple[str, ...]:
    return tuple(item if isinstance(item, str) else "" for item in value) if isinstance(value, list) else ()


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf
    return None if math.isnan(number) else number


def _integer(value: Any) -> int | None:
    """A whole number: `3`, and `3.0` too, as JSON does not tell them apart. What is beyond 64 bits stands as that bound."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return max(-_BOUND, min(value, _BOUND))


def _money(value: Any) -> Decimal | None:
    """USD, with the digits as written: 0.1 is a tenth, not its nearest binary fraction."""
    if _number(value) is None:
        return None
    try:
        return Decimal(str(value))
    except (InvalidOperation, ValueError):  # an integer of thousands of digits has no str()
        return None
