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
# One that follows another remark in the same comment; only what is beyond doubt, since prose may speak of such comments.
_LATER = re.compile(r"(?<=\s)#+\s*agentctl\s*:\s*ignore\s*\[.*", re.DOTALL)
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
    """The suppression comments of the documents' files. `codes` are the codes that exist."""
    found: dict[tuple[str, int, int], Directive] = {}
    known = frozenset(codes)
    for document in documents:
        targets: _Targets | None = None
        for line, column, text in document.comments:
            directive = parse(document.file, line, column, text, known)
            if directive:
                targets = targets or _Targets(document)
                directive.lines = targets.of(line, column)
                found.setdefault((document.file, line, column), directive)
    return list(found.values())


def parse(file: str, line: int, column: int, text: str, known: frozenset[str]) -> Directive | None:
    """Read one comment; None where it is prose."""
    later = None if _START.match(text) else _LATER.search(text)
    start = _START.match(later.group() if later else text)
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


class _Targets:
    """Which lines a comment of a document is for. Made once a document, so that many comments stay linear."""

    def __init__(self, document: Document) -> None:
        self._lines = document.lines
        self._blocks = dict(document.blocks)
        alone = {line for line, column, _ in document.comments if not self._lines[line - 1][: column - 1].strip()}
        # For every line the first from there on that is neither a comment nor blank.
        self._next = [len(self._lines) + 1] * (len(self._lines) + 2)
        for number in range(len(self._lines), 0, -1):
            skipped = number in alone or not self._lines[number - 1].strip()
            self._next[number] = self._next[number + 1] if skipped else number

    def of(self, line: int, column: int) -> frozenset[int]:
        """Its own line, or the next one with code where it stands alone; with it the lines of a block scalar that starts there,
        since no comment can stand inside."""
        own = bool(self._lines[line - 1][: column - 1].strip())
        target = line if own else self._next[line]
        return frozenset(range(target, self._blocks.get(target, target) + 1))
