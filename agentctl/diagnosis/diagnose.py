"""From evidence to ranked causes."""

from __future__ import annotations

from collections.abc import Iterable

from agentctl.diagnosis.assemble import assemble
from agentctl.diagnosis.causes import CAUSES
from agentctl.diagnosis.fold import fold
from agentctl.diagnosis.found import Found
from agentctl.diagnosis.view import View
from agentctl.model.report import Cause
from agentctl.runbook.evidence import Evidence

TOPICS = ("errors", "tools", "rate-limits", "quota", "cost")


def diagnose(evidence: Evidence, topic: str = "") -> tuple[tuple[Cause, ...], View]:
    """The causes, the most likely root first; with a topic, those that belong to it. The view is what they were found in."""
    view = assemble(evidence)
    return causes_of(view, topic), view


def causes_of(view: View, topic: str = "") -> tuple[Cause, ...]:
    """The causes that a view shows."""
    roots = fold(candidates(view), [c.id for c in CAUSES])
    wanted = {c.id for c in CAUSES if not topic or topic in c.topics}
    return tuple(f.cause() for f in roots if f.id in wanted)


def candidates(view: View) -> list[Found]:
    """Every candidate of every kind of cause, before anything is folded."""
    return [found for cause in CAUSES for found in cause.find(view)]


def ids() -> Iterable[str]:
    """The stable ids."""
    return (c.id for c in CAUSES)
