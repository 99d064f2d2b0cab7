"""What the doctor says: a row a check, and under those that failed what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from agentctl.model.report import Report, StepResult
from agentctl.render.blocks import Block, Cell, Column, Command, Table, Text, Tone

_TONES: Mapping[str, Tone] = {"pass": "good", "warn": "warn", "fail": "bad", "unknown": "bad", "skipped": "dim"}
_COLUMNS = (Column("CHECK"), Column("STATUS"), Column("WHAT"))


def doctor_view(report: Report, wide: bool) -> Sequence[Block]:
    """The checks, then each remedy once."""
    rows = [[Cell(s.title), Cell(s.status, _TONES[s.status]), Cell(s.message)] for s in report.steps]
    return [Table(_COLUMNS, rows), *_remedies(report.steps)]


def _remedies(steps: Sequence[StepResult]) -> list[Block]:
    blocks: list[Block] = []
    said: set[tuple[str, str]] = set()
    for step in steps:
        remedy = step.remediation
        if remedy is None or step.status in ("pass", "skipped") or (remedy.text, remedy.command) in said:
            continue
        said.add((remedy.text, remedy.command))
        if remedy.text:
            blocks.append(Text(f"{step.title}: {remedy.text}"))
        if remedy.command:
            blocks.append(Command(remedy.command))
    return blocks
