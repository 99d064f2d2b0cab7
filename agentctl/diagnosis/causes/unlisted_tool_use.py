"""unlisted-tool-use: an agent calls a tool that its governance does not list."""

from __future__ import annotations

from collections import Counter, defaultdict

from agentctl.diagnosis.found import CauseType, Found
from agentctl.diagnosis.view import View
from agentctl.diagnosis.words import clock, count, some
from agentctl.model.finding import Remediation
from agentctl.runbook.steps.traces import span_agent, span_target

ID = "unlisted-tool-use"
# Ways to hand over to another agent, which frameworks call as if they were tools.
_HANDOVER = ("handoff", "hand_off", "transfer_to", "delegate_to", "route_to")


def find(view: View) -> list[Found]:
    """Calls of tools outside `allowed_tools`. A single one counts: an allowlist has no noise."""
    calls: dict[str, Counter[str]] = defaultdict(Counter)
    first: dict[tuple[str, str], float] = {}
    seen_in: dict[str, set[str]] = defaultdict(set)
    pods: dict[str, set[str]] = defaultdict(set)
    for (agent, pod, tool), minutes in view.tool_calls.items():
        if _unlisted(view, agent, tool):
            calls[agent][tool] += round(sum(minutes.values()))
            at = min(minutes) * 60.0
            first[agent, tool] = min(at, first.get((agent, tool), at))
            seen_in[agent].add("logs")
            pods[agent].add(pod)
    for span in view.spans:
        what, tool = span_target(span)
        agent = span_agent(span)
        if what == "tool" and _unlisted(view, agent, tool):
            if "logs" not in seen_in[agent]:
                calls[agent][tool] += 1
                first[agent, tool] = min(span.start, first.get((agent, tool), span.start))
            seen_in[agent].add("traces")
    return [_found(agent, calls[agent], first, seen_in[agent], pods[agent]) for agent in sorted(calls)]


def _unlisted(view: View, agent: str, tool: str) -> bool:
    policy = view.policy(agent)
    if policy is None or policy.allowed_tools is None or not tool:
        return False
    return tool not in policy.allowed_tools and not tool.startswith(_HANDOVER)


def _found(
    agent: str, calls: Counter[str], first: dict[tuple[str, str], float], seen_in: set[str], pods: set[str]
) -> Found:
    since = min(first[agent, tool] for tool in calls)
    since_known = since if since >= 0 else None
    total = sum(calls.values())
    return Found(
        ID,
        f"agent/{agent}",
        0.8 + min(total, 20) / 120,
        since_known,
        f"{agent} calls tools outside its allowlist: {some(calls)}",
        [
            f"{' and '.join(sorted(seen_in))}: {count(n, 'call')} of {tool}, the first at {clock(first[agent, tool] if first[agent, tool] >= 0 else None)}; it is not in allowed_tools"
            for tool, n in calls.most_common(3)
        ],
        Remediation(
            "Find out who gave it the tool: the allowlist was not enforced where the agent runs. Take the tool away, or list it knowingly.",
            f"agentctl policy can-i {calls.most_common(1)[0][0]} --agent {agent}",
        ),
        agents=frozenset({agent}),
        pods=frozenset(p for p in pods if p),
        subjects=(f"agent/{agent}", *(f"tool/{t}" for t in sorted(calls))),
        weight=float(total),
    )


PAGE = """An agent called a tool that its governance document does not list in `allowed_tools`.

Either the allowlist is not enforced where the agent runs, or the document in force is not the one that the agent loaded, or somebody made
the agent call it. Seen in: `TOOL_CALL:` lines and tool spans, against the document's allowlist. One call is enough.

What to do: find who registered the tool in that agent, and since when; take it away, or list it knowingly and give it a rate limit and a
tier; `agentctl audit` tells what was done with it.
"""
CAUSE = CauseType(ID, "a tool outside the allowlist is used", frozenset({"errors", "tools"}), find, PAGE)
