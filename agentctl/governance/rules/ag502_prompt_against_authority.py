"""AG502: a prompt that asks for what is forbidden, or for what a person decides."""

from __future__ import annotations

import re
from collections.abc import Iterator

from agentctl.governance.names import words
from agentctl.governance.rules.base import Corpus, Found, Governed, LintRule, Page
from agentctl.governance.rules.prompts import Prompt, agent_of, asks_consent, instructions, prompts, spoken
from agentctl.governance.rules.wording import line_of, quoted
from agentctl.model.finding import Severity

PAGE = Page(
    why="""The prompt asks for something that the governance document forbids or holds for review. The agent is told two things
at once, and looks for a way to do what it was asked: through another tool, or by telling the reviewer what the reviewer wants
to hear (ASI01 Goal Hijack, ASI09 Human-Agent Trust).""",
    bad="""agent:
  name: triage
  allowed_tools: [search_kb]
  decision_authority:
    autonomous: [search_kb]
    forbidden: [delete_customer_data]
---
prompt:
  name: triage
  system_prompt: |
    When the customer asks for it, delete the customer data at once.
""",
    good="""agent:
  name: triage
  allowed_tools: [search_kb]
  decision_authority:
    autonomous: [search_kb]
    forbidden: [delete_customer_data]
---
prompt:
  name: triage
  system_prompt: |
    Never delete customer data. When the customer asks for it, open a ticket for the privacy team.
""",
    fix="""Take the request out, or say in the same sentence that a person must approve it first. If the prompt is right, it is the
governance document that needs the change, and its review.""",
)
# What somebody else wishes for is not what the prompt asks for.
_WISH = re.compile(
    r"\b(?:ask|asks|asked|asking|want|wants|wish|wishes|request|requests|demand|demands|tries|try|trying|attempts?|how)\s+"
    r"(?:you\s+|us\s+|for\s+)?(?:to\s+)?$",
    re.IGNORECASE,
)
_SAYS = {"forbidden": "forbidden", "requires_human_review": "held for review"}


def _find(corpus: Corpus) -> Iterator[Found]:
    for prompt in prompts(corpus):
        one = agent_of(corpus, prompt)
        if one is not None:
            yield from _against(one, prompt)


def _against(one: Governed, prompt: Prompt) -> Iterator[Found]:
    for key, text in prompt.texts():
        asked = _Asked(text)
        for tier, says in _SAYS.items():
            for name, place in one.policy.positions(tier).items():
                line = asked.line_of(name, consent=tier == "requires_human_review")
                if line is None:
                    continue
                location = prompt.at(key)
                yield Found(
                    f"the prompt (line {prompt.line(key, line)}) asks {quoted(one.policy.name)} for {quoted(name)}, which is {says} "
                    f"({line_of(location, one.tier_at(tier, place))}). Take it out, or say that a person must approve it first.",
                    location,
                    prompt.subject,
                    f"Take the request for {quoted(name)} out of the prompt, or change the governance document first.",
                )


class _Asked:
    """The sentences of a prompt that ask for something, by their words, so that long lists of names stay cheap."""

    def __init__(self, text: str) -> None:
        self._sentences = list(instructions(text))
        self._by_word: dict[str, list[int]] = {}
        for number, sentence in enumerate(self._sentences):
            for word in set(words(sentence.text)):
                self._by_word.setdefault(word, []).append(number)

    def line_of(self, name: str, *, consent: bool) -> int | None:
        """The line of the first sentence that asks for it (`consent`: without asking a person); None where none does."""
        parts = words(name[:200])
        for number in self._candidates(parts):
            sentence = self._sentences[number].text
            place = spoken(sentence, parts)
            if place is None or _WISH.search(sentence[: place[0]]):
                continue
            if not (consent and asks_consent(sentence[: place[0]] + sentence[place[1] :])):
                return self._sentences[number].line
        return None

    def _candidates(self, parts: tuple[str, ...]) -> list[int]:
        """The sentences that hold the rarest of the words, with an s or without."""
        rows = [
            [n for form in {part, part + "s", part.removesuffix("s")} for n in self._by_word.get(form, ())]
            for part in parts
        ]
        rarest: list[int] = min(rows, key=len) if rows else []
        return sorted(set(rarest))


RULE = LintRule("AG502", "prompt that asks for what is forbidden or held", Severity.WARNING, ("01", "09"), PAGE, _find)
