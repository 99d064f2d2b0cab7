"""What a person sees of `validate`: each finding with its line and a caret, then a summary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from agentctl.model.finding import Finding, Location, Severity
from agentctl.model.report import Report
from agentctl.render.blocks import Block, Cell, Column, Heading, Source, Table, Text, Tone

TONES: dict[Severity, Tone] = {Severity.ERROR: "bad", Severity.WARNING: "warn", Severity.INFO: "plain"}
LineOf = Callable[[Location], str | None]


def findings_view(line_of: LineOf) -> Callable[[Report, bool], Sequence[Block]]:
    """A view that shows the source of every finding; `line_of` gives the line of a location, None where there is none."""

    def view(report: Report, wide: bool) -> Sequence[Block]:
        blocks: list[Block] = []
        secrets = _secrets(report.findings)
        for finding in report.findings:
            blocks += _finding(finding, lambda place: _without(secrets, place, line_of(place)), wide)
        return [*blocks, Text(summary(report), _tone(report))]

    return view


def _secrets(findings: Sequence[Finding]) -> dict[tuple[str, int], list[Location]]:
    """Where secrets were found, by file and line: no finding may show them, whatever it is about."""
    out: dict[tuple[str, int], list[Location]] = {}
    for place in (f.location for f in findings if f.code == "AG505"):
        if place is not None:
            out.setdefault((place.file, place.line), []).append(place)
    return out


def _without(secrets: dict[tuple[str, int], list[Location]], place: Location, line: str | None) -> str | None:
    """The line with asterisks where secrets stand, as many as there were characters, so that the caret stays right."""
    for found in secrets.get((place.file, place.line), ()) if line is not None else ():
        assert line is not None
        end = found.end_column - 1 if found.end_column and found.end_line == found.line else len(line)
        line = line[: found.column - 1] + "*" * (min(end, len(line)) - found.column + 1) + line[end:]
    return line


def table_view(report: Report, wide: bool) -> Sequence[Block]:
    """The findings as a table, for Markdown and CSV."""
    columns = [Column(name) for name in ("severity", "code", "place", "what is wrong", "what to do")]
    rows = [_row(finding, wide) for finding in report.findings]
    if wide:
        columns[2:3] = [Column(name) for name in ("file", "line", "column", "subject")]
        return [Table(columns, rows)]
    table = [Table(columns, rows)] if rows else []
    return [Heading("agentctl validate"), Text(summary(report)), *table]


def _row(finding: Finding, split: bool) -> list[Cell]:
    place = finding.location
    where = [Cell(str(place) if place else "")]
    if split:
        parts = (place.file, str(place.line), str(place.column)) if place else ("", "", "")
        where = [*map(Cell, parts), Cell(finding.subject)]
    advice = finding.remediation.text if finding.remediation else ""
    tone = TONES[finding.severity]
    return [Cell(finding.severity.label, tone), Cell(finding.code), *where, Cell(finding.message), Cell(advice)]


def _finding(finding: Finding, line_of: LineOf, wide: bool) -> list[Block]:
    """The message says what to do in short; `wide` adds it at length."""
    place = finding.location
    blocks: list[Block] = [
        Heading(
            f"{f'{place}: ' if place else ''}{finding.severity.label} {finding.code}: {finding.message}",
            TONES[finding.severity],
        )
    ]
    line = line_of(place) if place else None
    if place and line is not None and line.strip():
        end = place.end_column if place.end_line == place.line and place.end_column else len(line.rstrip()) + 1
        blocks.append(Source(place.line, line, place.column, max(min(end, len(line) + 1), place.column + 1)))
    blocks += [Text(text, indent=9) for text in finding.evidence]
    if wide and finding.remediation and finding.remediation.text:
        blocks.append(Text(f"= {finding.remediation.text}", "dim", indent=7))
    return [*blocks, Text("")]


def summary(report: Report) -> str:
    """`3 documents: 1 error, 2 warnings (1 suppressed)`, and what explains the first of them."""
    counts = Counter(f.severity for f in report.findings)
    parts = [_count(counts[s], s.label) for s in (Severity.ERROR, Severity.WARNING, Severity.INFO) if counts[s]]
    notes = [f"{n} {word}" for word in ("suppressed", "in the baseline") if (n := report.data.get(_KEYS[word], 0))]
    notes += (
        [f"{_count(len(report.data.get('skipped', ())), 'document')} skipped"] if report.data.get("skipped") else []
    )
    if not parts and not report.data.get("documents"):
        return "nothing was checked" + (f" ({', '.join(notes)})" if notes else "")
    text = f"{_count(len(report.data.get('documents', ())), 'document')}: {', '.join(parts) or 'no findings'}"
    text += f" ({', '.join(notes)})" if notes else ""
    worst = max(report.findings, key=lambda f: f.severity, default=None)
    return text + (f"; `agentctl explain {worst.code}` says more" if worst else "")


_KEYS = {"suppressed": "suppressed", "in the baseline": "baselined"}


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def _tone(report: Report) -> Tone:
    worst = max((f.severity for f in report.findings), default=None)
    if report.errors:
        return "bad"
    return "good" if worst is None else TONES[worst]
