"""AG104: a review gate beside the path that calls take."""

from __future__ import annotations

from collections.abc import Iterator

from agentctl.governance.policy import Tool
from agentctl.governance.rules.ag101_unmatched_authority import unmatched
from agentctl.governance.rules.base import Found, Governed, LintRule, Page, each
from agentctl.governance.rules.wording import line_of, quoted, shown
from agentctl.model.finding import Severity

PAGE = Page(
    why="""A person is meant to see something before it happens, but the gate hangs on a name that is never called. The
runtime sees a call of `send_email`; that the mail goes to a customer stands in the arguments, not in the name. So the
reviewer waits for requests that never come, and believes there were none (ASI09 Human-Agent Trust, ASI02 Tool Misuse).""",
    bad="""agent:
  name: support
  allowed_tools: [send_email]
  decision_authority:
    requires_human_review: [send_email_to_customer]
""",
    good="""agent:
  name: support
  allowed_tools: [send_email]
  tools:
    send_email: {actions: [send_email_to_customer]}
  decision_authority:
    requires_human_review: [send_email_to_customer]
""",
    fix="""Tie the decision to the tool (`agent.tools.send_email.actions: [send_email_to_customer]`) or hold the tool itself for
review. If only some calls need review, give them a tool of their own.""",
)


def _find(one: Governed) -> Iterator[Found]:
    if one.policy.default_decision in ("review", "deny"):
        return  # what no tier names is held by a default that somebody wrote
    for tier, place, name in unmatched(one):
        tool = _behind(one, name) if tier == "requires_human_review" else None
        if tool is None:
            continue
        location = one.tier_at(tier, place)
        other = one.tool_at(one.policy.positions("allowed_tools")[tool.name])
        yield Found(
            f"this review gate cannot close: {quoted(tool.name)} may be called ({line_of(location, other)}), and only "
            f"{quoted(name)}, which is no tool, is held for review. Tie it with agent.tools.{shown(tool.name)}.actions.",
            location,
            one.subject,
            f"Write agent.tools.{shown(tool.name)}.actions: [{shown(name)}], or hold {quoted(tool.name)} itself for review.",
        )


def _behind(one: Governed, name: str) -> Tool | None:
    """The allowed tool that the gate is meant for, unless a gate of its own holds it."""
    found = one.similar.begun(name) or one.similar.near_miss(name)
    if found is None:
        return None
    tool = one.policy.tools[found]
    return None if one.tier_of(tool) in ("requires_human_review", "forbidden") else tool


RULE = LintRule("AG104", "review gate that cannot close", Severity.WARNING, ("09", "02"), PAGE, each(_find))
