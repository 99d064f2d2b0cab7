"""AG304: retries that use up a limit by themselves."""

from __future__ import annotations

from collections.abc import Iterator

from agentctl.governance.rules.base import Found, Governed, LintRule, Page, each
from agentctl.governance.rules.wording import line_of, listed, quoted
from agentctl.model.finding import Severity

PAGE = Page(
    why="""When the system behind a tool fails, every run tries again as often as it may. If retries × concurrent runs are more
than the limit, one short outage uses the limit up, and the healthy calls after it are refused: a small failure becomes a
long one (ASI08 Cascading Failures).""",
    bad="""agent:
  name: support
  max_retries: 3
  max_concurrent_runs: 10
  allowed_tools: [create_ticket]
  rate_limits: {max_tickets_per_hour: 5}
""",
    good="""agent:
  name: support
  max_retries: 2
  max_concurrent_runs: 10
  allowed_tools: [create_ticket]
  rate_limits: {max_tickets_per_hour: 60}
""",
    fix="Lower max_retries or max_concurrent_runs, or raise the limit to what the system behind the tool can really bear.",
)


def _find(one: Governed) -> Iterator[Found]:
    retries, runs = one.policy.max_retries, one.policy.max_concurrent_runs
    if retries is None or runs is None or retries <= 0 or runs <= 0:
        return
    for limit in one.policy.rate_limits:
        if not limit.tools or limit.limit <= 0 or retries * runs <= limit.limit:
            continue
        location = one.at("rate_limits", limit.name)
        first, second = (line_of(location, one.at(name)) for name in ("max_retries", "max_concurrent_runs"))
        yield Found(
            f"max_retries ({retries}, {first}) × max_concurrent_runs ({runs}, {second}) = {retries * runs}: retries alone exceed "
            f"{quoted(limit.name)}, {limit.limit:g}, so one outage of {listed(limit.tools)} uses it up. Lower one of the two, or "
            "raise the limit.",
            location,
            one.subject,
            "Lower max_retries or max_concurrent_runs, or raise the limit to what the system can bear.",
        )


RULE = LintRule("AG304", "retries alone exceed a rate limit", Severity.WARNING, ("08",), PAGE, each(_find))
