"""A cause before it is ranked: what it is, whom it touches, and what proves it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from agentctl.model.finding import Remediation, Severity
from agentctl.model.report import Cause

if TYPE_CHECKING:
    from agentctl.diagnosis.view import View


@dataclass(slots=True)
class Found:
    """A candidate. `since` and `until` are unix seconds, None where unknown. `agents` and `pods` are those it touches.

    `strength`, from 0 to 1, is how much speaks for this candidate: each kind of cause gives its evidence points that were set by judgement
    on the simulated fleets. It orders candidates and drops those below one half; it is no measured probability.
    """

    id: str
    subject: str
    strength: float
    since: float | None
    summary: str
    evidence: list[str]
    advice: Remediation
    until: float | None = None
    severity: Severity = Severity.ERROR
    agents: frozenset[str] = frozenset()
    pods: frozenset[str] = frozenset()
    subjects: tuple[str, ...] = ()
    explains: list[str] = field(default_factory=list)
    weight: float = 0.0

    @property
    def name(self) -> str:
        """The subject without its kind."""
        return self.subject.partition("/")[2]

    def cause(self) -> Cause:
        """As the report carries it."""
        since = None if self.since is None else datetime.fromtimestamp(int(self.since), UTC)
        return Cause(
            self.id,
            self.subject,
            # Nothing that is inferred from traces of it is certain.
            round(min(max(self.strength, 0.0), 0.99), 2),
            since,
            tuple(self.evidence),
            self.advice,
            self.summary,
            self.severity,
            self.subjects or (self.subject,),
            tuple(dict.fromkeys(self.explains)),
        )


class CauseType(NamedTuple):
    """One kind of cause. `find(view)` yields candidates; `topics` are the words of `diagnose` it belongs to."""

    id: str
    title: str
    topics: frozenset[str]
    find: Callable[[View], list[Found]]
    page: str
