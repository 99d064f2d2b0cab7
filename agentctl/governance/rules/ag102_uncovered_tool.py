"""AG102: an allowed tool on which no authority entry decides."""

from __future__ import annotations

from collections.abc import Iterator

from agentctl.governance.rules.base import Found, Governed, LintRule, Page, each
from agentctl.governance.rules.wording import quoted
from agentctl.model.finding import Severity

PAGE = Page(
    why="""A document with a `decision_authority` promises that somebody thought about each tool. A tool that no tier names
runs on the default, and nobody can tell from the document whether that was meant (ASI02 Tool Misuse, ASI03 Identity &
Privilege Abuse). A written `default: review` or `default: deny` is such a decision, and ends this warning.""",
    bad="""agent:
  name: support
  allowed_tools: [search_kb, create_ticket]
  decision_authority:
    autonomous: [search_kb]
""",
    good="""agent:
  name: support
  allowed_tools: [search_kb, create_ticket]
  decision_authority:
    autonomous: [search_kb]
    requires_human_review: [create_ticket]
""",
    fix="""Put the tool (or an action that its `actions` list) under autonomous, requires_human_review or forbidden, or write
`decision_authority.default: review`.""",
)
_DEFAULTS = {
    "allow": "it runs on the default, which allows it without asking anybody",
    None: "it runs on the default, which is review as none is written",
}


def _find(one: Governed) -> Iterator[Found]:
    default = one.policy.default_decision
    if not one.policy.has_authority or default not in _DEFAULTS:
        return
    for place, tool in one.allowed:
        if one.tier_of(tool) is None:
            yield Found(
                f"{quoted(tool.name)} is allowed, but no authority entry covers it: {_DEFAULTS[default]}. Name it under "
                "autonomous, requires_human_review or forbidden.",
                one.tool_at(place),
                one.subject,
                f"Put {quoted(tool.name)} into a tier of decision_authority, or write decision_authority.default: review.",
            )


RULE = LintRule(
    "AG102", "allowed tool that no authority entry covers", Severity.WARNING, ("02", "03"), PAGE, each(_find)
)
