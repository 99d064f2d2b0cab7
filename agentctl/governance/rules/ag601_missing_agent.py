"""AG601: a route into nothing."""

from __future__ import annotations

from collections.abc import Iterator

from agentctl.governance.rules.base import Corpus, Found, LintRule, Page
from agentctl.governance.rules.orchestrators import Lead, Orchestrator, orchestrators
from agentctl.governance.rules.similar import Similar
from agentctl.governance.rules.wording import quoted
from agentctl.model.finding import Severity

PAGE = Page(
    why="""A route, fallback or hand-off that leads to an agent that does not exist fails when it is needed: the fallback on the
day when everything else has failed (ASI07 Insecure Inter-Agent Communication, ASI08 Cascading Failures). An agent exists if
`orchestrator.agents` or a governance document of the same call names it; a hand-over to people is an agent too, and is listed
like one.""",
    bad="""orchestrator:
  agents: [search_agent, triage_agent]
  routes: {question: search_agent, incident: triage_agent}
  max_agent_hops: 5
  fallback_agent: human_handoff
""",
    good="""orchestrator:
  agents: [search_agent, triage_agent, human_handoff]
  routes: {question: search_agent, incident: triage_agent}
  max_agent_hops: 5
  fallback_agent: human_handoff
""",
    fix="""Add the agent to orchestrator.agents, give its governance document in the same call, or correct the name. The name of the
setting, `fallback_agent`, is not the agent that it holds.""",
)


def _find(corpus: Corpus) -> Iterator[Found]:
    for one in orchestrators(corpus):
        known = {name for name, _ in one.agents} | corpus.agents.keys()
        similar: Similar | None = None
        for lead in one.leads:
            if lead.target in known:
                continue
            similar = similar or Similar(sorted(known))
            hint = _hint(one, lead, similar)
            what = {"route": f"the route {quoted(lead.source)}", "fallback": "the fallback"}.get(
                lead.kind, f"the hand-off from {quoted(lead.source)}"
            )
            yield Found(
                f"{what} leads to {quoted(lead.target)}, an agent that does not exist: neither orchestrator.agents nor a governance "
                f"document of this call names it.{hint}",
                one.at(*lead.path),
                one.subject,
                f"Add {quoted(lead.target)} to orchestrator.agents, or correct the name.",
            )


def _hint(one: Orchestrator, lead: Lead, similar: Similar) -> str:
    fallback = one.fallback
    if lead.target == "fallback_agent" and fallback and fallback.target != "fallback_agent":
        return f" `fallback_agent` is the setting's name; did you mean the agent in it, {quoted(fallback.target)}?"
    near = similar.closest(lead.target)
    return f" Did you mean {quoted(near)}?" if near else " Add it, or correct the name."


RULE = LintRule("AG601", "route or fallback to an agent that does not exist", Severity.ERROR, ("07", "08"), PAGE, _find)
