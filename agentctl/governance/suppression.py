"""Findings that a comment accepts are held back; what is wrong with such comments is a finding of its own (AG004)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, NamedTuple

from agentctl.documents.node import Document
from agentctl.governance.codes import all_codes
from agentctl.model.finding import Finding, Location, Remediation, Severity

if TYPE_CHECKING:
    from agentctl.governance.directives import Directive

# What these find must not be forgotten: accepting it needs a last day.
NEEDS_END = frozenset({"AG107", "AG505", "AG801"})
# Found by other commands than validate, so validate cannot say that they suppress nothing.
_ELSEWHERE = ("AG8", "AG9")
_FORM = '# agentctl: ignore[AG301] reason="why this is accepted" until=2027-03-01'


class Outcome(NamedTuple):
    """`kept` are the findings that stand; `suppressed` those held back; `problems` the AG004 findings."""

    kept: tuple[Finding, ...]
    suppressed: tuple[Finding, ...]
    problems: tuple[Finding, ...]


def suppress(findings: Iterable[Finding], documents: Iterable[Document], today: date | None = None) -> list[Finding]:
    """The findings that no comment accepts."""
    return list(apply(findings, documents, today=today).kept)


def apply(
    findings: Iterable[Finding],
    documents: Iterable[Document],
    judged: Callable[[str], bool] = lambda _: True,
    today: date | None = None,
) -> Outcome:
    """Hold back what comments accept. `judged` says whether a rule ran at all: a comment for one that did not is not unused."""
    commented = [document for document in _texts(documents) if document.mentions("agentctl")]
    if not commented:
        return Outcome(tuple(findings), (), ())
    from agentctl.governance.directives import directives

    found = directives(commented, all_codes())
    day = today or datetime.now(UTC).date()
    by_line: dict[tuple[str, int], list[Directive]] = {}
    for directive in found:
        for line in directive.lines:
            by_line.setdefault((directive.file, line), []).append(directive)
    kept: list[Finding] = []
    held: list[Finding] = []
    for finding in findings:
        place = finding.location
        meant = [d for d in by_line.get((place.file, place.line), ()) if finding.code in d.codes] if place else []
        for directive in meant:
            directive.used = True
        if any(_holds(d, finding.code, day) for d in meant):
            held.append(finding)
        else:
            kept.append(_returned(finding, meant, day))
    return Outcome(tuple(kept), tuple(held), tuple(_problems(found, judged)))


def _texts(documents: Iterable[Document]) -> Iterator[Document]:
    """One document for every text: the first of each file, and each that stands in a text of its own."""
    seen: set[int] = set()
    for document in documents:
        if document.embedding is not None or id(document.source) not in seen:
            yield document
        if document.embedding is None:
            seen.add(id(document.source))


def _holds(directive: Directive, code: str, today: date) -> bool:
    if directive.fault or code in NEEDS_END and directive.until is None:
        return False
    return directive.until is None or today <= directive.until


def _returned(finding: Finding, meant: Sequence[Directive], today: date) -> Finding:
    """A finding whose acceptance has run out says so."""
    ended = max((d.until for d in meant if not d.fault and d.until and d.until < today), default=None)
    if ended is None:
        return finding
    note = f"{finding.message} (it was accepted until {ended.isoformat()}; that day is past)"
    return replace(finding, message=note)


def _problems(found: Iterable[Directive], judged: Callable[[str], bool]) -> Iterable[Finding]:
    for directive in found:
        endless = next((c for c in directive.codes if c in NEEDS_END and directive.until is None), None)
        if directive.fault:
            yield _problem(
                directive, f"this comment suppresses nothing: {directive.fault}; write {_FORM}", f"write {_FORM}"
            )
        elif endless:
            message = f"{endless} cannot be suppressed without an end: what it finds must be looked at again; add until=YYYY-MM-DD"
            yield _problem(directive, message, "add until=YYYY-MM-DD, the last day on which it is accepted")
        elif not directive.used and all(judged(c) and not c.startswith(_ELSEWHERE) for c in directive.codes):
            names = ", ".join(directive.codes)
            message = f"this comment suppresses nothing: {names} finds nothing at the line it is for; remove it, or move it there"
            yield _problem(directive, message, "remove it, or move it to the line of the finding or right above it")


def _problem(directive: Directive, message: str, fix: str) -> Finding:
    end = directive.column + len(directive.text)
    place = Location(directive.file, directive.line, directive.column, "", directive.line, end)
    return Finding("AG004", Severity.WARNING, f"file/{directive.file}", message, (), Remediation(fix), place)
