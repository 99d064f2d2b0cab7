"""AG205: money moves, and nobody is asked."""

from __future__ import annotations

from collections.abc import Iterator

from agentctl.governance.rules.base import Found, Governed, LintRule, Page, each
from agentctl.governance.rules.effects import moves_money
from agentctl.governance.rules.wording import assumed, line_of, quoted
from agentctl.model.finding import Severity

PAGE = Page(
    why="""With `allow_financial: true` and an autonomous tool that pays, refunds or charges, a mistake or an injected sentence is
money gone (ASI03 Identity & Privilege Abuse, ASI09 Human-Agent Trust).""",
    bad="""agent:
  name: billing
  allowed_tools: [issue_refund]
  data_access: {allow_financial: true}
  decision_authority:
    autonomous: [issue_refund]
""",
    good="""agent:
  name: billing
  allowed_tools: [issue_refund]
  data_access: {allow_financial: true}
  decision_authority:
    requires_human_review: [issue_refund]
""",
    fix="""Hold the tool for review. If the tool only reads about money, declare it: `agent.tools.NAME.effects: [read,
financial]`.""",
)


def _find(one: Governed) -> Iterator[Found]:
    if one.policy.allow_financial is not True:
        return
    flag = one.at("data_access", "allow_financial")
    for place, tool in one.allowed:
        if moves_money(tool) and one.outcome(tool) == "allow":
            entry = one.policy.positions("autonomous").get(tool.name)
            location = one.tool_at(place) if entry is None else one.tier_at("autonomous", entry)
            yield Found(
                f"{quoted(tool.name)} moves money{assumed(tool)} with nobody's consent, and allow_financial is true "
                f"({line_of(location, flag)}): a mistake is money gone. Put it under requires_human_review.",
                location,
                one.subject,
                f"Put {quoted(tool.name)} under decision_authority.requires_human_review.",
            )


RULE = LintRule("AG205", "autonomous tool that moves money", Severity.ERROR, ("03", "09"), PAGE, each(_find))
