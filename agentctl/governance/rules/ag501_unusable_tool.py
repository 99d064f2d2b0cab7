"""AG501: a prompt that sends the agent to a tool it may not use."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet

from agentctl.documents.pointer import locate
from agentctl.governance.catalogue import is_well_known
from agentctl.governance.decide import decide
from agentctl.governance.names import words
from agentctl.governance.rules.base import Corpus, Found, Governed, LintRule, Page
from agentctl.governance.rules.orchestrators import orchestrators
from agentctl.governance.rules.prompts import Prompt, agent_of, instructions, prompts
from agentctl.governance.rules.wording import line_of, quoted, shown
from agentctl.model.finding import Location, Severity

PAGE = Page(
    why="""The prompt tells the agent to use a tool, the governance document refuses it. The agent tries, is refused, tries
again; or somebody "fixes" it by widening the allowlist. And a prompt that asks for more than it is granted is what an
attacker's prompt looks like, so it must not be normal (ASI01 Goal Hijack).""",
    bad="""agent:
  name: triage
  allowed_tools: [search_kb]
---
prompt:
  name: triage
  system_prompt: |
    Look the case up with search_kb. Then call send_email to tell the customer.
""",
    good="""agent:
  name: triage
  allowed_tools: [search_kb]
---
prompt:
  name: triage
  system_prompt: |
    Look the case up with search_kb. Do not use send_email; answer in the ticket.
""",
    fix="""Take the instruction out of the prompt, or grant the tool in `allowed_tools` after the review that a new tool deserves.
A prompt belongs to the agent that its `agent:` names, else to the one of its own name.""",
)
# The words round a name may be written in any case; a name is a name by its underscore, hyphen or hill.
_VERBS = r"(?i:us(?:e|ing)|call(?:ing)?|invok(?:e|ing)|execut(?:e|ing)|run(?:ning)?|trigger(?:ing)?|with|via|through)"
_QUALIFIERS = r"(?i:\s+(?:the|your|our|its|a|tool|function|action|named|called))*\s+"
_NAME = r"(?P<tick>[`\"']?)(?P<name>[A-Za-z][A-Za-z0-9]*(?:[_-][A-Za-z0-9]+)+|[a-z]+[A-Z][A-Za-z0-9]*)(?P=tick)"
_USED = re.compile(rf"\b{_VERBS}{_QUALIFIERS}{_NAME}")
_CALLED = re.compile(rf"\b(?i:call(?:ing)?|invok(?:e|ing)){_QUALIFIERS}{_NAME}")
_TOOL = re.compile(rf"\b{_VERBS}{_QUALIFIERS}{_NAME}\s+(?i:tool|function)\b")
# A tool of one word is told from a word by its quotes, or by the word behind it.
_ONE_WORD = re.compile(
    rf"\b{_VERBS}{_QUALIFIERS}(?P<tick>`?)(?P<name>[a-z][a-z0-9]*)(?P=tick)(?P<tool>\s+(?i:tool|function)\b)?"
)
_FUNCTION = re.compile(rf"{_NAME}\((?!s\))")
# "Use these tools: a, b and c"; what follows the first name of a list is told as much as the first.
_OPENS = re.compile(rf"\b{_VERBS}(?:\s+\w+){{0,3}}?\s+(?i:tools?|functions?)\s*:\s*")
_NEXT = re.compile(rf"(?:\s*,\s*(?i:and\s+|or\s+)?|\s+(?i:and|or)\s+)?{_NAME}")
# How names of tools begin; `ticket_id` is none.
_BEGINNINGS = frozenset(
    "get fetch read list lookup find search query create update modify edit delete remove send post notify run execute issue process "
    "make open close add set write upload download schedule cancel transfer approve call trigger restart deploy page".split()
)


