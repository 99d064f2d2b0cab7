"""AG108: a number in the name of a decision, which nobody compares with anything."""

from __future__ import annotations

from collections.abc import Iterator

from agentctl.governance.names import words
from agentctl.governance.policy import TIERS
from agentctl.governance.rules.base import Found, Governed, LintRule, Page, each
from agentctl.governance.rules.wording import quoted
from agentctl.model.finding import Severity

PAGE = Page(
    why="""`approve_refunds_over_500` reads like a limit of $500. But a name is all that is compared: no gate looks at the
amount, so a refund of $501 and one of $5 are the same call (ASI02 Tool Misuse).""",
    bad="""agent:
  name: refunds
  allowed_tools: [issue_refund]
  decision_authority:
    forbidden: [approve_refunds_over_500]
""",
    good="""agent:
  name: refunds
  allowed_tools: [issue_small_refund]
  tools:
    issue_small_refund: {description: "refuses amounts over 500 USD itself", effects: [write, financial]}
  decision_authority:
    requires_human_review: [issue_small_refund]
""",
    fix="""Let the tool enforce the amount and give the cases tools of their own (`issue_small_refund`, `issue_large_refund`), one
autonomous and one held for review. Or hold every call for review.""",
)
_BEFORE = frozenset(
    "over above under below exceeding beyond than least most upto max min maximum minimum gt lt gte lte within".split()
)
_AFTER = frozenset("usd eur gbp dollar dollars euro euros percent plus".split())


def _find(one: Governed) -> Iterator[Found]:
    allowed = one.policy.positions("allowed_tools")
    for tier in TIERS:
        for place, name in one.tier(tier):
            number = _threshold(name)
            if number and name not in allowed:
                yield Found(
                    f"{quoted(name)} hides the threshold {number} in its name: names are all that is compared, so nothing can "
                    "enforce it. Let the tool check the amount, and give the cases above and below it tools of their own.",
                    one.tier_at(tier, place),
                    one.subject,
                    "Let the tool itself refuse what is over the threshold, or hold all of its calls for review.",
                )


def _threshold(name: str) -> str:
    parts = words(name[:200])
    for i, word in enumerate(parts):
        upto = parts[i - 2 : i] == ("up", "to")
        if word.isdigit() and (
            (parts[i - 1 : i] and parts[i - 1] in _BEFORE) or upto or (parts[i + 1 : i + 2] and parts[i + 1] in _AFTER)
        ):
            return word
    return ""


RULE = LintRule("AG108", "threshold hidden in a name", Severity.WARNING, ("02",), PAGE, each(_find))
