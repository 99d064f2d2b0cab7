"""provider-quota-exhausted: the account's quota or credit is spent."""

from __future__ import annotations

from agentctl.analysis.symptoms import QUOTA
from agentctl.diagnosis.found import CauseType, Found
from agentctl.diagnosis.provider_failing import Rule, provider_cause, stretches
from agentctl.diagnosis.view import View
from agentctl.diagnosis.words import clock
from agentctl.model.finding import Remediation

# No healthy fleet is told that its credit is used up.
RULE = Rule("provider-quota-exhausted", frozenset({QUOTA}), 3, 0.05, 0.005, 0.15, 0.7, certain=True)
_ADVICE = Remediation(
    "Add credit or raise the account's limit with the provider; until then every call fails.", "agentctl diagnose quota"
)


def find(view: View) -> list[Found]:
    """Calls that are refused because the quota is spent; else a quota reading with nothing left that is no limit per minute."""
    out = [provider_cause(RULE, p, s, f"the quota of {p} is spent", _ADVICE) for p, s in stretches(view, RULE).items()]
    known = {f.name for f in out}
    for reading in view.quota:
        spent = [
            x
            for x in reading.limits
            if x.remaining is not None and x.remaining <= 0 and (x.limit or 0) > 0 and _lasting(x.type)
        ]
        if not spent:
            continue
        said = f"quota ({reading.source}): nothing remains of {spent[0].type} ({spent[0].limit:g}); reset {spent[0].reset or 'unknown'}"
        if reading.provider in known:
            found = next(f for f in out if f.name == reading.provider)
            found.evidence.append(said)
            found.strength += 0.08
        else:
            agents = frozenset(a for a, p in view.providers.items() if p == reading.provider)
            out.append(
                Found(
                    RULE.id,
                    f"provider/{reading.provider}",
                    0.75,
                    reading.at,
                    f"the quota of {reading.provider} is spent (read at {clock(reading.at)})",
                    [said],
                    _ADVICE,
                    agents=agents,
                )
            )
    return out


def _lasting(kind: str) -> bool:
    """A limit a minute refills by itself; a limit a day, a month or of money does not."""
    return not any(word in kind.lower() for word in ("minute", "second", "concurrent"))


PAGE = """The account's quota with a model provider is spent: the monthly limit, the credit balance, the spending cap.

Every call fails until somebody pays or raises the limit; waiting and retrying do not help. Providers say it with 400, 402 or 429 and
words like insufficient_quota or “credit balance is too low”, which is how it is told from a rate limit.

What to do: add credit or raise the cap with the provider; see who spent it (`agentctl cost top --since 7d`).
"""
CAUSE = CauseType(RULE.id, "a provider's quota is spent", frozenset({"errors", "quota", "rate-limits"}), find, PAGE)
