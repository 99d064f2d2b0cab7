"""The incident as a few short series: what a person sees at a glance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agentctl.diagnosis.spending import spending
from agentctl.diagnosis.timeline import add_up, fold
from agentctl.diagnosis.view import ByMinute, View

POINTS = 48


def signals(view: View) -> list[dict[str, Any]]:
    """A row a signal: name, unit, and its values over the window, oldest first. Signals that nobody recorded are left out."""
    if view.end <= view.start:
        return []
    spent = spending(view).values()
    logged = view.digest.activity if view.digest else {}
    rows: list[tuple[str, str, ByMinute]] = [
        ("errors", "a minute", add_up({m: float(c.errors) for m, c in minutes.items()} for minutes in logged.values())),
        ("failed attempts", "a minute", add_up(s.attempts for s in spent)),
        ("tasks", "a minute", add_up(s.tasks for s in spent)),
        ("failed tasks", "a minute", _inside(view, add_up(view.failed_tasks(a) for a in view.meters.tasks))),
        ("model calls", "a minute", add_up(s.calls for s in spent)),
        ("cost", "USD a minute", add_up(s.cost for s in spent)),
    ]
    return [_row(view, *row) for row in rows if any(row[2].values())]


def _inside(view: View, minutes: Mapping[int, float]) -> ByMinute:
    return {m: v for m, v in minutes.items() if view.start <= m <= view.end}


def _row(view: View, name: str, unit: str, minutes: ByMinute) -> dict[str, Any]:
    width = max(1, -(-(view.end - view.start + 1) // POINTS))
    values = [round(v / width, 6) for v in fold(minutes, view.start, view.end, width)]
    return {"name": name, "unit": unit, "values": values, "minutesAPoint": width, "peak": max(values)}
