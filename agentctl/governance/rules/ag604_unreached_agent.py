"""AG604: an agent that no task ever comes to."""

from __future__ import annotations

from collections.abc import Iterator

from agentctl.governance.rules.base import Corpus, Found, LintRule, Page
from agentctl.governance.rules.orchestrators import Orchestrator, orchestrators
from agentctl.governance.rules.wording import quoted
from agentctl.model.finding import Severity

PAGE = Page(
    why="""An agent that no route, fallback or hand-off leads to still runs, holds its keys and its tools, and nobody looks at it:
the best place for something that should not be there (ASI10 Rogue Agents).""",
    bad="""orchestrator:
  agents: [search, triage, old_triage]
  routes: {question: search, incident: triage}
  fallback_agent: search
""",
    good="""orchestrator:
  agents: [search, triage]
  routes: {question: search, incident: triage}
  fallback_agent: search
""",
    fix="Route something to the agent, or take it out and shut it down.",
)


def _find(corpus: Corpus) -> Iterator[Found]:
    for one in orchestrators(corpus):
        if not any(lead.kind == "route" for lead in one.leads):
            continue  # how tasks are routed is not described here
        reached = _reached(one)
        for name, path in one.agents:
            if name not in reached:
                yield Found(
                    f"no route, fallback or hand-off reaches {quoted(name)}: it runs and holds its tools, and nobody looks at it. Route "
                    "something to it, or take it out.",
                    one.at(*path, key="agents" in path and isinstance(one.data.get("agents"), dict)),
                    one.subject,
                    f"Route something to {quoted(name)}, or take it out of orchestrator.agents.",
                )


def _reached(one: Orchestrator) -> set[str]:
    """The agents that a route or the fallback leads to, and those that they hand over to."""
    handoffs = one.handoffs()
    reached = {lead.target for lead in one.leads if lead.kind != "hand-off"}
    # The agent in front gets the tasks first, whether or not a route names it.
    ahead = sorted(reached)
    while ahead:
        for lead in handoffs.get(ahead.pop(), ()):
            if lead.target not in reached:
                reached.add(lead.target)
                ahead.append(lead.target)
    return reached


RULE = LintRule("AG604", "agent that no route reaches", Severity.WARNING, ("10",), PAGE, _find)
