"""AG204: private data, untrusted input and a way out, in one agent."""

from __future__ import annotations

from collections.abc import Iterator

from agentctl.governance.rules.base import Found, Governed, LintRule, Page, each
from agentctl.governance.rules.wording import assumed, quoted
from agentctl.model.finding import Severity

PAGE = Page(
    why="""An agent that reads private data, reads text that strangers write, and can send something out, can be told by that
text to send the data out. Each tool is fine alone; together, with nobody asked in between, they are a leak waiting for its
first attacker (ASI01 Goal Hijack, ASI02 Tool Misuse).""",
    bad="""agent:
  name: assistant
  allowed_tools: [get_customer, fetch_url, send_email]
  data_access: {allow_pii: true}
""",
    good="""agent:
  name: assistant
  allowed_tools: [get_customer, fetch_url, send_email]
  data_access: {allow_pii: true}
  decision_authority:
    autonomous: [get_customer, fetch_url]
    requires_human_review: [send_email]
""",
    fix="""Hold the sending tool for review, or split the agent: one that reads what strangers write, another that sees private
data.""",
)
_LEGS = (
    ("reads private data", frozenset({"pii", "financial"})),
    ("takes in text from strangers", frozenset({"untrusted-input"})),
    ("sends things out", frozenset({"external-send"})),
)


def _find(one: Governed) -> Iterator[Found]:
    free = [(place, tool) for place, tool in one.allowed if one.outcome(tool) == "allow"]
    legs = [next(((p, t) for p, t in free if t.effects & effects), None) for _, effects in _LEGS]
    if all(legs):
        found = [leg for leg in legs if leg]
        parts = [f"{quoted(t.name)} {says}" for (says, _), (_, t) in zip(_LEGS, found, strict=True)]
        guess = next((assumed(t) for _, t in found if not t.effects_declared), "")
        yield Found(
            f"{parts[0]}, {parts[1]} and {parts[2]}{guess}, with no review in between: text from outside can talk this agent into "
            f"sending private data away. Hold {quoted(found[2][1].name)} for review, or split the agent.",
            one.tool_at(found[2][0]),  # holding the tool that sends closes the way out
            one.subject,
            f"Put {quoted(found[2][1].name)} under decision_authority.requires_human_review.",
        )


RULE = LintRule(
    "AG204",
    "private data, untrusted input and sending with no review",
    Severity.WARNING,
    ("01", "02"),
    PAGE,
    each(_find),
)
