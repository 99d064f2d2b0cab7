"""AG403: an alert threshold that is no share."""

from __future__ import annotations

from collections.abc import Iterator

from agentctl.governance.rules.base import Found, Governed, LintRule, Page, each
from agentctl.model.finding import Severity

PAGE = Page(
    why="""`alert_on_threshold` is the share of the daily budget at which somebody is told: 0.8 is 80 %. Above 1 the alert comes
after the money is gone, or never (ASI10 Rogue Agents).""",
    bad="""agent:
  name: support
  cost_controls: {max_daily_spend_usd: 50.00, alert_on_threshold: 80}
""",
    good="""agent:
  name: support
  cost_controls: {max_daily_spend_usd: 50.00, alert_on_threshold: 0.8}
""",
    fix="Write a share between 0 and 1.",
)


def _find(one: Governed) -> Iterator[Found]:
    share = one.policy.alert_on_threshold
    if share is None or 0 <= share <= 1:
        return
    meant = f"did you mean {share / 100:g}?" if 1 < share <= 100 else "write a share of the daily budget, such as 0.8."
    yield Found(
        f"alert_on_threshold is {share:g}, but it is a share between 0 and 1, so this alert comes too late or never: {meant}",
        one.at("cost_controls", "alert_on_threshold"),
        one.subject,
        "Write a share between 0 and 1, such as 0.8 for 80 %.",
    )


RULE = LintRule("AG403", "alert threshold outside 0 to 1", Severity.ERROR, ("10",), PAGE, each(_find))
