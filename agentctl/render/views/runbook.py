"""What a person sees of `runbook list|show|run|validate`."""

from __future__ import annotations

from collections.abc import Sequence

from agentctl.model.report import Report
from agentctl.render.blocks import Block, Cell, Column, Heading, Table, Text
from agentctl.render.views.diagnose import steps_blocks


def list_view(report: Report, wide: bool) -> Sequence[Block]:
    """A row a runbook; wide: the step types and what they tell, too."""
    columns = [Column("name"), Column("title"), Column("steps"), Column("source", wide=True)]
    rows = [
        [Cell(r["name"], "strong"), Cell(r["title"]), Cell(", ".join(r["steps"])), Cell(r["source"])]
        for r in report.data["runbooks"]
    ]
    blocks: list[Block] = [Table(columns, rows)]
    if wide:
        types = [
            [
                Cell(t["name"], "strong"),
                Cell(t["summary"]),
                Cell(", ".join(t["options"]) or "-"),
                Cell(", ".join(t["facts"])),
            ]
            for t in report.data["stepTypes"]
        ]
        blocks += [
            Heading("Step types"),
            Table([Column("type"), Column("what it asks"), Column("options"), Column("facts")], types),
        ]
    return blocks


def show_view(report: Report, wide: bool) -> Sequence[Block]:
    """The runbook's steps with their conditions."""
    runbook = report.data["runbook"]
    blocks: list[Block] = [Heading(f"{runbook['name']}: {runbook['title']}"), Text(runbook["description"], "dim")]
    for p in runbook["parameters"]:
        blocks.append(Text(f"parameter {p['name']} ({p['type']}, default {p['default']}): {p['description']}"))
    for step in runbook["steps"]:
        blocks.append(Heading(f"{step['id']}: {step['title']} ({step['use']})"))
        rows = [[Cell(b["status"]), Cell(b["when"]), Cell(b["message"])] for b in step["judge"]]
        blocks.append(Table([Column("status"), Column("when"), Column("message")], rows))
    return blocks


def run_view(report: Report, wide: bool) -> Sequence[Block]:
    """The verdict of each step, and what could not be seen."""
    unknown = [s for s in report.steps if s.status == "unknown" and s.error]
    blocks: list[Block] = [Heading(f"{report.data['runbook']}: {report.data['title']}"), *steps_blocks(report.steps)]
    if unknown or report.errors:
        blocks.append(Heading("Could not be seen", "warn"))
    blocks += [
        Text(f"{s.title}: {s.error.message}" + (f" ({s.error.hint})" if s.error.hint else ""), indent=2)
        for s in unknown
        if s.error
    ]
    return [*blocks, *(Text(f"{e.message}", indent=2) for e in report.errors)]


def validate_view(report: Report, wide: bool) -> Sequence[Block]:
    """A line a fault, as compilers print them."""
    blocks: list[Block] = [Text(f"{f.location}: {f.code} {f.message}", "bad") for f in report.findings]
    checked = len(report.data["documents"])
    return blocks or [Text(f"{checked} runbook{'s' if checked != 1 else ''} valid", "good")]
