"""The one place that says what a governance document means."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from agentctl.documents.node import to_pointer
from agentctl.governance.policy import Context, Decision, Policy, Tool

_OUTCOMES = {"forbidden": "deny", "requires_human_review": "review", "autonomous": "allow"}
_FLAGS = {"pii": "allow_pii", "financial": "allow_financial"}
_NO_CONTEXT = Context()
_MOST_REMEMBERED = 10_000


class Ground(NamedTuple):
    """A reason to deny: the sentence, and the places in the document that say so."""

    reason: str
    because: tuple[str, ...]


def decide(policy: Policy, tool: str, action: str | None = None, context: Context = _NO_CONTEXT) -> Decision:
    """Whether an agent may call a tool: allow, review (a person must agree first) or deny, with the lines that decide.

    Names are compared exactly. In this order: a tool outside `allowed_tools` is denied (so is every tool where no
    allowlist is written); then the tiers are searched for the action asked, the actions declared for the tool and the
    tool's own name, where forbidden beats review beats autonomous; what no tier names gets the document's `default`,
    else review where there is a `decision_authority` and allow where there is none. Whatever the tiers say, a declared
    effect that a data flag refuses, a rate limit or budget that the context has used up, and more records than a query
    may return are denied. Effects that are only assumed from a tool's name deny nothing.
    """
    standing = _standing(policy, tool, action)
    used_up = () if context is _NO_CONTEXT or not policy.grants(tool) else tuple(_used_up(policy, tool, context))
    if not used_up:
        return standing
    grounds = (*([Ground(standing.reason, standing.because)] if standing.outcome == "deny" else []), *used_up)
    return _denied(grounds)


def _standing(policy: Policy, tool: str, action: str | None) -> Decision:
    """The decision with nothing used up. It is asked for every call of a fleet, so the policy remembers it."""
    remembered = policy.remembered
    key = (tool, action)
    if key not in remembered:
        if len(remembered) >= _MOST_REMEMBERED:
            remembered.clear()
        remembered[key] = _decide(policy, tool, action)
    return remembered[key]


def _decide(policy: Policy, tool: str, action: str | None) -> Decision:
    if not policy.grants(tool):
        return _unlisted(policy, tool)
    known = policy.tools[tool]
    outcome, ground = _tier(policy, known, action)
    denials = (*([ground] if outcome == "deny" else []), *_refused(policy, known))
    return _denied(denials) if denials else Decision(outcome, ground.because, ground.reason)


def _denied(grounds: Sequence[Ground]) -> Decision:
    places = dict.fromkeys(place for ground in grounds for place in ground.because)
    return Decision("deny", tuple(places), grounds[0].reason)


def named_by(policy: Policy, tool: Tool, action: str | None = None) -> tuple[str, str, tuple[str, ...]] | None:
    """The tier that governs a tool, the name it has there, and the places that say so; None where no tier names it."""
    names = [action] if action else []
    names += [name for name in tool.actions if name]
    names.append(tool.name)
    for tier in _OUTCOMES:
        positions = policy.positions(tier)
        for name in names:
            if name in positions:
                place = to_pointer(["agent", "decision_authority", tier, positions[name]])
                return tier, name, (place, *_tie(tool, name))
    return None


def _tie(tool: Tool, name: str) -> tuple[str, ...]:
    """Where the document ties an action to the tool; nothing for the tool's own name and for an action that was asked."""
    if name == tool.name or name not in tool.actions:
        return ()
    return (to_pointer(["agent", "tools", tool.name, "actions", tool.actions.index(name)]),)


def _unlisted(policy: Policy, tool: str) -> Decision:
    if policy.allowed_tools is None:
        return Decision("deny", ("/agent",), f"no allowed_tools are written, so {tool} is not granted")
    return Decision("deny", ("/agent/allowed_tools",), f"{tool} is not in allowed_tools")


def _tier(policy: Policy, tool: Tool, action: str | None) -> tuple[str, Ground]:
    named = named_by(policy, tool, action)
    if named is not None:
        tier, name, places = named
        return _OUTCOMES[tier], Ground(f"{name} is in decision_authority.{tier}", places)
    if policy.default_decision is not None:
        reason = f"no tier names {tool.name}, and decision_authority.default is {policy.default_decision}"
        return policy.default_decision, Ground(reason, ("/agent/decision_authority/default",))
    if policy.has_authority:
        return "review", Ground(
            f"no tier names {tool.name}, and no default is written: a person decides", ("/agent/decision_authority",)
        )
    place = to_pointer(["agent", "allowed_tools", policy.positions("allowed_tools").get(tool.name, 0)])
    return "allow", Ground(f"{tool.name} is in allowed_tools, and there is no decision_authority", (place,))


def _refused(policy: Policy, tool: Tool) -> Iterator[Ground]:
    for effect, flag in _FLAGS.items() if tool.effects_declared else ():
        if effect in tool.effects and getattr(policy, flag) is False:
            place = to_pointer(["agent", "tools", tool.name, "effects"])
            yield Ground(
                f"{tool.name} declares the effect {effect}, and {flag} is false", (f"/agent/data_access/{flag}", place)
            )


def _used_up(policy: Policy, tool: str, context: Context) -> Iterator[Ground]:
    for limit in policy.limits_of(tool) if context.calls else ():
        if context.calls.get(limit.name, 0) >= limit.limit:
            yield Ground(
                f"{limit.name} ({limit.limit:g}) is used up", (to_pointer(["agent", "rate_limits", limit.name]),)
            )
    budgets = (
        ("max_daily_spend_usd", policy.max_daily_spend_usd, context.daily_spend_usd),
        ("max_cost_per_run_usd", policy.max_cost_per_run_usd, context.run_cost_usd),
    )
    for name, budget, spent in budgets:
        if budget is not None and spent is not None and not spent.is_nan() and spent >= budget:
            yield Ground(f"{name} (${budget:f}) is used up", (f"/agent/cost_controls/{name}",))
    most = policy.max_records_per_query
    if most is not None and context.records is not None and context.records > most:
        yield Ground(f"max_records_per_query ({most}) is exceeded", ("/agent/data_access/max_records_per_query",))
