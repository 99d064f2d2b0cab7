"""AG101: an authority entry that decides nothing, because it names no tool."""

from __future__ import annotations

from collections.abc import Iterator

from agentctl.governance.rules.base import Found, Governed, LintRule, Page, each
from agentctl.governance.rules.wording import is_wildcard, quoted
from agentctl.model.finding import Severity

GATES = ("requires_human_review", "autonomous")

PAGE = Page(
    why="""Decisions are made when a tool is called, and names are compared exactly. An entry under `autonomous` or
`requires_human_review` that is no allowed tool, and that no tool carries as one of its `actions`, is never looked up: the
document reads as if it held something, and holds nothing. A person who reviews it trusts a gate that is not there
(ASI02 Tool Misuse).""",
    bad="""agent:
  name: support
  allowed_tools: [create_ticket]
  decision_authority:
    requires_human_review: [open_support_case]
""",
    good="""agent:
  name: support
  allowed_tools: [create_ticket]
  tools:
    create_ticket: {actions: [open_support_case]}
  decision_authority:
    requires_human_review: [open_support_case]
""",
    fix="""Write the name of the allowed tool, or tie the decision to the tool that carries it out:
`agent.tools.TOOL.actions: [the_decision]`. Remove the entry if no tool can do it any more.""",
)


def unmatched(one: Governed) -> Iterator[tuple[str, int, str]]:
    """(tier, position, name) of the entries that no allowed tool and no tied action answers to.

    An autonomous wildcard is left to AG110, which says all there is to say about it.
    """
    allowed = one.policy.positions("allowed_tools")
    for tier in GATES:
        for place, name in one.tier(tier):
            wild = tier == "autonomous" and is_wildcard(name)
            if name not in allowed and name not in one.tied and not wild:
                yield tier, place, name


def _find(one: Governed) -> Iterator[Found]:
    elsewhere = {action: tool.name for tool in one.policy.tools.values() if not tool.allowed for action in tool.actions}
    for tier, place, name in unmatched(one):
        lost = "" if name not in elsewhere else f" (it is an action of {quoted(elsewhere[name])}, which is not allowed)"
        yield Found(
            f"{quoted(name)} under {tier} is no allowed tool, and no tool's actions tie it to one{lost}: this entry decides "
            "nothing. Name the allowed tool, or tie it with agent.tools.TOOL.actions.",
            one.tier_at(tier, place),
            one.subject,
            "Name the allowed tool here, or write the entry under agent.tools.TOOL.actions.",
        )


RULE = LintRule("AG101", "authority entry that names no tool", Severity.WARNING, ("02",), PAGE, each(_find))
