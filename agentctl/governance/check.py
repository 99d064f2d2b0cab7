"""Every rule over all documents of a call, and what the schemas have against each of them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from agentctl.documents.node import Document
from agentctl.documents.schema import violations
from agentctl.governance.rules import RULES
from agentctl.governance.rules.base import Corpus, Rule
from agentctl.model.finding import Finding, Location, Severity

Examine = Callable[[Document], Iterable[Finding]]


def check(
    documents: Sequence[Document], codes: frozenset[str] | None = None, examine: Mapping[str, Examine] | None = None
) -> list[Finding]:
    """The findings of the schemas and of all rules (those in `codes`, where given), in the order of files and lines.

    `examine` maps a kind of document to a reader that knows more than its schema (runbooks).
    """
    readers = examine or {}
    found: list[Finding] = []
    if codes is None or "AG002" in codes:
        for document in documents:
            found += readers.get(document.kind, violations)(document)
    echo = _Echo(found, documents)
    rules = [rule for rule in RULES if codes is None or rule.code in codes]
    found += (finding for finding in _ruled(Corpus(documents), rules) if finding not in echo)
    return in_order(found)


def _ruled(corpus: Corpus, rules: Sequence[Rule]) -> Iterator[Finding]:
    """The findings of the rules. Those that look at one governance document at a time see one at a time, so that what they
    work out about it need not be kept for all of ten thousand."""
    alone = [rule for rule in rules if hasattr(getattr(rule, "find", None), "one_at_a_time")]
    for one in corpus.governed if alone else ():
        only = Corpus((one.document,))
        only.__dict__["governed"] = (one,)
        for rule in alone:
            yield from rule.check(only)
        one.forget()
    for rule in rules:
        if rule not in alone:
            yield from rule.check(corpus)


class _Echo:
    """What a rule says of a place that the schema already found fault with, or of the mapping around it, is no second fault:
    a budget that is no number is not also a missing budget."""

    def __init__(self, violations: Iterable[Finding], documents: Iterable[Document]) -> None:
        self._starts: dict[str, list[int]] = {}
        self._faulty: set[tuple[str, int, str]] = set()
        places = [f.location for f in violations if f.location]
        if not places:
            return
        for document in documents:
            self._starts.setdefault(document.file, []).append(document.line)
        for starts in self._starts.values():
            starts.sort()
        for place in places:
            path = place.path
            # The agent as a whole (/agent) is the place of too many rules to keep silent about.
            while path.count("/") > 1:
                self._faulty.add((place.file, self._document(place), path))
                path = path.rpartition("/")[0]

    def __contains__(self, finding: Finding) -> bool:
        place = finding.location
        return (
            bool(self._faulty) and place is not None and (place.file, self._document(place), place.path) in self._faulty
        )

    def _document(self, place: Location) -> int:
        return bisect_right(self._starts.get(place.file, []), place.line)


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Findings by file, line, column and code; files in the order in which they first appear by name."""
    return sorted(findings, key=_place)


def _place(finding: Finding) -> tuple[str, int, int, str]:
    place = finding.location
    return (place.file, place.line, place.column, finding.code) if place else ("", 0, 0, finding.code)


def with_severities(findings: Iterable[Finding], severities: Mapping[str, Severity]) -> list[Finding]:
    """The findings with the severities that a config gives to their rules."""
    return [replace(f, severity=severities[f.code]) if f.code in severities else f for f in findings]
