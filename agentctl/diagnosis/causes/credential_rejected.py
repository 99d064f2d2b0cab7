"""credential-rejected: a provider refuses the key, of everybody or of one agent."""

from __future__ import annotations

from agentctl.analysis.symptoms import CREDENTIAL
from agentctl.diagnosis.failing import Failing
from agentctl.diagnosis.found import CauseType, Found
from agentctl.diagnosis.provider_failing import Rule, provider_cause, stretches
from agentctl.diagnosis.view import View
from agentctl.diagnosis.words import some
from agentctl.model.finding import Remediation

RULE = Rule("credential-rejected", frozenset({CREDENTIAL}), 3, 0.05, 0.005, 0.15, 0.7, certain=True)
# Up to so many agents, each is named with its own key; beyond, it is the provider's account.
FEW = 3


def find(view: View) -> list[Found]:
    """401 and 403 of a provider. The subject is the provider, or the agents where others of the same provider go on working."""
    out = []
    for provider, stretch in stretches(view, RULE).items():
        others = _working(view, provider, stretch)
        if others and len(stretch.agents) <= FEW:
            for agent in sorted(stretch.agents):
                found = provider_cause(
                    RULE, provider, stretch, f"{provider} refuses the key of {agent}", _advice(agent)
                )
                found.subject, found.subjects = f"agent/{agent}", (f"agent/{agent}", f"provider/{provider}")
                found.evidence.append(f"logs: the same provider answers {some(others)}")
                found.agents = frozenset({agent})
                out.append(found)
        else:
            found = provider_cause(RULE, provider, stretch, f"{provider} refuses the key", _advice("these agents"))
            if len(stretch.agents) <= FEW:
                found.subjects = (found.subject, *(f"agent/{agent}" for agent in sorted(stretch.agents)))
            out.append(found)
    return out


def _working(view: View, provider: str, stretch: Failing) -> list[str]:
    """Agents of the same provider whose model calls go through while others are refused."""
    episode = stretch.episode
    out = set()
    for (agent, _), minutes in view.llm_calls.items():
        if agent in stretch.agents or view.providers.get(agent) != provider:
            continue
        if sum(v for m, v in minutes.items() if episode.start < m <= episode.end or m == episode.start < 0) >= 2:
            out.add(agent)
    for agent, models in view.meters.cost.items():
        others = agent not in stretch.agents and view.providers.get(agent) == provider and not view.has_logs
        if others and any(v > 0 for minutes in models.values() for m, v in minutes.items() if m > episode.start):
            out.add(agent)
    return sorted(out)


def _advice(whose: str) -> Remediation:
    return Remediation(
        f"Check the key of {whose}: expired, revoked, of another project, or the secret was not mounted.",
        "agentctl diagnose quota",
    )


PAGE = """A model provider refuses the key: 401 or 403, “invalid x-api-key”, “Incorrect API key provided”, “API key not valid”.

The subject is the provider when everybody who uses it is refused (the shared key was revoked or has expired), and the agent when only its
key is refused while others of the same provider go on.

What to do: check the secret that the pods mount, when it was changed last, and the key's state in the provider's console; restart the
pods after the secret is mended, since most read it only once.
"""
CAUSE = CauseType(RULE.id, "a key is refused", frozenset({"errors", "quota"}), find, PAGE)
