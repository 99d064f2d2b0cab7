"""What a source of observations must offer. Live servers, files and bundles implement the same protocols."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from agentctl.model.cluster import Event, Node, Pod, Workload
from agentctl.model.errors import ErrorNote
from agentctl.model.observations import ProbeResult, QuotaReading, Series, Span
from agentctl.model.report import Target, Window
from agentctl.model.streams import LogStream


@dataclass(frozen=True, slots=True)
class LogQuery:
    """Which lines are wanted. `window` None = all there are; `tail` = last lines a container; `level` may be pushed down."""

    window: Window | None = None
    tail: int | None = None
    level: str | None = None
    container: str | None = None


class LogSource(Protocol):
    """Raises SourceError."""

    def streams(self, query: LogQuery) -> Sequence[LogStream]:
        """Every container of every pod, the previous container too where there was a restart."""
        ...


class ClusterSource(Protocol):
    """Kubernetes objects. Each call raises SourceError; a bundle that lacks the file raises SourceError(code="missing")."""

    def pods(self) -> Sequence[Pod]: ...

    def events(self) -> Sequence[Event]: ...

    def deployments(self) -> Sequence[Workload]: ...

    def replicasets(self) -> Sequence[Workload]: ...

    def nodes(self) -> Sequence[Node]: ...


class MetricSource(Protocol):
    """Samples. Raises SourceError."""

    def series(self, names: Sequence[str], window: Window, matchers: Mapping[str, str]) -> Sequence[Series]:
        """Raw samples of the metrics with exactly one of these names, from before window.start (a lookback of at least
        5 minutes, so that a baseline sample is found) up to window.end, label values equal to the matchers."""
        ...

    def names(self) -> Sequence[str]:
        """The names of all metrics there are."""
        ...

    def query(self, promql: str, at: float) -> Sequence[Series]:
        """Raw PromQL as an instant query at a unix time; SourceError(code="unsupported") where no server is behind it."""
        ...


class TraceSource(Protocol):
    """Raises SourceError."""

    def spans(self, window: Window | None) -> Iterable[Span]: ...


class ProbeSource(Protocol):
    """Raises SourceError."""

    def probes(self) -> Sequence[ProbeResult]: ...


class QuotaSource(Protocol):
    """Raises SourceError."""

    def quota(self) -> Sequence[QuotaReading]: ...


class ConfigSource(Protocol):
    """The governance documents in force. Raises SourceError."""

    def documents(self) -> Sequence[tuple[str, str]]:
        """(file name, YAML text) of each."""
        ...


@dataclass(frozen=True, slots=True)
class Sources:
    """All that may be asked. None = nobody set it up (its steps are `skipped`); `notes` = what was set up and is partial or
    missing with an error, by source name (logs, kubernetes, metrics, traces, probes, quota, config): `unknown`."""

    target: Target
    now: float
    window: Window | None = None
    logs: LogSource | None = None
    cluster: ClusterSource | None = None
    metrics: MetricSource | None = None
    traces: TraceSource | None = None
    probes: ProbeSource | None = None
    quota: QuotaSource | None = None
    config: ConfigSource | None = None
    notes: Mapping[str, ErrorNote] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
