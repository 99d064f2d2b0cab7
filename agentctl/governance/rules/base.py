"""What a lint rule is, and what it sees: all documents of the call, with the policies of the governance documents."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, Protocol

from agentctl.documents.node import Document
from agentctl.governance.decide import decide, named_by
from agentctl.governance.policy import Policy, Tool
from agentctl.governance.read import policy_of
from agentctl.governance.rules.similar import Similar
from agentctl.governance.rules.wording import alike, is_wildcard, subject, unversioned
from agentctl.model.finding import Finding, Location, Remediation, Severity

TIER_KEY = ("agent", "decision_authority")


class Page(NamedTuple):
    """What `agentctl explain` shows: why the rule matters, a document it finds, one it does not, and how to get there."""

    why: str
    bad: str
    good: str
    fix: str


class Found(NamedTuple):
    """What a rule found. `severity` None is the rule's own; `fix` is what to write instead, a sentence."""

    message: str
    location: Location
    subject: str
    fix: str = ""
    severity: Severity | None = None
    evidence: tuple[str, ...] = ()


class Rule(Protocol):
    """A lint rule. `asi` are the numbers ("02") of the OWASP Top 10 for Agentic Applications that it guards against."""

    @property
    def code(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def severity(self) -> Severity: ...
    @property
    def asi(self) -> tuple[str, ...]: ...
    @property
    def page(self) -> Page: ...
    def check(self, corpus: Corpus) -> Iterator[Finding]:
        """Every finding of this rule in the documents of the call."""
        ...


@dataclass(frozen=True, slots=True)
class LintRule:
    """A rule as data around one function that finds."""

    code: str
    title: str
    severity: Severity
    asi: tuple[str, ...]
    page: Page
    find: Callable[[Corpus], Iterator[Found]]

    def check(self, corpus: Corpus) -> Iterator[Finding]:
        """Every finding of this rule in the documents of the call."""
        for found in self.find(corpus):
            yield Finding(
                self.code,
                found.severity or self.severity,
                found.subject,
                found.message,
                found.evidence,
                Remediation(found.fix, f"agentctl explain {self.code}"),
                found.location,
            )


class Governed:
    """A governance document with its policy, and the questions that rules ask of the two."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.policy: Policy = policy_of(document.data)

    @property
    def subject(self) -> str:
        """`agent/NAME`."""
        return subject("agent", self.policy.name)

    @cached_property
    def allowed(self) -> tuple[tuple[int, Tool], ...]:
        """The allowed tools with their positions in `allowed_tools`; wildcards, empty and repeated names left out."""
        places = self.policy.positions("allowed_tools")
        found = sorted((place, self.policy.tools[name]) for name, place in places.items() if not is_wildcard(name))
        return tuple(found)

    @cached_property
    def _outcomes(self) -> dict[str, str]:
        return {tool.name: decide(self.policy, tool.name).outcome for _, tool in self.allowed}

    def forget(self) -> None:
        """Drop what was worked out for the rules; it is worked out anew when it is asked for."""
        for name in [name for name in self.__dict__ if name not in ("document", "policy")]:
            del self.__dict__[name]
        self.policy.remembered.clear()

    def outcome(self, tool: Tool) -> str:
        """allow, review or deny, with nothing used up."""
        return self._outcomes.get(tool.name, "deny")

    @cached_property
    def usable(self) -> tuple[tuple[int, Tool], ...]:
        """The allowed tools that are not denied."""
        return tuple((place, tool) for place, tool in self.allowed if self.outcome(tool) != "deny")

    def tier_of(self, tool: Tool) -> str | None:
        """The tier that names the tool or one of its actions; None where it runs on the default."""
        named = named_by(self.policy, tool)
        return named[0] if named else None

    @cached_property
    def tied(self) -> dict[str, str]:
        """The actions that are tied to an allowed tool, each with that tool's name."""
        return {action: tool.name for _, tool in reversed(self.allowed) for action in tool.actions if action}

    @cached_property
    def similar(self) -> Similar:
        """The allowed tools, ready for "did you mean"."""
        return Similar(tool.name for _, tool in self.allowed)

    def tier(self, tier: str) -> Iterator[tuple[int, str]]:
        """The names of a tier with their positions, repeated ones too."""
        return ((place, name) for place, name in enumerate(self.policy.tiers.get(tier, ())) if name)

    def at(self, *parts: str | int, key: bool = False) -> Location:
        """The location of a path below `agent`; of the key of what should hold it where it is missing."""
        return self.document.at("agent", *parts, key=key)

    def tier_at(self, tier: str, place: int) -> Location:
        """The location of an entry of a tier."""
        return self.document.at(*TIER_KEY, tier, place)

    def tool_at(self, place: int) -> Location:
        """The location of an entry of `allowed_tools`."""
        return self.at("allowed_tools", place)

    def authority_at(self) -> Location:
        """The key `decision_authority`, of `agent` where there is none."""
        return self.at("decision_authority", key=True) if self.policy.has_authority else self.at(key=True)


class Corpus:
    """All documents of one call."""

    def __init__(self, documents: Iterable[Document]) -> None:
        self.documents = tuple(documents)

    def of_kind(self, kind: str) -> tuple[Document, ...]:
        """The documents of a kind, in the order given."""
        return self._kinds.get(kind, ())

    @cached_property
    def _kinds(self) -> dict[str, tuple[Document, ...]]:
        out: dict[str, list[Document]] = {}
        for document in self.documents:
            out.setdefault(document.kind, []).append(document)
        return {kind: tuple(found) for kind, found in out.items()}

    @cached_property
    def governed(self) -> tuple[Governed, ...]:
        """The governance documents with their policies."""
        return tuple(Governed(document) for document in self.of_kind("governance"))

    @cached_property
    def agents(self) -> dict[str, tuple[Governed, ...]]:
        """The governance documents by agent name; one name may stand in several files (one an environment)."""
        out: dict[str, tuple[Governed, ...]] = {}
        for one in self.governed:
            if one.policy.name:
                out[one.policy.name] = (*out.get(one.policy.name, ()), one)
        return out

    @cached_property
    def agents_alike(self) -> dict[str, tuple[Governed, ...]]:
        """The governance documents by agent name as prompts find them, and by that name without its version."""
        out: dict[str, tuple[Governed, ...]] = {}
        for name, found in self.agents.items():
            for same in dict.fromkeys((alike(name), unversioned(name))):
                out[same] = (*out.get(same, ()), *found)
        return out

    @cached_property
    def known_tools(self) -> frozenset[str]:
        """The tools that any governance document allows or describes."""
        return frozenset(name for one in self.governed for name in one.policy.tools)


def each(find: Callable[[Governed], Iterator[Found]]) -> Callable[[Corpus], Iterator[Found]]:
    """A rule that reads one governance document at a time."""

    def over(corpus: Corpus) -> Iterator[Found]:
        for one in corpus.governed:
            yield from find(one)

    over.one_at_a_time = True  # type: ignore[attr-defined]
    return over
