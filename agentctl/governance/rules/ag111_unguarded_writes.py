"""AG111: tools that change things, and nobody is ever asked."""

from __future__ import annotations

from collections.abc import Iterator

from agentctl.governance.rules.base import Found, Governed, LintRule, Page, each
from agentctl.governance.rules.effects import writes
from agentctl.governance.rules.wording import assumed, listed
from agentctl.model.finding import Severity

PAGE = Page(
    why="""This agent changes or sends things, and its document neither holds anything for review nor forbids anything.
Whatever a prompt talks it into, it does at once, and no person is in the loop to notice (ASI09 Human-Agent Trust).""",
    bad="""agent:
  name: support
  allowed_tools: [search_kb, send_email]
""",
    good="""agent:
  name: support
  allowed_tools: [search_kb, send_email]
  decision_authority:
    autonomous: [search_kb]
    requires_human_review: [send_email]
""",
    fix="""Add a `decision_authority`: put what is hard to undo under requires_human_review, and what must never happen under
forbidden.""",
)


def _find(one: Governed) -> Iterator[Found]:
    tiers = one.policy.tiers
    if one.policy.default_decision in ("review", "deny"):
        return  # somebody wrote that what no tier names is held or refused
    if any(tiers.get("requires_human_review", ())) or any(tiers.get("forbidden", ())):
        return
    free = [tool for _, tool in one.allowed if writes(tool) and one.outcome(tool) == "allow"]
    if free:
        note = assumed(free[0]) if not any(tool.effects_declared for tool in free) else ""
        yield Found(
            f"{listed(tool.name for tool in free)} can change or send things{note}, and nothing needs review or is forbidden: "
            "no person ever sees it coming. Put what is hard to undo under decision_authority.requires_human_review.",
            one.authority_at(),
            one.subject,
            "Put what is hard to undo under decision_authority.requires_human_review.",
        )


RULE = LintRule(
    "AG111", "tools that write, and nothing is held or forbidden", Severity.WARNING, ("09",), PAGE, each(_find)
)
