"""governance-limit-reached: an agent uses up a rate limit or a budget of its governance document."""

from __future__ import annotations

import re
from collections import defaultdict

from agentctl.analysis.symptoms import OWN_LIMIT
from agentctl.diagnosis.found import CauseType, Found
from agentctl.diagnosis.timeline import ByMinute, add_up, episode
from agentctl.diagnosis.view import View
from agentctl.diagnosis.words import clock, count, percent, quote, some
from agentctl.governance.policy import RateLimit
from agentctl.model.finding import Remediation

ID = "governance-limit-reached"
MIN_HITS, MIN_RATIO = 5, 0.03
_SPENT = re.compile(r"budget|max_daily_spend|max_cost_per_run", re.IGNORECASE)


def find(view: View) -> list[Found]:
    """Refusals by the agents' own limits; the calls counted against each limit are added where the logs have them."""
    hits: dict[str, list[ByMinute]] = defaultdict(list)
    samples: dict[str, list[str]] = defaultdict(list)
    nouns: dict[str, set[str]] = defaultdict(set)
    for failure in view.failures:
        if failure.symptom.kind != OWN_LIMIT:
            continue
        for (agent, _), minutes in failure.cells.items():
            hits[agent].append({m: float(n) for m, n in minutes.items()})
            samples[agent] += failure.samples
            nouns[agent].add(failure.symptom.limit_noun)
    for group in view.digest.blocked if view.digest else ():
        if _SPENT.search(group.sample.message) or "rate limit" in group.sample.message.lower():
            for (agent, _), minutes in group.cells.items():
                hits[agent].append({m: float(n) for m, n in minutes.items()})
                samples[agent].append(group.sample.message)
    return [
        f
        for agent in sorted(hits)
        if (f := _judge(view, agent, add_up(hits[agent]), samples[agent], nouns[agent])) is not None
    ]


def _judge(view: View, agent: str, hits: ByMinute, samples: list[str], nouns: set[str]) -> Found | None:
    work = add_up(m for (a, _), m in view.llm_calls.items() if a == agent) or add_up(
        {m: n / 4 for m, n in minutes.items()} for (a, _), minutes in view.activity.items() if a == agent
    )
    stretch = episode(hits, add_up((work, hits)), 0.01, 0.1)
    if stretch is None or stretch.hits < MIN_HITS or stretch.ratio < MIN_RATIO:
        return None
    limits = _limits(view, agent, nouns)
    evidence = [
        f"logs: {count(stretch.hits, 'refusal')} by the agent's own limit since {clock(stretch.since)}, {percent(stretch.ratio)} of its work",
        *(f"logs: {quote(sample)}" for sample in samples[:2]),
        *(
            f"governance: {limit.name}: {limit.limit:g}; most calls in such a window: {_most(view, agent, limit)}"
            for limit in limits[:2]
        ),
    ]
    return Found(
        ID,
        f"agent/{agent}",
        0.65 + min(stretch.hits, 50) / 250 + (0.1 if limits else 0.0),
        stretch.since,
        f"{agent} has used up {some(x.name for x in limits) if limits else 'a limit of its governance document'}",
        evidence,
        Remediation(
            "Either something drives the agent beyond its usual work, or the limit is too low for it: settle which before raising it.",
            f"agentctl policy show --agent {agent}",
        ),
        until=stretch.end * 60.0,
        agents=frozenset({agent}),
        weight=stretch.hits,
    )


def _limits(view: View, agent: str, nouns: set[str]) -> list[RateLimit]:
    policy = view.policy(agent)
    return [x for x in policy.rate_limits if x.noun in nouns] if policy else []


def _most(view: View, agent: str, limit: RateLimit) -> str:
    """The most calls that any window of the limit's length holds."""
    calls = add_up(minutes for (a, _, tool), minutes in view.tool_calls.items() if a == agent and tool in limit.tools)
    width = max(1, limit.seconds // 60)
    most = max((sum(calls.get(m + i, 0.0) for i in range(width)) for m in calls), default=0.0)
    return f"{most:.0f}"


PAGE = """An agent has used up a limit of its own governance document: `max_<noun>_per_<unit>`, the daily budget, the cost of a run.

The agent refuses itself (“Rate limit exceeded: 5 tickets in last hour”). It is not the provider's limit (provider-rate-limit) and not
`max_concurrent_runs` (saturation).

What to do: see whether something drives the agent beyond its usual work (a loop, a surge); if not, the limit is too low for the work:
raise it knowingly, and let `agentctl policy diff` show what that widens.
"""
CAUSE = CauseType(ID, "a limit of the governance document is reached", frozenset({"errors", "rate-limits"}), find, PAGE)
