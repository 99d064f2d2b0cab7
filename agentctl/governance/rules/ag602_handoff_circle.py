"""AG602: agents that hand a task round for ever."""

from __future__ import annotations

from collections.abc import Iterator

from agentctl.governance.rules.base import Corpus, Found, LintRule, Page
from agentctl.governance.rules.orchestrators import Lead, orchestrators
from agentctl.governance.rules.wording import quoted
from agentctl.model.finding import Severity

PAGE = Page(
    why="""Agents that hand over to each other in a circle, with nothing that counts the hops, pass one task round until the budget
is gone; each of them works as designed (ASI08 Cascading Failures).""",
    bad="""orchestrator:
  agents: [triage, billing]
  routes: {invoice: triage}
  handoffs:
    triage: [billing]
    billing: [triage]
""",
    good="""orchestrator:
  agents: [triage, billing]
  routes: {invoice: triage}
  max_agent_hops: 5
  handoffs:
    triage: [billing]
    billing: [triage]
""",
    fix="Set max_agent_hops (5 is plenty for most), or take one hand-off out of the circle.",
)


def _find(corpus: Corpus) -> Iterator[Found]:
    for one in orchestrators(corpus):
        hops = one.data.get("max_agent_hops")
        if isinstance(hops, int | float) and not isinstance(hops, bool) and 0 < hops < float("inf"):
            continue
        for closing, circle in _circles(one.handoffs()):
            shown = [quoted(name) for name in (circle if len(circle) < 8 else [*circle[:6], "…", circle[-1]])]
            yield Found(
                f"the hand-offs form a circle, {' → '.join(shown)}, and no max_agent_hops ends it: a task can go round until the "
                "budget is gone. Set max_agent_hops.",
                one.at(*closing.path),
                one.subject,
                "Set orchestrator.max_agent_hops, or take one hand-off out of the circle.",
            )


def _circles(edges: dict[str, list[Lead]]) -> Iterator[tuple[Lead, list[str]]]:
    """Hand-offs that lead back to where the walk came from, each with the circle it closes; one a circle of agents at least.

    A depth-first walk without recursion: documents may be long.
    """
    done: set[str] = set()
    for start in edges:
        if start in done:
            continue
        path, position = [start], {start: 0}
        walks = [iter(edges.get(start, ()))]
        while walks:
            lead = next(walks[-1], None)
            if lead is None:
                walks.pop()
                name = path.pop()
                del position[name]
                done.add(name)
            elif lead.target in position:
                yield lead, [*path[position[lead.target] :], lead.target]
            elif lead.target not in done:
                position[lead.target] = len(path)
                path.append(lead.target)
                walks.append(iter(edges.get(lead.target, ())))


RULE = LintRule("AG602", "hand-offs in a circle with no hop limit", Severity.ERROR, ("08",), PAGE, _find)
