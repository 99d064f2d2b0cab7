"""provider-outage: a model provider answers 5xx or 529, or cannot be reached."""

from __future__ import annotations

from agentctl.analysis.symptoms import DOWN
from agentctl.diagnosis.found import CauseType, Found
from agentctl.diagnosis.provider_failing import Rule, provider_cause, stretches
from agentctl.diagnosis.view import View
from agentctl.model.finding import Remediation

RULE = Rule("provider-outage", DOWN, 10, 0.15, 0.03, 0.2, 0.6)


def find(view: View) -> list[Found]:
    """Model calls that fail on the provider's side, well beyond a single retry."""
    advice = Remediation(
        "Look at the provider's status page; fall back to another model where the governance allows it.",
        "agentctl diagnose errors",
    )
    return [
        provider_cause(RULE, p, s, f"{p} fails or cannot be reached", advice) for p, s in stretches(view, RULE).items()
    ]


PAGE = """A model provider does not answer as it should: 500, 503, 529 (overloaded), time-outs, or no connection at all.

Seen in: failed attempts with the SDK's words (overloaded_error, api_error, APIConnectionError, ServiceUnavailable) at several agents that
share the provider, while agents of another provider go on.

What to do: look at the provider's status page; fall back to another model or provider where the governance allows it; let retries back
off, so that they do not make it worse.
"""
CAUSE = CauseType(RULE.id, "a model provider is down", frozenset({"errors"}), find, PAGE)
