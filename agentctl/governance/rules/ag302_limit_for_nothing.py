"""AG302: a rate limit that counts no call."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from agentctl.governance.limits import read_limits
from agentctl.governance.rules.base import Found, Governed, LintRule, Page, each
from agentctl.governance.rules.wording import listed, quoted
from agentctl.model.finding import Severity

PAGE = Page(
    why="""A rate limit that belongs to no allowed tool never counts anything. Either the tool was taken away and the limit
forgotten, or the limit is meant for a tool that has another name and now runs without one (ASI08 Cascading Failures).""",
    bad="""agent:
  name: support
  allowed_tools: [search_kb]
  rate_limits: {max_searches_per_minute: 30, max_emails_per_hour: 10}
""",
    good="""agent:
  name: support
  allowed_tools: [search_kb]
  rate_limits: {max_searches_per_minute: 30}
""",
    fix="""Remove the limit, or tie it to the tool it is meant for: `agent.tools.NAME.limited_by: max_emails_per_hour`.""",
)


def _find(one: Governed) -> Iterator[Found]:
    idle = [limit for limit in one.policy.rate_limits if not limit.tools]
    # The tools that each would belong to if every described tool were allowed.
    described = [replace(tool, allowed=True) for tool in one.policy.tools.values() if not tool.allowed] if idle else []
    meant = {limit.name: limit.tools for limit in read_limits({limit.name: limit.limit for limit in idle}, described)}
    for limit in idle:
        tools = meant.get(limit.name, ())
        why = (
            f"it is for {listed(tools)}, which is not allowed"
            if tools
            else f"no allowed tool has {quoted(limit.noun)} in its name"
        )
        yield Found(
            f"{quoted(limit.name)} limits nothing: {why}, and no allowed tool's limited_by names it. Remove it, or tie it with "
            "agent.tools.TOOL.limited_by.",
            one.at("rate_limits", limit.name, key=True),
            one.subject,
            f"Remove {quoted(limit.name)}, or write agent.tools.TOOL.limited_by: {limit.name}.",
        )


RULE = LintRule("AG302", "rate limit for a tool that is not allowed", Severity.WARNING, ("08",), PAGE, each(_find))
