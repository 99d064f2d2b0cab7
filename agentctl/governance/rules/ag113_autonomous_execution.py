"""AG113: code or writing SQL, with nobody asked."""

from __future__ import annotations

from collections.abc import Iterator

from agentctl.governance.policy import Tool
from agentctl.governance.rules.base import Found, Governed, LintRule, Page, each
from agentctl.governance.rules.effects import is_raw, may_write_raw, runs_code
from agentctl.governance.rules.wording import assumed, quoted
from agentctl.model.finding import Location, Severity

PAGE = Page(
    why="""A tool that runs commands, code or changing SQL turns any sentence the model reads into an action on your systems.
Run without a person's consent, one injected instruction is enough (ASI05 Unexpected Code Execution).""",
    bad="""agent:
  name: ops
  allowed_tools: [run_shell_command]
  decision_authority:
    autonomous: [run_shell_command]
""",
    good="""agent:
  name: ops
  allowed_tools: [run_shell_command]
  decision_authority:
    requires_human_review: [run_shell_command]
""",
    fix="""Hold the tool for review. If a query tool can only read (a read-only role on a replica), declare it:
`agent.tools.NAME.effects: [read, raw-query]`.""",
)


def _find(one: Governed) -> Iterator[Found]:
    for place, tool in one.allowed:
        if one.outcome(tool) == "allow" and _dangerous(one, tool):
            does = "runs commands or code" if runs_code(tool) else "runs SQL that may write"
            yield Found(
                f"{quoted(tool.name)} {does}{assumed(tool)} and needs nobody's consent: one injected instruction is enough. Put it "
                "under requires_human_review.",
                _where(one, place, tool),
                one.subject,
                f"Put {quoted(tool.name)} under decision_authority.requires_human_review.",
            )


def _dangerous(one: Governed, tool: Tool) -> bool:
    if runs_code(tool):
        return True
    # Without any decision_authority nobody called the tool autonomous, so an assumption is no proof of an error.
    return may_write_raw(tool) and (one.policy.has_authority or tool.effects_declared) and is_raw(tool)


def _where(one: Governed, place: int, tool: Tool) -> Location:
    entry = one.policy.positions("autonomous").get(tool.name)
    return one.tool_at(place) if entry is None else one.tier_at("autonomous", entry)


RULE = LintRule("AG113", "code execution or writing SQL without review", Severity.ERROR, ("05",), PAGE, each(_find))
