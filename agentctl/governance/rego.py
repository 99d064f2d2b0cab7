"""A policy as a Rego module (Open Policy Agent) that decides as `decide()` does.

The facts of the document are written out as data; the rules below them are the same for every document. Input:
`{"tool": …, "action": … or null, "context": {"calls": {limit: n}, "daily_spend_usd": n, "run_cost_usd": n, "records": n}}`,
where every part of the context may be missing. Output: `data.<package>.decision`, one of allow, review and deny.
"""

from __future__ import annotations

import json
import re
from typing import Any

from agentctl.governance.decide import decide
from agentctl.governance.policy import Policy

_RULES = """\
context := object.get(input, "context", {})

calls := object.get(context, "calls", {})

# The action asked, the actions declared for the tool, and the tool's own name.
names := {input.tool} | {a | some a in object.get(actions, input.tool, [])} | {a |
\ta := object.get(input, "action", null)
\ta != null
\ta != ""
}

denied if not input.tool in allowed

denied if count(names & forbidden) > 0

denied if input.tool in refused

denied if {
\tcount(calls) > 0
\tsome limit in object.get(limits, input.tool, [])
\tobject.get(calls, limit.name, 0) >= limit.limit
}

denied if {
\tsome name, budget in budgets
\tobject.get(context, name, null) != null
\tcontext[name] >= budget
}

denied if {
\tsome most in most_records
\tobject.get(context, "records", null) != null
\tcontext.records > most
}

tier := "deny" if count(names & forbidden) > 0

else := "review" if count(names & held) > 0

else := "allow" if count(names & autonomous) > 0

else := otherwise

default decision := "deny"

decision := tier if not denied
"""


def to_rego(policy: Policy) -> str:
    """The Rego module of a policy, for OPA 1.0 or newer. The package is `agentctl.` and the agent's name in snake case."""
    facts = "\n\n".join(f"{name} := {_literal(value)}" for name, value in _facts(policy).items())
    return f"package {package(policy)}\n\n{facts}\n\n{_RULES}"


def package(policy: Policy) -> str:
    """`agentctl.customer_support_v2` for the agent customer-support-v2."""
    name = re.sub(r"[^A-Za-z0-9]+", "_", policy.name).strip("_") or "agent"
    return f"agentctl.{name}" if not name[0].isdigit() else f"agentctl.agent_{name}"


def _facts(policy: Policy) -> dict[str, Any]:
    allowed = [tool for tool in policy.tools.values() if tool.allowed]
    # What is refused whatever is asked: a declared effect that a data flag refuses. `decide` says it, not a copy of its rule.
    open_tiers = Policy(
        policy.name,
        tools=policy.tools,
        allowed_tools=policy.allowed_tools,
        allow_pii=policy.allow_pii,
        allow_financial=policy.allow_financial,
    )
    budgets = {"daily_spend_usd": policy.max_daily_spend_usd, "run_cost_usd": policy.max_cost_per_run_usd}
    return {
        "allowed": {tool.name for tool in allowed},
        "actions": {tool.name: sorted({a for a in tool.actions if a}) for tool in allowed},
        "forbidden": {n for n in policy.tiers.get("forbidden", ()) if n},
        "held": {n for n in policy.tiers.get("requires_human_review", ()) if n},
        "autonomous": {n for n in policy.tiers.get("autonomous", ()) if n},
        "refused": {tool.name for tool in allowed if decide(open_tiers, tool.name).outcome == "deny"},
        "limits": {
            tool.name: [{"name": limit.name, "limit": limit.limit} for limit in policy.limits_of(tool.name)]
            for tool in allowed
        },
        "budgets": {name: value for name, value in budgets.items() if value is not None},
        "most_records": [] if policy.max_records_per_query is None else [policy.max_records_per_query],
        "otherwise": policy.default_decision or ("review" if policy.has_authority else "allow"),
    }


def _literal(value: Any) -> str:
    if isinstance(value, set):
        return "{" + ", ".join(json.dumps(item) for item in sorted(value)) + "}" if value else "set()"
    return json.dumps(value, indent="\t", default=_number)


def _number(value: Any) -> int | float:
    """Money: OPA compares numbers, and a cent is exact enough in a double."""
    return int(value) if value == int(value) else float(value)
