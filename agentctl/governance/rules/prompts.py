"""Prompts: whose they are, and what their text tells an agent to do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from agentctl.documents.node import Document
from agentctl.governance.names import words
from agentctl.governance.rules.base import Corpus, Governed, alike, subject, unversioned
from agentctl.model.finding import Location

TEXTS = ("system_prompt", "instructions")
_SENTENCE = re.compile(r"(?<=[.!?;:])\s+(?=\S)|\n\s*(?:[-*•]|\d+[.)])\s+|\n\s*\n")
# What turns an instruction round, and what hands the matter to somebody else.
_NEGATION = re.compile(
    r"\b(?:not|never|don't|dont|doesn't|cannot|can't|mustn't|shouldn't|won't|without|avoid|refuse|refrain|forbidden|prohibited|"
    r"unavailable|disallowed|instead\s+of|rather\s+than|no\s+longer|nobody|no\s+access|off[\s-]limits|under\s+no)\b",
    re.IGNORECASE,
)
_CONSENT = re.compile(
    r"\b(?:approv\w*|review\w*|confirm\w*|consent\w*|permission\w*|sign[\s-]?off\w*|human\w*|supervisor\w*|escalat\w*|"
    r"ask\s+(?:a|the|your|for)|draft\w*|propos\w*|suggest\w*|hand\s*(?:over|off))\b",
    re.IGNORECASE,
)


class Instruction(NamedTuple):
    """A sentence of a prompt, and the line of the text on which it starts (from 0)."""

    text: str
    line: int


class Prompt:
    """A prompt document with its text."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.name = document.name

    @property
    def subject(self) -> str:
        """`prompt/NAME`."""
        return subject("prompt", self.name)

    def texts(self) -> Iterator[tuple[str, str]]:
        """(key, text) of what the model is told."""
        for key in TEXTS:
            text = self.document.get("prompt", key)
            if isinstance(text, str):
                yield key, text

    def at(self, *parts: str | int, key: bool = False) -> Location:
        """The location of a path below `prompt`."""
        return self.document.at("prompt", *parts, key=key)

    def line(self, key: str, offset: int) -> int:
        """The line of the file on which a line of a text stands; the text's first where that cannot be told."""
        start = self.at(key).line
        lines = self.document.lines
        block = 0 < start <= len(lines) and re.search(r"[|>][+\-\d]*\s*(?:#.*)?$", lines[start - 1])
        return start + 1 + offset if block else start


def prompts(corpus: Corpus) -> Iterator[Prompt]:
    """The prompts of the call."""
    return (Prompt(document) for document in corpus.of_kind("prompt"))


def agent_of(corpus: Corpus, prompt: Prompt) -> Governed | None:
    """The governance document of the agent that a prompt belongs to; None where the call has none.

    `agent:` names it; without that the names decide, `_` and `-` alike, a trailing `_vN` dropped. Where several files
    describe the agent, the one that lies nearest to the prompt's file counts.
    """
    written = prompt.document.get("prompt", "agent", default=None) or prompt.document.get("agent")
    if isinstance(written, str) and written:
        return _nearest(corpus.agents.get(written, ()), prompt)
    if not prompt.name:
        return None
    for same in (alike(prompt.name), unversioned(prompt.name)):
        found = corpus.agents_alike.get(same)
        if found:
            return _nearest(found, prompt)
    return None


def instructions(text: str) -> Iterator[Instruction]:
    """The sentences of a prompt, the items of its lists each for itself."""
    start = 0
    for match in [*_SENTENCE.finditer(text), None]:
        end = match.start() if match else len(text)
        sentence = text[start:end]
        if sentence.strip():
            yield Instruction(sentence, text.count("\n", 0, start + len(sentence) - len(sentence.lstrip())))
        start = match.end() if match else end


def forbids(sentence: str) -> bool:
    """Whether a sentence tells somebody not to do something."""
    return bool(_NEGATION.search(sentence))


def asks_consent(sentence: str) -> bool:
    """Whether a sentence puts a person's consent before what it asks for."""
    return bool(_CONSENT.search(sentence))


@lru_cache(maxsize=4096)
def phrase(name: str) -> re.Pattern[str] | None:
    """A pattern for a name as prose says it: `delete_customer_data` is also "delete the customer's data"; None for one word."""
    parts = words(name[:200])
    if len(parts) < 2:
        return None
    between = r"(?:'s|s')?[\s_-]+(?:(?:the|a|an|any|all|each|every|their|his|her|its|this|that|these|those|your|our)\s+){0,2}\$?"
    return re.compile(r"\b" + between.join(re.escape(word) + "s?" for word in parts) + r"\b", re.IGNORECASE)


def _nearest(found: tuple[Governed, ...], prompt: Prompt) -> Governed | None:
    here = prompt.document.file.split("/")

    def shared(one: Governed) -> int:
        pairs = zip(here, one.document.file.split("/"), strict=False)
        return next((i for i, (a, b) in enumerate(pairs) if a != b), len(here))

    return max(found, key=shared, default=None)
