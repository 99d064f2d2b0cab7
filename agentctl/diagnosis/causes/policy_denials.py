"""policy-denials: an agent keeps trying what its policy refuses."""

from __future__ import annotations

import re
from collections import defaultdict

from agentctl.diagnosis.found import CauseType, Found
from agentctl.diagnosis.timeline import ByMinute, add_up, episode
from agentctl.diagnosis.view import View
from agentctl.diagnosis.words import clock, count, percent, quote
from agentctl.model.finding import Remediation

ID = "policy-denials"
MIN_HITS, MIN_RATIO = 8, 0.08
# A spent budget is a limit that was reached, not a refusal of what was asked for.
_LIMIT = re.compile(r"budget|rate limit|max_[a-z_]+(?:_usd|_per_)", re.IGNORECASE)


def find(view: View) -> list[Found]:
    """Refusals (`BLOCKED: …`) that make up a good part of what the agent tries."""
    if view.digest is None:
        return []
    hits: dict[str, list[ByMinute]] = defaultdict(list)
    samples: dict[str, list[str]] = defaultdict(list)
    for group in view.digest.blocked:
        if _LIMIT.search(group.sample.message):
            continue
        for (agent, _), minutes in group.cells.items():
            hits[agent].append({m: float(n) for m, n in minutes.items()})
            samples[agent].append(group.sample.message)
    return [
        found
        for agent in sorted(hits)
        if (found := _judge(view, agent, add_up(hits[agent]), samples[agent])) is not None
    ]


def _judge(view: View, agent: str, hits: ByMinute, samples: list[str]) -> Found | None:
    calls = add_up(minutes for (a, _, _), minutes in view.tool_calls.items() if a == agent)
    if not calls:
        calls = add_up(
            {m: n / 4 for m, n in minutes.items()} for (a, _), minutes in view.activity.items() if a == agent
        )
    stretch = episode(hits, add_up((calls, hits)), 0.03, 0.2)
    # In a small fleet few refusals are many, as long as they are a good part of what is tried.
    if (
        stretch is None
        or stretch.ratio < MIN_RATIO
        or stretch.hits < (MIN_HITS if stretch.ratio < 0.3 else MIN_HITS / 2)
    ):
        return None
    return Found(
        ID,
        f"agent/{agent}",
        0.65 + min(stretch.hits, 60) / 300 + min(stretch.ratio, 0.8) / 8,
        stretch.since,
        f"{agent} keeps trying what its policy refuses",
        [
            f"logs: {count(stretch.hits, 'refusal')}, {percent(stretch.ratio)} of what {agent} tried since {clock(stretch.since)} ({percent(stretch.ratio_outside)} at other times)",
            *(f"logs: {quote(sample)}" for sample in samples[:2]),
        ],
        Remediation(
            "Either the agent's prompt asks for what it may not do, or the governance document is too narrow: settle which.",
            f"agentctl policy show --agent {agent}",
        ),
        until=stretch.end * 60.0,
        agents=frozenset({agent}),
        weight=stretch.hits,
    )


PAGE = """An agent keeps trying what its governance refuses: PII without the flag, a forbidden action, a tool outside its allowlist.

The policy did its work; still it is an incident: the agent spends money on attempts that cannot succeed, its tasks stay undone, and a
prompt injection looks just like this. Seen in: `BLOCKED: …` lines, as a share of what the agent tries.

What to do: read what was refused and in which runs; mend the prompt if it asks for it, or the governance document if the work needs it
(`agentctl policy can-i TOOL --agent A` names the line that decides).
"""
CAUSE = CauseType(ID, "the policy refuses an agent again and again", frozenset({"errors"}), find, PAGE)
