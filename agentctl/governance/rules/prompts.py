"""Prompts: whose they are, and what their text tells an agent to do."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from agentctl.documents.node import Document
from agentctl.governance.rules.base import Corpus, Governed
from agentctl.governance.rules.wording import alike, subject, unversioned
from agentctl.model.finding import Location

TEXTS = ("system_prompt", "instructions")
_SENTENCE = re.compile(r"(?P<item>\s*\n[ \t]*(?:[-*•]|\d+[.)])[ \t]+)|(?<=[.!?])\s+(?=\S)|\n\s*\n")
# What turns an instruction round, and what hands the matter to somebody else.
_NEGATION = re.compile(
    r"\b(?:not|never|don't|dont|doesn't|cannot|can't|mustn't|shouldn't|won't|avoid|refuse|refrain|forbidden|prohibited|"
    r"unavailable|disallowed|instead\s+of|rather\s+than|no\s+longer|nobody|no\s+access|off[\s-]limits|under\s+no)\b",
    re.IGNORECASE,
)
_CONSENT = re.compile(
    r"\b(?:approv\w*|review\w*|confirm\w*|consent\w*|permission\w*|sign[\s-]?off\w*|human\w*|supervisor\w*|escalat\w*|"
    r"ask\s+(?:a|the|your|for)|draft\w*|propos\w*|suggest\w*|hand\s*(?:over|off))\b",
    re.IGNORECASE,
)
# "Without" forbids what comes before it, unless it is a person's consent that is to be done without: that is an order.
_WITHOUT = re.compile(r"\bwithout\b(?P<what>[^.,;:!?\n]*)", re.IGNORECASE)
_ASKING = re.compile(r"\b(?:ask|check|wait|hesitat|delay|question)\w*", re.IGNORECASE)
_NONE = re.compile(r"\b(?:no|none|nothing)\b", re.IGNORECASE)

_TOKEN = re.compile(r"[A-Za-z]+|\d+")
_BREAK = re.compile(r"[.,;:!?()\[\]{}\"]")
_SMALL = frozenset("the a an any all each every their his her its this that these those your our s of".split())
_MOST_SMALL = 3


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
    """The sentences of a prompt that tell somebody to do something, the items of its lists each for itself.

    Sentences that forbid are left out, and with them the items of a list that one of them announces ("Never: …").
    """
    line = line_of(text)
    start, item, announced = 0, False, False
    for match in [*_SENTENCE.finditer(text), None]:
        end = match.start() if match else len(text)
        sentence = text[start:end]
        if sentence.strip():
            against = forbids(sentence)
            if not against and not (item and announced):
                yield Instruction(sentence, line(start + len(sentence) - len(sentence.lstrip())))
            if not item:
                announced = against
        item = match is not None and (bool(match["item"]) or (item and "\n" not in match.group()))
        start = match.end() if match else end


def line_of(text: str) -> Callable[[int], int]:
    """A function from an offset in the text to its line, from 0."""
    ends = [match.start() for match in re.finditer("\n", text)]
    return lambda offset: bisect_left(ends, offset)


def forbids(sentence: str) -> bool:
    """Whether a sentence tells somebody not to do something."""
    if _NEGATION.search(sentence):
        return True
    return any(_NONE.search(sentence[: w.start()]) or not _waives(w["what"]) for w in _WITHOUT.finditer(sentence))


def asks_consent(sentence: str) -> bool:
    """Whether a sentence puts a person's consent before what it asks for."""
    return bool(_CONSENT.search(_WITHOUT.sub("", sentence)))


def _waives(what: str) -> bool:
    """Whether it is a person's consent that something is to be done without."""
    return bool(_CONSENT.search(what) or _ASKING.search(what))


def spoken(sentence: str, parts: Sequence[str]) -> tuple[int, int] | None:
    """Where a sentence says a name of several words in its order, as prose does; None where it does not.

    `delete_customer_data` is also "delete all the customer's data": plurals and up to two small words in between count.
    """
    tokens = [(match.group().lower(), match.start(), match.end()) for match in _TOKEN.finditer(sentence)]
    for first in range(len(tokens)) if len(parts) > 1 else ():
        last = _follow(sentence, tokens, first, parts)
        if last is not None:
            return tokens[first][1], tokens[last][2]
    return None


def _follow(sentence: str, tokens: list[tuple[str, int, int]], first: int, parts: Sequence[str]) -> int | None:
    """The last token of a name that begins at the first one."""
    at = first
    for number, part in enumerate(parts):
        skipped = 0
        while (
            number and at < len(tokens) and tokens[at][0] in _SMALL and skipped < _MOST_SMALL and tokens[at][0] != part
        ):
            at, skipped = at + 1, skipped + 1
        if at >= len(tokens) or tokens[at][0] not in (part, part + "s", part.removesuffix("s")):
            return None
        at += 1
    between = sentence[tokens[first][1] : tokens[at - 1][2]]
    return None if _BREAK.search(between) else at - 1


def _nearest(found: tuple[Governed, ...], prompt: Prompt) -> Governed | None:
    here = prompt.document.file.split("/")

    def shared(one: Governed) -> int:
        pairs = zip(here, one.document.file.split("/"), strict=False)
        return next((i for i, (a, b) in enumerate(pairs) if a != b), len(here))

    return max(found, key=shared, default=None)
