"""AG603: a fallback that may do more than those it stands in for."""

from __future__ import annotations

from collections.abc import Iterator

from agentctl.governance.decide import decide
from agentctl.governance.rules.base import Corpus, Found, Governed, LintRule, Page
from agentctl.governance.rules.orchestrators import Orchestrator, orchestrators
from agentctl.governance.rules.wording import line_of, quoted
from agentctl.model.finding import Severity

PAGE = Page(
    why="""The fallback takes over when the others fail, and failing is something that an attacker can bring about. If the fallback
may do what none of the others may, making them fail is a way to more authority (ASI03 Identity & Privilege Abuse, ASI07 Insecure
Inter-Agent Communication).""",
    bad="""agent:
  name: search
  allowed_tools: [search_kb]
---
agent:
  name: general
  allowed_tools: [search_kb, send_email]
---
orchestrator:
  agents: [search, general]
  routes: {question: search}
  fallback_agent: general
""",
    good="""agent:
  name: search
  allowed_tools: [search_kb, create_ticket]
---
agent:
  name: general
  allowed_tools: [create_ticket]
---
orchestrator:
  agents: [search, general]
  routes: {question: search}
  fallback_agent: general
""",
    fix="Give the fallback no tool that the routed agents have not, at no looser a tier; a ticket for a person is enough.",
)
_RANK = {"deny": 0, "review": 1, "allow": 2}
_SAYS = {1: "held for review", 2: "without asking"}


def _find(corpus: Corpus) -> Iterator[Found]:
    for one in orchestrators(corpus):
        fallback = one.fallback
        # Where a routed agent has no document in the call, what it may do is not known, and nothing can be compared.
        routed = {lead.target for lead in one.leads if lead.kind == "route"} - (
            {fallback.target} if fallback else set()
        )
        if fallback is None or not routed or not all(name in corpus.agents for name in (fallback.target, *routed)):
            continue
        for governed in corpus.agents[fallback.target][:1]:
            more = list(_more(governed, [corpus.agents[name][0] for name in sorted(routed)]))
            if more:
                yield _found(one, governed, more)


def _more(fallback: Governed, others: list[Governed]) -> Iterator[str]:
    """What the fallback may do that none of the others may, each as a person would say it."""
    for _, tool in fallback.allowed:
        rank = _RANK[fallback.outcome(tool)]
        best = max(_RANK[decide(other.policy, tool.name).outcome] for other in others)
        if rank > best:
            yield f"call {quoted(tool.name)} {_SAYS[rank]}"
    for flag, says in (("allow_pii", "see personal data"), ("allow_financial", "see financial data")):
        if getattr(fallback.policy, flag) is True and all(getattr(other.policy, flag) is False for other in others):
            yield says


def _found(one: Orchestrator, fallback: Governed, more: list[str]) -> Found:
    location = one.at("fallback_agent")
    rest = f" and {len(more) - 3} more" if len(more) > 3 else ""
    return Found(
        f"the fallback {quoted(fallback.policy.name)} ({line_of(location, fallback.at('name'))}) may {', '.join(more[:3])}{rest}, which no "
        "agent it stands in for may: making those fail is a way to more authority. Take it from the fallback.",
        location,
        one.subject,
        "Give the fallback no more than the routed agents have.",
    )


RULE = LintRule(
    "AG603", "fallback with more authority than what it stands in for", Severity.WARNING, ("03", "07"), PAGE, _find
)
