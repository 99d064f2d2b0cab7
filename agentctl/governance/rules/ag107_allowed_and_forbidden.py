"""AG107: a tool that is granted and forbidden at once."""

from __future__ import annotations

from collections.abc import Iterator

from agentctl.governance.rules.base import Found, Governed, LintRule, Page, each
from agentctl.governance.rules.wording import line_of, quoted
from agentctl.model.finding import Location, Severity

PAGE = Page(
    why="""The allowlist grants the tool, the tier refuses it. It is refused here, but a runtime that only loads the
allowlist hands the tool to the agent, and one of the two lines is a mistake (ASI02 Tool Misuse). Where it is one of the tool's
`actions` that is forbidden, the whole tool is refused as well; that is a warning.""",
    bad="""agent:
  name: support
  allowed_tools: [search_kb, send_email]
  decision_authority:
    autonomous: [search_kb]
    forbidden: [send_email]
""",
    good="""agent:
  name: support
  allowed_tools: [search_kb]
  decision_authority:
    autonomous: [search_kb]
    forbidden: [send_email]
""",
    fix="""Take the tool out of `allowed_tools` if it must not be used, or out of `forbidden` if it may. This finding can be
suppressed only with an end date.""",
)


def _find(one: Governed) -> Iterator[Found]:
    forbidden = one.policy.positions("forbidden")
    for place, tool in one.allowed:
        action = next((name for name in (tool.name, *tool.actions) if name in forbidden), None)
        if action is None:
            continue
        location, other = one.tool_at(place), one.tier_at("forbidden", forbidden[action])
        yield (
            _tied(one, tool.name, action, location, other)
            if action != tool.name
            else Found(
                f"{quoted(tool.name)} is allowed here and forbidden on {line_of(location, other)}: it is refused, yet a runtime that "
                "reads only the allowlist would grant it. Remove one of the two lines.",
                location,
                one.subject,
                f"Remove {quoted(tool.name)} from allowed_tools, or from decision_authority.forbidden.",
            )
        )


def _tied(one: Governed, tool: str, action: str, location: Location, other: Location) -> Found:
    """A forbidden action of an allowed tool refuses the whole tool; that may be meant, so it is a warning."""
    return Found(
        f"{quoted(tool)} is allowed, but its action {quoted(action)} is forbidden ({line_of(location, other)}), and that refuses every "
        "call of the tool. Give the action a tool of its own, or take this one out of allowed_tools.",
        location,
        one.subject,
        f"Give {quoted(action)} a tool of its own, or take {quoted(tool)} out of allowed_tools.",
        Severity.WARNING,
    )


RULE = LintRule("AG107", "tool both allowed and forbidden", Severity.ERROR, ("02",), PAGE, each(_find))
