"""Spans as counts by minute: calls, failures and durations of each tool and model."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from agentctl.diagnosis.timeline import ByMinute, Episode, episode
from agentctl.diagnosis.view import View
from agentctl.runbook.steps.traces import span_agent, span_target


@dataclass(slots=True)
class Spans:
    """The spans of one target. `took` sums seconds by minute."""

    calls: ByMinute = field(default_factory=dict)
    errors: ByMinute = field(default_factory=dict)
    took: ByMinute = field(default_factory=dict)
    agents: set[str] = field(default_factory=set)
    failing: set[str] = field(default_factory=set)
    messages: list[str] = field(default_factory=list)
    stretch: Episode | None = None


def tool_spans(view: View) -> dict[str, Spans]:
    """The spans of each tool."""
    return _spans(view, "tool")


def model_spans(view: View) -> dict[str, Spans]:
    """The spans of each model."""
    return _spans(view, "llm")


def _spans(view: View, kind: str) -> dict[str, Spans]:
    found: dict[str, Spans] = defaultdict(Spans)
    for span in view.spans:
        what, name = span_target(span)
        if what != kind or not name:
            continue
        mine, minute = found[name], int(span.start // 60)
        agent = span_agent(span)
        mine.calls[minute] = mine.calls.get(minute, 0.0) + 1
        mine.took[minute] = mine.took.get(minute, 0.0) + span.end - span.start
        mine.agents.add(agent)
        if span.status == "error":
            mine.errors[minute] = mine.errors.get(minute, 0.0) + 1
            mine.failing.add(agent)
            if span.message and span.message not in mine.messages and len(mine.messages) < 5:
                mine.messages.append(span.message)
    for mine in found.values():
        mine.stretch = episode(mine.errors, mine.calls, 0.05, 0.3) if mine.errors else None
    return dict(found)
