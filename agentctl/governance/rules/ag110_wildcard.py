"""AG110: a pattern where a list of names is the point."""

from __future__ import annotations

from collections.abc import Iterator

from agentctl.governance.rules.base import TIER_KEY, Found, Governed, LintRule, Page, each
from agentctl.governance.rules.wording import is_wildcard, quoted
from agentctl.model.finding import Severity

PAGE = Page(
    why="""An allowlist is worth what a person can read off it. A wildcard grants tools that do not exist yet, and whoever adds
one to the registry widens the agent's authority without touching this file (ASI03 Identity & Privilege Abuse). agentctl
compares names exactly, so here the entry grants nothing, while another runtime may take it for everything.""",
    bad="""agent:
  name: support
  allowed_tools: ["*"]
""",
    good="""agent:
  name: support
  allowed_tools: [search_kb, create_ticket]
""",
    fix="List the tools by name. If there are many, that is worth seeing too.",
)
_LISTS = (("agent", "allowed_tools"), (*TIER_KEY, "autonomous"))


def _find(one: Governed) -> Iterator[Found]:
    for path in _LISTS:
        for place, name in one.document.items(*path):
            if isinstance(name, str) and is_wildcard(name):
                yield Found(
                    f"{quoted(name)} in {path[-1]} is a wildcard: it would grant tools that nobody has reviewed, and names are "
                    "compared exactly, so here it grants none. List the tools by name.",
                    one.document.at(*path, place),
                    one.subject,
                    "List the tools by name.",
                )


RULE = LintRule("AG110", "wildcard in an allowlist", Severity.ERROR, ("03",), PAGE, each(_find))
