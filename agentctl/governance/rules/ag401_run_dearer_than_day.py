"""AG401: a cap for one run that is above the cap for the day."""

from __future__ import annotations

from collections.abc import Iterator

from agentctl.governance.rules.base import Found, Governed, LintRule, Page, each
from agentctl.governance.rules.wording import line_of
from agentctl.model.finding import Severity

PAGE = Page(
    why="""If one run may cost more than a whole day, the cap for a run never acts, and the first run that goes wrong spends the
day's budget (ASI08 Cascading Failures). Usually the two numbers were swapped.""",
    bad="""agent:
  name: support
  cost_controls: {max_daily_spend_usd: 2.00, max_cost_per_run_usd: 50.00, alert_on_threshold: 0.8}
""",
    good="""agent:
  name: support
  cost_controls: {max_daily_spend_usd: 50.00, max_cost_per_run_usd: 2.00, alert_on_threshold: 0.8}
""",
    fix="Set max_cost_per_run_usd well below max_daily_spend_usd: what a usual run costs, times a few.",
)


def _find(one: Governed) -> Iterator[Found]:
    run, day = one.policy.max_cost_per_run_usd, one.policy.max_daily_spend_usd
    if run is not None and day is not None and run > day:
        location, other = (
            one.at("cost_controls", "max_cost_per_run_usd"),
            one.at("cost_controls", "max_daily_spend_usd"),
        )
        yield Found(
            f"one run may cost ${run:.2f}, more than the whole day's ${day:.2f} ({line_of(location, other)}): the cap for a run can "
            "never act. Were the two numbers swapped?",
            location,
            one.subject,
            "Set max_cost_per_run_usd well below max_daily_spend_usd.",
        )


RULE = LintRule("AG401", "one run may cost more than a day", Severity.ERROR, ("08",), PAGE, each(_find))
