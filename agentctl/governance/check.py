"""Every rule over all documents of a call, and what the schemas have against each of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from agentctl.documents.node import Document
from agentctl.documents.schema import violations
from agentctl.governance.rules import RULES
from agentctl.governance.rules.base import Corpus
from agentctl.model.finding import Finding, Severity

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
    corpus = Corpus(documents)
    for rule in RULES:
        if codes is None or rule.code in codes:
            found += rule.check(corpus)
    return in_order(found)


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Findings by file, line, column and code; files in the order in which they first appear by name."""
    return sorted(findings, key=_place)


def _place(finding: Finding) -> tuple[str, int, int, str]:
    place = finding.location
    return (place.file, place.line, place.column, finding.code) if place else ("", 0, 0, finding.code)


def with_severities(findings: Iterable[Finding], severities: Mapping[str, Severity]) -> list[Finding]:
    """The findings with the severities that a config gives to their rules."""
    return [replace(f, severity=severities[f.code]) if f.code in severities else f for f in findings]
