"""What a person sees of a bundle: made, or looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from agentctl.model.duration import format_duration, format_time
from agentctl.model.report import Report
from agentctl.render.blocks import Block, Cell, Column, Command, Heading, Table, Text, Tone

_TONES: Mapping[str, Tone] = {"ok": "good", "partial": "warn", "missing": "dim"}


def create_view(report: Report, wide: bool) -> Sequence[Block]:
    """The sources that were recorded, and the command that replays them."""
    path = report.data["path"]
    blocks: list[Block] = [_window(report), _table(report.data["sources"])]
    if path is None:
        return [*blocks, Text("Nothing could be recorded, so nothing was written.", "bad")]
    size = f"{report.data['bytes'] / 1e6:.1f} MB"
    return [*blocks, Text(f"Written: {path} ({size}). Replay it with:"), Command(f"agentctl diagnose --bundle {path}")]


def show_view(report: Report, wide: bool) -> Sequence[Block]:
    """What a bundle holds, source by source."""
    agents = report.data["agents"]
    shown = agents if wide or len(agents) <= 12 else [*agents[:12], f"and {len(agents) - 12} more (-o wide)"]
    blocks: list[Block] = [Heading(f"Bundle {report.target.name}"), _window(report)]
    if report.data["createdAt"]:
        blocks.append(Text(f"recorded: {report.data['createdAt']}", "dim"))
    blocks.append(_table(report.data["sources"]))
    if agents:
        blocks.append(Text(f"{len(agents)} agents: {', '.join(shown)}"))
    return [*blocks, Command(f"agentctl diagnose --bundle {report.data['path']}")]


def _window(report: Report) -> Text:
    window = report.window
    if window is None:
        return Text("no window")
    length = format_duration(window.end - window.start)
    return Text(f"window: {format_time(window.start)} to {format_time(window.end)} ({length})", "dim")


def _table(sources: Sequence[Mapping[str, Any]]) -> Table:
    rows = [
        [
            Cell(s["name"]),
            Cell(s["status"], "bad" if s["error"] and s["status"] == "missing" else _TONES[s["status"]]),
            Cell("?" if s["count"] is None else f"{s['count']:,} {s.get('what') or ''}".strip()),
            Cell(s["error"] or ""),
        ]
        for s in sources
    ]
    return Table([Column("SOURCE"), Column("STATUS"), Column("HOLDS", right=True), Column("ERROR")], rows)
