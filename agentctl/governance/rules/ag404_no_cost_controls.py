"""AG404: an agent that may spend without end, or without anybody being told."""

from __future__ import annotations

from collections.abc import Iterator

from agentctl.governance.rules.base import Found, Governed, LintRule, Page, each
from agentctl.model.finding import Severity

PAGE = Page(
    why="""Model calls cost money, and a loop costs it fast. Without a cap nothing stops it; without an alert threshold the first
to know is the invoice (ASI08 Cascading Failures).""",
    bad="""agent:
  name: support
  allowed_tools: [search_kb]
""",
    good="""agent:
  name: support
  allowed_tools: [search_kb]
  cost_controls: {max_daily_spend_usd: 50.00, max_cost_per_run_usd: 2.00, alert_on_threshold: 0.8}
""",
    fix="Add cost_controls with max_daily_spend_usd, max_cost_per_run_usd and alert_on_threshold.",
)


def _find(one: Governed) -> Iterator[Found]:
    policy = one.policy
    written = isinstance(one.document.get("agent", "cost_controls"), dict)
    location = one.at("cost_controls", key=True) if written else one.at(key=True)
    if policy.max_daily_spend_usd is None and policy.max_cost_per_run_usd is None:
        yield Found(
            "no cost controls: nothing stops this agent from spending. Add cost_controls with max_daily_spend_usd, "
            "max_cost_per_run_usd and alert_on_threshold.",
            location,
            one.subject,
            "Add cost_controls: {max_daily_spend_usd: …, max_cost_per_run_usd: …, alert_on_threshold: 0.8}.",
        )
    elif policy.alert_on_threshold is None:
        yield Found(
            "the budget has no alert threshold: nobody hears of the spending before the cap acts. Add alert_on_threshold, such as "
            "0.8 for 80 % of the day's budget.",
            location,
            one.subject,
            "Add cost_controls.alert_on_threshold: 0.8.",
        )


RULE = LintRule("AG404", "no cost controls, or no alert threshold", Severity.WARNING, ("08",), PAGE, each(_find))
