"""provider-rate-limit: a model provider answers 429."""

from __future__ import annotations

from agentctl.analysis.symptoms import RATE_LIMIT
from agentctl.diagnosis.found import CauseType, Found
from agentctl.diagnosis.provider_failing import Rule, provider_cause, stretches
from agentctl.diagnosis.view import View
from agentctl.model.finding import Remediation

# A provider may refuse a call now and then, and the retry heals it; one call in twenty is another matter.
RULE = Rule("provider-rate-limit", frozenset({RATE_LIMIT}), 8, 0.08, 0.02, 0.12, 0.6, certain=True)


def find(view: View) -> list[Found]:
    """429s that are more than a retry now and then; what the provider's headers say remains is added."""
    out = []
    for provider, stretch in stretches(view, RULE).items():
        advice = Remediation(
            "Spread the load over time or over models, shorten prompts, or ask the provider for a higher limit.",
            "agentctl diagnose rate-limits",
        )
        found = provider_cause(RULE, provider, stretch, f"{provider} refuses calls for their rate (429)", advice)
        _add_quota(view, provider, found)
        out.append(found)
    return out


def _add_quota(view: View, provider: str, found: Found) -> None:
    for reading in view.quota:
        for limit in reading.limits if reading.provider == provider else ():
            if (
                limit.limit
                and limit.remaining is not None
                and limit.remaining <= 0.05 * limit.limit
                and "per_minute" in limit.type
            ):
                found.evidence.append(
                    f"quota ({reading.source}): {limit.remaining:g} of {limit.limit:g} {limit.type} remain for {limit.model or 'all models'}"
                )
                found.strength += 0.05


PAGE = """A model provider refuses calls because too many came in a minute: requests, input tokens or output tokens (HTTP 429).

This is the provider's limit. It is told apart from a limit of the governance document (governance-limit-reached: the agent refuses
itself), from a spent quota (provider-quota-exhausted: waiting a minute does not help), and from a tool's own limit (tool-outage).

What to do: see which agents call most (`agentctl cost top`), honour `retry-after`, spread batch work, shorten prompts, cache, or ask for
a higher limit.
"""
CAUSE = CauseType(
    RULE.id, "a provider's rate limit is reached", frozenset({"errors", "rate-limits", "quota"}), find, PAGE
)
