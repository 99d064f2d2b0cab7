"""AG402: runs that start together spend the day before any cap can act."""

from __future__ import annotations

from collections.abc import Iterator

from agentctl.governance.rules.base import Found, Governed, LintRule, Page, each
from agentctl.governance.rules.wording import line_of
from agentctl.model.finding import Severity

PAGE = Page(
    why="""Caps act on what has been spent. Runs that start at the same moment each may go up to their own cap, and together
they pass the day's budget before anything can stop them (ASI08 Cascading Failures).""",
    bad="""agent:
  name: support
  max_concurrent_runs: 50
  cost_controls: {max_daily_spend_usd: 50.00, max_cost_per_run_usd: 2.00, alert_on_threshold: 0.8}
""",
    good="""agent:
  name: support
  max_concurrent_runs: 10
  cost_controls: {max_daily_spend_usd: 50.00, max_cost_per_run_usd: 2.00, alert_on_threshold: 0.8}
""",
    fix="Lower max_concurrent_runs or max_cost_per_run_usd until their product is below the day's budget.",
)


def _find(one: Governed) -> Iterator[Found]:
    policy = one.policy
    runs, run, day = policy.max_concurrent_runs, policy.max_cost_per_run_usd, policy.max_daily_spend_usd
    if runs is None or run is None or day is None or runs <= 0 or run > day or runs * run <= day:
        return
    location = one.at("max_concurrent_runs")
    per_run, daily = (one.at("cost_controls", name) for name in ("max_cost_per_run_usd", "max_daily_spend_usd"))
    yield Found(
        f"{runs} concurrent runs at ${run:.2f} each ({line_of(location, per_run)}) may spend ${runs * run:.2f} before any cap acts, "
        f"and the day has ${day:.2f} ({line_of(location, daily)}). Lower one of the two.",
        location,
        one.subject,
        "Lower max_concurrent_runs or max_cost_per_run_usd until their product is below the day's budget.",
    )


RULE = LintRule("AG402", "concurrent runs may outspend the day", Severity.WARNING, ("08",), PAGE, each(_find))
