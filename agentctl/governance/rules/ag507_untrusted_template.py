"""AG507: what strangers write becomes part of the system prompt."""

from __future__ import annotations

import re
from collections.abc import Iterator

from agentctl.governance.names import singulars, words
from agentctl.governance.rules.base import Corpus, Found, LintRule, Page
from agentctl.governance.rules.prompts import line_of, prompts
from agentctl.governance.rules.wording import quoted
from agentctl.model.finding import Severity

PAGE = Page(
    why="""The system prompt is the voice that the model obeys. A template that puts the user's message, a ticket or a web page into
it lets whoever wrote that text speak with this voice (ASI01 Goal Hijack, ASI06 Memory & Context Poisoning).""",
    bad="""prompt:
  name: triage
  system_prompt: |
    You are a triage agent. Classify this ticket: {{ ticket_body }}
""",
    good="""prompt:
  name: triage
  system_prompt: |
    You are a triage agent of {{ company_name }}. Classify the ticket in the user's message.
""",
    fix="""Hand untrusted text over as a user message (or a tool result), never inside the system prompt. Values that you set
yourself, such as a company's name, may stay.""",
)
_PLACES = re.compile(
    r"\{\{-?\s*(?P<double>[^{}]{1,200}?)\s*-?\}\}|\$\{(?P<dollar>[^{}]{1,200})\}|<%=?\s*(?P<erb>[^%]{1,200}?)\s*%>"
    r"|%\((?P<percent>\w{1,100})\)s|(?<![{$])\{(?P<single>[A-Za-z_][\w.]{0,100}(?:\[[^\]{}]{1,40}\])?(?:![rsa])?)\}(?!\})"
)
_UNTRUSTED = frozenset(
    "user customer client visitor input query question message msg email mail subject body text content document attachment "
    "file ticket issue comment review feedback request prompt chat conversation history transcript page webpage web html url "
    "search result retrieved context snippet passage chunk tool memory upload payload external description title note post "
    "tweet reply".split()
)
# What these end on is a value of ours about something, not its text.
_OURS = frozenset(
    "id ids tier plan locale language lang timezone tz segment type category date time version format schema limit count number max min "
    "role mode status priority level instructions rules policy guidelines template name_of".split()
)
_TRUSTED_STARTS = frozenset(
    "company brand product agent system assistant bot today current allowed available tools config env settings".split()
)


def _find(corpus: Corpus) -> Iterator[Found]:
    for prompt in prompts(corpus):
        for key, text in prompt.texts():
            seen: set[str] = set()
            line = line_of(text)
            for match in _PLACES.finditer(text):
                name = next(group for group in match.groups() if group is not None)
                if name in seen or not _untrusted(name):
                    continue
                seen.add(name)
                yield Found(
                    f"the template puts {quoted(name)} (line {prompt.line(key, line(match.start()))}) into the system "
                    "prompt: whoever writes that text gives this agent orders. Hand it over as a user message instead.",
                    prompt.at(key),
                    prompt.subject,
                    "Hand untrusted text over as a user message, not inside the system prompt.",
                )


def _untrusted(expression: str) -> bool:
    """Whether the name in a template's place speaks of text that somebody from outside wrote."""
    name = re.split(r"[|(!]", expression, maxsplit=1)[0].strip()
    if not re.fullmatch(r"[\w.\-\[\]'\"]+", name):
        return False
    parts = words(name)
    if not parts or parts[-1] in _OURS or parts[0] in _TRUSTED_STARTS:
        return False
    return any(form in _UNTRUSTED for word in parts for form in singulars(word))


RULE = LintRule("AG507", "untrusted input in the system prompt", Severity.WARNING, ("01", "06"), PAGE, _find)
