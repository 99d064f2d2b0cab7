"""AG103: an authority entry that looks like an allowed tool and is none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from agentctl.governance.rules.ag101_unmatched_authority import unmatched
from agentctl.governance.rules.base import Found, Governed, LintRule, Page, each
from agentctl.governance.rules.wording import line_of, quoted, shown
from agentctl.model.finding import Severity

PAGE = Page(
    why="""Names are compared exactly, so an entry that says almost what a tool is called says nothing about that tool. Such
entries are written with one tool in mind and survive every review, because a reader sees what was meant (ASI02 Tool
Misuse).""",
    bad="""agent:
  name: support
  allowed_tools: [search_kb]
  decision_authority:
    autonomous: [search_knowledge_base]
""",
    good="""agent:
  name: support
  allowed_tools: [search_kb]
  decision_authority:
    autonomous: [search_kb]
""",
    fix="""Write the tool's own name, or keep the entry and tie it: `agent.tools.search_kb.actions: [search_knowledge_base]`.
`agentctl validate --fix` offers the tie and applies it only when told to, since it changes what the document means.""",
)


class NearMiss(NamedTuple):
    """An entry of a tier, and the allowed tool that it may mean."""

    tier: str
    place: int
    entry: str
    tool: str


def near_misses(one: Governed) -> Iterator[NearMiss]:
    """The unmatched entries that look like an allowed tool."""
    for tier, place, name in unmatched(one):
        # A review entry that goes on from a tool's name is a gate that cannot close, which AG104 tells.
        if tier == "requires_human_review" and one.similar.begun(name):
            continue
        tool = one.similar.near_miss(name)
        if tool is not None:
            yield NearMiss(tier, place, name, tool)


def _find(one: Governed) -> Iterator[Found]:
    for miss in near_misses(one):
        location = one.tier_at(miss.tier, miss.place)
        other = one.tool_at(one.policy.positions("allowed_tools")[miss.tool])
        yield Found(
            f"{quoted(miss.entry)} looks like the allowed tool {quoted(miss.tool)} ({line_of(location, other)}), but names are "
            f"compared exactly: did you mean {quoted(miss.tool)}?",
            location,
            one.subject,
            f"Write {quoted(miss.tool)} here, or tie the two: agent.tools.{shown(miss.tool)}.actions: [{shown(miss.entry)}].",
        )


RULE = LintRule(
    "AG103", "authority entry that looks like an allowed tool", Severity.WARNING, ("02",), PAGE, each(_find)
)
