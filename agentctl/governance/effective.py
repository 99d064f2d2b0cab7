"""Effective permissions: what an agent may really do, a row a tool, with the line that decides."""

from __future__ import annotations

from dataclasses import dataclass

from agentctl.governance.decide import decide
from agentctl.governance.policy import Decision, Policy, Tool


@dataclass(frozen=True, slots=True)
class Permission:
    """One tool of one agent. `actions` are the decisions that differ from the tool's own: (action, decision)."""

    tool: Tool
    decision: Decision
    limits: tuple[str, ...]
    actions: tuple[tuple[str, Decision], ...]


def permissions(policy: Policy) -> list[Permission]:
    """Every tool that the document names, allowed ones first; names that only tiers know are no tools and do not stand here."""
    return [_permission(policy, tool) for tool in policy.tools.values()]


def guards(policy: Policy) -> dict[str, str]:
    """The limits and flags that hold for the agent as a whole, as text; what is not written says so."""
    values = {
        "allow_pii": policy.allow_pii,
        "allow_financial": policy.allow_financial,
        "max_records_per_query": policy.max_records_per_query,
        "max_concurrent_runs": policy.max_concurrent_runs,
        "max_cost_per_run_usd": policy.max_cost_per_run_usd,
        "max_daily_spend_usd": policy.max_daily_spend_usd,
    }
    return {name: "not set" if value is None else str(value).lower() for name, value in values.items()}


def _permission(policy: Policy, tool: Tool) -> Permission:
    own = decide(policy, tool.name)
    actions = ((action, decide(policy, tool.name, action)) for action in tool.actions if action)
    differing = tuple((action, d) for action, d in actions if d.outcome != own.outcome)
    limits = tuple(limit.name for limit in policy.limits_of(tool.name))
    return Permission(tool, own, limits, differing)
