"""AG303: numbers that limit nothing, or everything."""

from __future__ import annotations

from collections.abc import Iterator

from agentctl.governance.rules.base import Found, Governed, LintRule, Page, each
from agentctl.governance.rules.wording import quoted
from agentctl.model.finding import Severity

PAGE = Page(
    why="""A rate of zero or less either stops the tool for good or, read by another runtime as "no limit", frees it; a million
calls an hour is no limit at all. The same goes for `max_concurrent_runs` and `max_records_per_query` of zero or less (ASI08
Cascading Failures, ASI10 Rogue Agents).""",
    bad="""agent:
  name: support
  max_concurrent_runs: 0
  allowed_tools: [send_email]
  rate_limits: {max_emails_per_second: 1000}
""",
    good="""agent:
  name: support
  max_concurrent_runs: 4
  allowed_tools: [send_email]
  rate_limits: {max_emails_per_second: 1}
""",
    fix="""Write the number that the system behind the tool can bear. To stop a tool, take it out of `allowed_tools`.""",
)
MOST_AN_HOUR = 1_000_000


def _find(one: Governed) -> Iterator[Found]:
    for limit in one.policy.rate_limits:
        an_hour = limit.limit * 3600 / limit.seconds
        if limit.limit <= 0:
            says = f"{quoted(limit.name)} is {limit.limit:g}: zero or less is no limit that anything can work under"
        elif an_hour > MOST_AN_HOUR:
            says = f"{quoted(limit.name)} allows {an_hour:,.0f} calls an hour, which is no limit"
        else:
            continue
        yield Found(
            f"{says}. Write what the system behind the tool can bear; to stop a tool, take it out of allowed_tools.",
            one.at("rate_limits", limit.name),
            one.subject,
            "Write a rate above zero that the system behind the tool can bear.",
        )
    counts = (
        ("max_concurrent_runs", one.policy.max_concurrent_runs, ()),
        ("max_records_per_query", one.policy.max_records_per_query, ("data_access",)),
    )
    for name, value, above in counts:
        if value is not None and value <= 0:
            yield Found(
                f"{name} is {str(value)[:20]}: zero or less is no limit that anything can work under, and some runtimes read it as "
                "none. Write a number above zero.",
                one.at(*above, name),
                one.subject,
                f"Write a {name} above zero.",
            )


RULE = LintRule("AG303", "limit that is no limit", Severity.ERROR, ("08", "10"), PAGE, each(_find))