def _find(corpus: Corpus) -> Iterator[Found]:
    agents = corpus.agents.keys() | {name for found in orchestrators(corpus) for name, _ in found.agents}
    for prompt in prompts(corpus):
        one = agent_of(corpus, prompt)
        if one is None:
            continue
        seen: set[str] = set()
        for location, line, name in [*_listed(prompt), *_told(corpus.known_tools, one, prompt)]:
            if name not in seen and name not in agents and decide(one.policy, name).outcome == "deny":
                seen.add(name)
                yield _found(one, prompt, location, line, name)


def _found(one: Governed, prompt: Prompt, location: Location, line: int, name: str) -> Found:
    near = one.similar.near_miss(name) if name not in one.policy.positions("allowed_tools") else None
    advice = f"Did you mean {quoted(near)}?" if near else "Take it out of the prompt, or grant the tool."
    return Found(
        f"the prompt (line {line}) tells {quoted(one.policy.name)} to use {quoted(name)}, which it may not: "
        f"{_reason(one, name, location)}. {advice}",
        location,
        prompt.subject,
        f"Take {quoted(name)} out of the prompt, or grant it in allowed_tools.",
    )


def _reason(one: Governed, name: str, location: Location) -> str:
    """Why the tool is refused, with its name as a message may show it, and the line that says so."""
    decision = decide(one.policy, name)
    place = locate(one.document, decision.because[0])
    if place.path == "/agent/allowed_tools":
        place = one.at("allowed_tools", key=True)
    return f"{decision.reason.replace(name, shown(name))} ({line_of(location, place)})"


def _listed(prompt: Prompt) -> Iterator[tuple[Location, int, str]]:
    """The tools that the prompt lists for its agent."""
    for place, name in prompt.document.items("prompt", "tools"):
        if isinstance(name, str) and name:
            location = prompt.at("tools", place)
            yield location, location.line, name


def _told(known: AbstractSet[str], one: Governed, prompt: Prompt) -> Iterator[tuple[Location, int, str]]:
    """(location, line in the file, name) of the tools that the prompt's text tells the agent to use."""
    for key, text in prompt.texts():
        for sentence, line in instructions(text):
            for match in _mentions(sentence, known, one.policy.positions("forbidden")):
                offset = line + sentence.count("\n", 0, match.start("name")) - _lead(sentence)
                yield prompt.at(key), prompt.line(key, offset), match["name"]


def _mentions(sentence: str, known: AbstractSet[str], forbidden: Mapping[str, int]) -> Iterator[re.Match[str]]:
    """What a sentence tells somebody to use: names of tools that are known, and others where its form leaves no doubt."""

    def is_tool(name: str) -> bool:
        return name in known or name in forbidden or is_well_known(name)

    for match in _USED.finditer(sentence):
        yield from (one for one in (match, *_listing(sentence, match.end())) if is_tool(one["name"]))
    for match in _OPENS.finditer(sentence):
        yield from (one for one in _listing(sentence, match.end()) if is_tool(one["name"]))
    for match in _ONE_WORD.finditer(sentence):
        if (match["tick"] or match["tool"]) and is_tool(match["name"]):
            yield match
    for match in _TOOL.finditer(sentence):
        if match["tick"] or "-" not in match["name"]:
            yield match
    for match in [*_CALLED.finditer(sentence), *_FUNCTION.finditer(sentence)]:
        name = match["name"]
        begins = words(name)[0] in _BEGINNINGS and "-" not in name
        if begins or is_tool(name):
            yield match


def _listing(sentence: str, at: int) -> Iterator[re.Match[str]]:
    """The names of a list that goes on at an offset."""
    while match := _NEXT.match(sentence, at):
        yield match
        at = match.end()


def _lead(sentence: str) -> int:
    """The empty lines before a sentence, which its line does not count."""
    return sentence[: len(sentence) - len(sentence.lstrip())].count("\n")


RULE = LintRule("AG501", "prompt that asks for a tool the agent may not use", Severity.ERROR, ("01",), PAGE, _find)
