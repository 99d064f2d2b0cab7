"""AG202: data flags that a raw query does not know."""

from __future__ import annotations

from collections.abc import Iterator

from agentctl.governance.rules.base import Found, Governed, LintRule, Page, each
from agentctl.governance.rules.effects import is_raw
from agentctl.governance.rules.wording import assumed, line_of, quoted
from agentctl.model.finding import Severity

PAGE = Page(
    why="""The data flags are checked against tools. A tool that runs any query can select personal or financial columns without
being a PII tool by name, so `allow_pii: false` holds for every tool but this one (ASI03 Identity & Privilege Abuse).""",
    bad="""agent:
  name: support
  allowed_tools: [run_sql_query]
  data_access: {allow_pii: false}
""",
    good="""agent:
  name: support
  allowed_tools: [get_order_status]
  data_access: {allow_pii: false}
""",
    fix="""Replace the raw query tool by tools with fixed queries, and declare what they return. Or let the database refuse: give
the tool a role that cannot see those columns, and declare its effects without raw-query.""",
)


def _find(one: Governed) -> Iterator[Found]:
    closed = [flag for flag in ("allow_pii", "allow_financial") if getattr(one.policy, flag) is False]
    for place, tool in one.usable if closed else ():
        if is_raw(tool):
            location = one.tool_at(place)
            flags = " and ".join(f"{flag}: false ({line_of(location, one.at('data_access', flag))})" for flag in closed)
            yield Found(
                f"{quoted(tool.name)} runs any query{assumed(tool)}, so it goes round {flags}: a query may select any column. "
                "Replace it by tools with fixed queries.",
                location,
                one.subject,
                "Replace the raw query tool by tools with fixed queries, and declare what they return.",
            )


RULE = LintRule("AG202", "raw SQL goes round the data flags", Severity.WARNING, ("03",), PAGE, each(_find))
