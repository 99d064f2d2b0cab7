"""AG301: a tool that may be called without end."""

from __future__ import annotations

from collections.abc import Iterator

from agentctl.governance.policy import Tool
from agentctl.governance.rules.base import Found, Governed, LintRule, Page, each
from agentctl.governance.rules.similar import Similar
from agentctl.governance.rules.wording import quoted, shown
from agentctl.model.finding import Severity

PAGE = Page(
    why="""An agent in a loop calls the same tool until something stops it. Without a rate limit that something is the system
behind the tool, and then it is down for everybody (ASI08 Cascading Failures). A limit belongs to the tools whose name has the
noun's singular as a word (`max_tickets_per_hour` → `create_ticket`), or to those that name it with `limited_by`.""",
    bad="""agent:
  name: support
  allowed_tools: [get_customer]
  rate_limits: {max_tickets_per_hour: 5}
""",
    good="""agent:
  name: support
  allowed_tools: [get_customer]
  tools:
    get_customer: {limited_by: max_lookups_per_minute}
  rate_limits: {max_lookups_per_minute: 60}
""",
    fix="""Add a limit under rate_limits whose noun is a word of the tool's name, or point to one with
`agent.tools.NAME.limited_by`.""",
)


def _find(one: Governed) -> Iterator[Found]:
    similar = Similar(limit.name for limit in one.policy.rate_limits)
    for place, tool in one.usable:
        if not one.policy.limits_of(tool.name):
            yield Found(
                f"{quoted(tool.name)} has no rate limit{_why(tool, similar)}: an agent in a loop calls it without end. Add "
                f"one under rate_limits, or point to one with agent.tools.{shown(tool.name)}.limited_by.",
                one.tool_at(place),
                one.subject,
                f"Add a limit under rate_limits and tie it with agent.tools.{shown(tool.name)}.limited_by.",
            )


def _why(tool: Tool, similar: Similar) -> str:
    if not tool.limited_by or tool.limited_by in similar:
        return ""
    near = similar.closest(tool.limited_by)
    hint = f", did you mean {quoted(near)}?" if near else ""
    return f" (its limited_by names {quoted(tool.limited_by)}, which is not under rate_limits{hint})"


RULE = LintRule("AG301", "allowed tool with no rate limit", Severity.WARNING, ("08",), PAGE, each(_find))
