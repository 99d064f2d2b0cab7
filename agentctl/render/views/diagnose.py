"""What a person sees of `diagnose`: causes first, then a row a step, then what could not be seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from agentctl.model.duration import format_time
from agentctl.model.finding import Remediation, Severity
from agentctl.model.report import Cause, Report, StepResult
from agentctl.model.untrusted import shorten
from agentctl.render.blocks import Block, Cell, Column, Command, Heading, Table, Text, Tone
from agentctl.render.views.cost_words import sparkline

_STATUS: Mapping[str, Tone] = {"pass": "good", "warn": "warn", "fail": "bad", "unknown": "warn", "skipped": "dim"}
_GROUPS, _WIDTH = 5, 110


def diagnose_view(report: Report, wide: bool) -> Sequence[Block]:
    """The whole page. In markdown it reads as the draft of a post-mortem."""
    blocks: list[Block] = [_verdict(report), Text(_where(report), "dim")]
    for number, cause in enumerate(report.causes, 1):
        blocks += _cause(number, cause, wide)
    blocks += _signals(report.data.get("signals", ()))
    blocks += _groups(report.data.get("groups", ()), wide, _several_days(report))
    blocks += steps_blocks(report.steps)
    return [*blocks, *_unseen(report)]


def _verdict(report: Report) -> Block:
    failed = [s for s in report.steps if s.status == "fail"]
    errors = [c for c in report.causes if c.severity is Severity.ERROR]
    if errors:
        n = len(errors)
        return Heading(
            f"{n} root cause{'s' if n > 1 else ''} found: " + "; ".join(f"{c.id} ({c.subject})" for c in errors[:4]),
            "bad",
        )
    if failed:
        return Heading(f"{failed[0].title}: {failed[0].message}", "bad")
    if report.causes:
        return Heading(
            "dear, but nothing is broken: " + "; ".join(f"{c.id} ({c.subject})" for c in report.causes[:4]), "warn"
        )
    unknown = [s for s in report.steps if s.status == "unknown"]
    if unknown or report.errors:
        return Heading("nothing wrong was seen, but not everything could be looked at", "warn")
    return Heading("nothing is wrong", "good")


def _where(report: Report) -> str:
    window = f", {format_time(report.window.start)} to {format_time(report.window.end)}" if report.window else ""
    return f"{report.target.kind} {report.target.name}{window}{', incomplete' if report.incomplete else ''}"


def _cause(number: int, cause: Cause, wide: bool) -> list[Block]:
    since = f", since {format_time(cause.since)}" if cause.since else ""
    tone: Tone = "bad" if cause.severity is Severity.ERROR else "warn"
    blocks: list[Block] = [
        Heading(f"{number}. {cause.id}: {cause.subject}{since} (confidence {cause.confidence:.2f})", tone),
        Text(cause.summary, "strong", 3),
    ]
    evidence = cause.evidence if wide else cause.evidence[:4]
    blocks += [Text(line, indent=5) for line in evidence]
    if cause.explains:
        blocks.append(Text("explains: " + "; ".join(cause.explains[:5]), "dim", 3))
    return blocks + _next(cause.remediation)


def _next(advice: Remediation | None) -> list[Block]:
    if advice is None:
        return []
    blocks: list[Block] = [Text(f"next: {advice.text}", indent=3)] if advice.text else []
    return [*blocks, Command(advice.command, 3)] if advice.command else blocks


def _signals(rows: Sequence[Mapping[str, Any]]) -> list[Block]:
    if not rows:
        return []
    columns = [Column("signal"), Column("over the window"), Column("peak", right=True), Column("unit")]
    table = [
        [
            Cell(r["name"]),
            Cell(sparkline(r["values"], len(r["values"]))),
            Cell(f"{r['peak']:,.4g}"),
            Cell(r["unit"], "dim"),
        ]
        for r in rows
    ]
    return [Heading("Signals"), Table(columns, table)]


def _several_days(report: Report) -> bool:
    """Whether a time of day alone would not say which day it was."""
    groups = report.data.get("groups", ())
    moments = [g[key] for g in groups for key in ("firstSeen", "lastSeen") if g[key]]
    moments += [report.window.start, report.window.end] if report.window else []
    return len({m.astimezone(UTC).date() for m in moments}) > 1


def _short(moment: datetime | None, dated: bool) -> str:
    """A time in a narrow column: to the second, UTC, with its day only where the window has several."""
    return "?" if moment is None else moment.astimezone(UTC).strftime("%m-%d %H:%M:%SZ" if dated else "%H:%M:%SZ")


def _groups(groups: Sequence[Mapping[str, Any]], wide: bool, dated: bool) -> list[Block]:
    if not groups:
        return []
    shown = groups if wide else groups[:_GROUPS]
    columns = [
        Column("count", right=True),
        Column("error"),
        Column("agents"),
        Column("first seen"),
        Column("last seen"),
        Column("pods", wide=True),
    ]
    rows = [
        [
            Cell(f"{g['count']:,}"),
            Cell(g["template"] if wide else shorten(g["template"], _WIDTH)),
            Cell(_names(g["agents"])),
            Cell(_short(g["firstSeen"], dated)),
            Cell(_short(g["lastSeen"], dated)),
            Cell(_names(g["pods"])),
        ]
        for g in shown
    ]
    more = (
        [Text(f"and {len(groups) - len(shown)} more kinds (-o wide shows all)", "dim")]
        if len(groups) > len(shown)
        else []
    )
    return [Heading("Errors"), Table(columns, rows), *more]


def _names(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" +{len(names) - 3}" if len(names) > 3 else "")


def steps_blocks(steps: Sequence[StepResult]) -> list[Block]:
    """A row a step, and below the table what failed steps advise."""
    if not steps:
        return []
    columns = [
        Column("status"),
        Column("runbook", wide=True),
        Column("step"),
        Column("what was seen"),
        Column("ms", right=True, wide=True),
    ]
    rows = [
        [Cell(s.status, _STATUS[s.status]), Cell(s.runbook), Cell(s.title), Cell(s.message), Cell(str(s.duration_ms))]
        for s in steps
    ]
    blocks: list[Block] = [Heading("Steps"), Table(columns, rows)]
    for step in steps:
        if step.status == "fail" and step.remediation:
            blocks += _next(step.remediation)
    return blocks


def _unseen(report: Report) -> list[Block]:
    """Each reason once, with the steps that it concerns: a server that is down says the same to all of them."""
    titles: dict[tuple[str, str], list[str]] = {}
    for step in report.steps:
        if step.status == "unknown":
            titles.setdefault((step.message, step.error.hint if step.error else ""), []).append(step.title)
    told = {message for message, _ in titles}
    notes = [
        f"{_names(list(dict.fromkeys(names)))}: {message}" + (f" ({hint})" if hint else "")
        for (message, hint), names in titles.items()
    ]
    notes += [e.message + (f" ({e.hint})" if e.hint else "") for e in report.errors]
    told |= {e.message for e in report.errors}
    notes += [f"{row['source']}: {row['why']}" for row in report.data.get("unseen", ()) if row["why"] not in told]
    unique = list(dict.fromkeys(notes))
    return [Heading("Could not be seen", "warn"), *(Text(n, indent=2) for n in unique)] if unique else []
