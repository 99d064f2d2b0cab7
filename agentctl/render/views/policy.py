"""What a person sees of `policy show`, `can-i` and `diff`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agentctl.model.report import Report
from agentctl.render.blocks import Block, Cell, Column, Heading, Table, Text, Tone

TONES: Mapping[str, Tone] = {"allow": "good", "review": "warn", "deny": "bad"}


def show_view(report: Report, wide: bool) -> list[Block]:
    """One table an agent, a row a tool."""
    blocks: list[Block] = []
    for agent in report.data["agents"]:
        rows = [_tool_row(tool) for tool in agent["tools"]]
        blocks += [Heading(f"agent/{agent['agent']}  {agent['file']}"), Table(_TOOL_COLUMNS, rows)]
        blocks += [Text(f"{name}: {value}", "dim", indent=2) for name, value in agent["guards"].items()]
    return blocks


_TOOL_COLUMNS = (
    Column("tool"),
    Column("decision"),
    Column("line"),
    Column("limits"),
    Column("effects"),
    Column("actions"),
    Column("why"),
)


def _tool_row(tool: Mapping[str, Any]) -> list[Cell]:
    outcome = tool["outcome"]
    line = f"{tool['line']}" if tool["line"] else "-"
    effects = ",".join(tool["effects"]) or "-"
    if tool["effects"] and not tool["effectsDeclared"]:
        effects += " (assumed)"
    return [
        Cell(tool["tool"]),
        Cell(outcome, TONES[outcome]),
        Cell(line),
        Cell(", ".join(tool["limits"]) or "-"),
        Cell(effects),
        Cell(", ".join(tool["actions"]) or "-"),
        Cell(tool["why"]),
    ]


def can_i_view(report: Report, wide: bool) -> list[Block]:
    """The answer first, then which line decided."""
    blocks: list[Block] = []
    for decision in report.data["decisions"]:
        outcome = decision["outcome"]
        blocks.append(Text(f"{outcome} - {decision['agent']}: {decision['reason']}", TONES[outcome]))
        for because in decision["because"]:
            blocks.append(
                Text(f"{because['file']}:{because['line']}:{because['column']} {because['path']}", "dim", indent=2)
            )
    return blocks


_DIRECTIONS: tuple[tuple[str, Tone], ...] = (("widened", "bad"), ("approved", "warn"), ("narrowed", "good"))


def diff_view(report: Report, wide: bool) -> list[Block]:
    """Widenings first, with the line that brings each."""
    changes = report.data["changes"]
    if not changes:
        return [Text("no change of authority", "good")]
    blocks: list[Block] = []
    for direction, tone in _DIRECTIONS:
        chosen = [c for c in changes if c["direction"] == direction]
        if chosen:
            blocks.append(Heading(f"{direction} ({len(chosen)})"))
            rows = [
                [Cell(f"agent/{c['agent']}"), Cell(c["message"], tone), Cell(f"{c['file']}:{c['line']}")]
                for c in chosen
            ]
            blocks.append(Table((Column("agent"), Column("change"), Column("where")), rows))
    return blocks
