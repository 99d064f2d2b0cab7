"""AG112: what is forbidden by name can be done by a tool that does anything."""

from __future__ import annotations

from collections.abc import Iterator

from agentctl.governance.names import words
from agentctl.governance.policy import Tool
from agentctl.governance.rules.base import Found, Governed, LintRule, Page, each
from agentctl.governance.rules.effects import is_raw, may_write_raw, reach_of, runs_code
from agentctl.governance.rules.wording import assumed, quoted
from agentctl.model.finding import Severity

PAGE = Page(
    why="""Forbidding `delete_customer_data` stops a tool of that name. It does not stop `DELETE FROM customers` in a tool that
runs any query, nor `rm` in a shell, nor a DELETE request. As long as such a tool is granted, the forbidden list is advice
(ASI02 Tool Misuse, ASI05 Unexpected Code Execution).""",
    bad="""agent:
  name: support
  allowed_tools: [run_sql_query]
  decision_authority:
    requires_human_review: [run_sql_query]
    forbidden: [delete_customer_data]
""",
    good="""agent:
  name: support
  allowed_tools: [get_order_status]
  decision_authority:
    autonomous: [get_order_status]
    forbidden: [delete_customer_data]
""",
    fix="""Replace the broad tool by narrow ones that do one thing each. If it can only read, say so: declare
`agent.tools.run_sql_query.effects: [read, raw-query]`, which clears it of what would need to write.""",
)
_READING = frozenset(
    "access read view get list export query download retrieve fetch see show search lookup dump extract leak expose share copy".split()
)
_WRITING = frozenset(
    "delete remove drop truncate purge wipe erase destroy modify update change edit alter insert create write overwrite set reset "
    "grant revoke".split()
)


def _find(one: Governed) -> Iterator[Found]:
    possible: dict[tuple[bool, bool], list[tuple[int, str]]] = {}
    for place, tool in one.usable if any(one.policy.tiers.get("forbidden", ())) else ():
        if not reach_of(tool):
            continue
        kind = (runs_code(tool) or not is_raw(tool), may_write_raw(tool))
        if kind not in possible:
            possible[kind] = [(at, name) for at, name in one.tier("forbidden") if _can(*kind, name)]
        if possible[kind]:
            yield _found(one, place, tool, possible[kind])


def _found(one: Governed, place: int, tool: Tool, possible: list[tuple[int, str]]) -> Found:
    shown = [f"{quoted(name)} (line {one.tier_at('forbidden', at).line})" for at, name in possible[:3]]
    more = f" and {len(possible) - 3} more" if len(possible) > 3 else ""
    return Found(
        f"{quoted(tool.name)} {reach_of(tool)}{assumed(tool)}, so it can do what is forbidden by name: {', '.join(shown)}{more}. "
        "Replace it by tools that do one thing each.",
        one.tool_at(place),
        one.subject,
        f"Replace {quoted(tool.name)} by narrow tools, or take it out of allowed_tools.",
    )


def _can(anything: bool, writes: bool, action: str) -> bool:
    """Whether a broad tool can do what an action's verb says: a query reads and changes data, a shell does anything."""
    verb = words(action[:200])[:1]
    return anything or (bool(verb) and (verb[0] in _READING or (verb[0] in _WRITING and writes)))


RULE = LintRule("AG112", "broad tool that can do what is forbidden", Severity.WARNING, ("02", "05"), PAGE, each(_find))
