"""AG203: a limit on records that a raw query does not keep."""

from __future__ import annotations

from collections.abc import Iterator

from agentctl.governance.rules.base import Found, Governed, LintRule, Page, each
from agentctl.governance.rules.effects import is_raw
from agentctl.governance.rules.wording import assumed, line_of, listed
from agentctl.model.finding import Severity

PAGE = Page(
    why="""How many rows a raw query returns stands in the query, and the agent writes the query. `max_records_per_query` is
meant to keep one call from carrying off a table, and for this tool it does not (ASI02 Tool Misuse).""",
    bad="""agent:
  name: support
  allowed_tools: [run_sql_query]
  data_access: {max_records_per_query: 50}
""",
    good="""agent:
  name: support
  allowed_tools: [search_orders]
  tools:
    search_orders: {description: "returns 50 orders at most", effects: [read]}
  data_access: {max_records_per_query: 50}
""",
    fix="""Put the query behind a tool that pages and cuts off its answers, or enforce the limit in the database (a row limit of
the role) and declare the tool's effects without raw-query.""",
)


def _find(one: Governed) -> Iterator[Found]:
    most = one.policy.max_records_per_query
    raw = [(place, tool) for place, tool in one.usable if is_raw(tool)] if most is not None else []
    if raw:
        location = one.at("data_access", "max_records_per_query")
        yield Found(
            f"max_records_per_query: {most} cannot hold for {listed(tool.name for _, tool in raw)} "
            f"({line_of(location, one.tool_at(raw[0][0]))}), which runs any query{assumed(raw[0][1])}: the query itself says how many "
            "rows come back. Put it behind a tool that cuts its answers off.",
            location,
            one.subject,
            "Put the query behind a tool that cuts its answers off at the limit.",
        )


RULE = LintRule(
    "AG203", "record limit that a raw query tool does not keep", Severity.WARNING, ("02",), PAGE, each(_find)
)
