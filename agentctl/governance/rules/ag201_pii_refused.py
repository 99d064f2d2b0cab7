"""AG201: a tool that returns personal data in a document that refuses them."""

from __future__ import annotations

from collections.abc import Iterator

from agentctl.governance.rules.base import Found, Governed, LintRule, Page, each
from agentctl.governance.rules.effects import is_raw
from agentctl.governance.rules.wording import assumed, line_of, quoted
from agentctl.model.finding import Severity

PAGE = Page(
    why="""`allow_pii: false` says that this agent sees no personal data; the allowlist grants a tool whose answers are made of
them. One of the two is not true (ASI03 Identity & Privilege Abuse). Where the effect is declared, every call is refused: the
tool is dead weight, and this is an error. Where it is assumed from the tool's name, it is a warning.""",
    bad="""agent:
  name: support
  allowed_tools: [get_customer]
  data_access: {allow_pii: false}
""",
    good="""agent:
  name: support
  allowed_tools: [get_order_status]
  tools:
    get_order_status: {effects: [read]}
  data_access: {allow_pii: false}
""",
    fix="""Take the tool out, or set `allow_pii: true` if the agent must see personal data. If the tool returns none, declare what
it does: `agent.tools.get_customer.effects: [read]`.""",
)


def _find(one: Governed) -> Iterator[Found]:
    if one.policy.allow_pii is not False:
        return
    flag = one.at("data_access", "allow_pii")
    for place, tool in one.allowed:
        if (
            "pii" not in tool.effects
            or (is_raw(tool) and not tool.effects_declared)
            or one.tier_of(tool) == "forbidden"
        ):
            continue
        location = one.tool_at(place)
        then = "so every call of it is refused" if tool.effects_declared else "so the document contradicts itself"
        yield Found(
            f"{quoted(tool.name)} returns personal data{assumed(tool)}, but allow_pii is false ({line_of(location, flag)}), {then}. "
            "Take the tool out, or allow what it returns.",
            location,
            one.subject,
            f"Take {quoted(tool.name)} out of allowed_tools, or set data_access.allow_pii: true.",
            Severity.ERROR if tool.effects_declared else None,
        )


RULE = LintRule("AG201", "tool that returns PII against the data flags", Severity.WARNING, ("03",), PAGE, each(_find))
