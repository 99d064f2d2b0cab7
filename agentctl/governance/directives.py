"""Suppression comments: `# agentctl: ignore[AG301,AG304] reason="…" until=2027-03-01`."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from agentctl.documents.node import Document
from agentctl.model.untrusted import shorten, visible

_START = re.compile(r"#+\s*agentctl\s*:\s*(?P<word>[A-Za-z][\w-]*)(?P<rest>.*)", re.DOTALL)
_CODES = re.compile(r"\s*\[(?P<codes>[^\]]*)\]")
_OPTION = re.compile(r"""\s*(?P<key>[a-z]+)\s*=\s*(?:"(?P<dq>[^"]*)"|'(?P<sq>[^']*)'|(?P<bare>[^\s"',]+))\s*,?""")
# Words that people who know other linters write for `ignore`.
_MEANT = ("ignore", "disable", "noqa", "suppress", "skip", "allow", "nolint")


@dataclass(slots=True)
class Directive:
    """A suppression comment. `lines` are the lines it is for; `fault` is what is wrong with it ("" if nothing).

    `until` is the last day on which it holds. `used` turns true when it meets a finding, whether or not it holds it back.
    """

    file: str
    line: int
    column: int
    text: str
    lines: frozenset[int] = frozenset()
    codes: tuple[str, ...] = ()
    reason: str = ""
    until: date | None = None
    fault: str = ""
    used: bool = field(default=False, compare=False)


def directives(documents: Iterable[Document], codes: Iterable[str]) -> list[Directive]:
    """The suppression comments of the documents' files, each once. `codes` are the codes that exist."""
    found: dict[tuple[str, int, int], Directive] = {}
    known = frozenset(codes)
    for document in documents:
        comments = {line: column for line, column, _ in document.comments}
        for line, column, text in document.comments:
            if (document.file, line, column) in found or not _START.match(text):
                continue
            directive = parse(document.file, line, column, text, known)
            if directive:
                directive.lines = _lines(document, line, column, comments)
                found[document.file, line, column] = directive
    return list(found.values())


def parse(file: str, line: int, column: int, text: str, known: frozenset[str]) -> Directive | None:
    """Read one comment; None where it is prose."""
    start = _START.match(text)
    if not start or not difflib.get_close_matches(start["word"].lower(), _MEANT, 1, 0.75):
        return None
    made = Directive(file, line, column, text)
    codes = _CODES.match(start["rest"])
    if start["word"] != "ignore":
        made.fault = f"`{visible(start['word'])}` is not known"
    elif not codes:
        made.fault = "it names no rule in square brackets"
    else:
        made.codes = tuple(code.strip() for code in codes["codes"].split(",") if code.strip())
        made.fault = _codes_fault(made.codes, known) or _options(made, start["rest"][codes.end() :])
    return made


def _codes_fault(codes: tuple[str, ...], known: frozenset[str]) -> str:
    if not codes:
        return "it names no rule in square brackets"
    strange = next((code for code in codes if code not in known), None)
    if strange is None:
        return ""
    close = difflib.get_close_matches(strange.upper(), known, 1, 0.6)
    return f"there is no rule {shorten(visible(strange), 20)}" + (f" (did you mean {close[0]}?)" if close else "")


def _options(made: Directive, rest: str) -> str:
    """Take in `reason` and `until`; what is wrong with them, "" if nothing."""
    at = 0
    while match := _OPTION.match(rest, at):
        at = match.end()
        value = next(v for v in (match["dq"], match["sq"], match["bare"]) if v is not None)
        if match["key"] == "reason":
            made.reason = value.strip()
        elif match["key"] == "until":
            try:
                made.until = date.fromisoformat(value)
            except ValueError:
                return f"until={shorten(visible(value), 20)} is no date; write until=2027-03-01"
        else:
            return f"`{visible(match['key'])}=` is not known; there are reason= and until="
    if rest[at:].strip():
        return f"`{shorten(visible(rest[at:].strip()), 40)}` is not understood; put the reason in quotes"
    return "" if made.reason else 'it lacks its reason; add reason="…"'


def _lines(document: Document, line: int, column: int, comments: dict[int, int]) -> frozenset[int]:
    """The line the comment is for: its own, or the next that is neither comment nor blank; with it the lines of a block scalar
    that starts there, since no comment can stand inside."""
    lines = document.lines
    target = line
    if not lines[line - 1][: column - 1].strip():
        target += 1
        while target <= len(lines) and (not lines[target - 1].strip() or _only_comment(lines, target, comments)):
            target += 1
    for first, last in document.blocks:
        if first == target:
            return frozenset(range(first, last + 1))
    return frozenset({target})


def _only_comment(lines: tuple[str, ...], number: int, comments: dict[int, int]) -> bool:
    column = comments.get(number)
    return column is not None and not lines[number - 1][: column - 1].strip()
