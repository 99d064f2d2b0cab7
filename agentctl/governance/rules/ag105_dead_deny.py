"""AG105: a forbidden entry that stops nothing."""

from __future__ import annotations

from collections.abc import Iterator

from agentctl.governance.rules.base import Corpus, Found, LintRule, Page
from agentctl.governance.rules.similar import Similar
from agentctl.governance.rules.wording import is_wildcard, quoted
from agentctl.model.finding import Severity

PAGE = Page(
    why="""An entry under `forbidden` stops a tool of that very name. Where no document of the call knows such a tool, the
entry stops nothing: it is a wish. That matters when another tool can do the same under another name (ASI02 Tool Misuse).""",
    bad="""agent:
  name: support
  allowed_tools: [get_customer]
  decision_authority:
    forbidden: [delete_customer_data]
""",
    good="""agent:
  name: support
  allowed_tools: [get_customer]
  tools:
    delete_customer: {actions: [delete_customer_data]}
  decision_authority:
    forbidden: [delete_customer_data]
""",
    fix="""Forbid the tool that could do it, by its own name, or describe that tool under `agent.tools` and list the decision in
its `actions`. Keep the entry as a note if you like: this is information, and fails no build.""",
)


def _find(corpus: Corpus) -> Iterator[Found]:
    known = corpus.known_tools | {
        a for one in corpus.governed for tool in one.policy.tools.values() for a in tool.actions
    }
    similar: Similar | None = None
    for one in corpus.governed:
        for place, name in one.tier("forbidden"):
            if name in known:
                continue
            similar = similar or Similar(sorted(corpus.known_tools))
            near = similar.near_miss(name)
            hint = f"; did you mean {quoted(near)}?" if near else ""
            exact = " Names are compared exactly, `*` stands for nothing else." if is_wildcard(name) else ""
            yield Found(
                f"forbidden {quoted(name)} matches no known tool, so it stops nothing{hint or '.'}{exact} Forbid the tool "
                "that could do it, by its own name.",
                one.tier_at("forbidden", place),
                one.subject,
                "Forbid the tool that could do it, or list this entry in agent.tools.TOOL.actions.",
            )


RULE = LintRule("AG105", "forbidden entry that matches no known tool", Severity.INFO, ("02",), PAGE, _find)
