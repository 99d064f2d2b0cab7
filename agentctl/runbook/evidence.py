"""What one run has seen. Each question is put to its source once, however many steps and causes ask it.

A question that failed stays failed: every step that asks it again gets the same SourceError.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import inf
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar, cast

from agentctl.model.cluster import Event, Node, Pod, Workload
from agentctl.model.errors import ErrorNote, InputError, SourceError
from agentctl.model.observations import ProbeResult, QuotaReading, Series, Span
from agentctl.model.report import Window
from agentctl.runbook.steptype import NotSetUp
from agentctl.sources.protocols import LogQuery, Sources

if TYPE_CHECKING:
    from agentctl.analysis.logs.digest import LogDigest
    from agentctl.governance.policy import Policy

T = TypeVar("T")
# A trace store holds more spans than a diagnosis needs; what is left out is said.
MAX_SPANS = 400_000
_TICK = 0.05

HOW_TO_SET_UP = {
    "logs": "give --logs PATH or --bundle PATH, or a cluster",
    "cluster": "give a cluster (--context), or a bundle with a kubernetes folder",
    "metrics": "give --prometheus-url, or a bundle with metrics/samples.jsonl",
    "traces": "give --traces-url, or a bundle with traces/spans.jsonl",
    "probes": "the governance documents name the tools' endpoints (agent.tools.NAME.endpoint)",
    "quota": "set ANTHROPIC_ADMIN_KEY or OPENAI_ADMIN_KEY, or give a bundle with quota.json",
    "config": "give the governance documents, or a bundle with a config folder",
}


@dataclass(frozen=True, slots=True)
class Allowed:
    """What a run may do beyond reading: commands inside pods are off unless the person asks for them."""

    exec: bool = False


@dataclass
class _Cell:
    lock: threading.Lock = field(default_factory=threading.Lock)
    done: bool = False
    value: Any = None
    error: Exception | None = None


class Evidence:
    """The sources of a run, each asked at most once a question. Safe to use from many threads."""

    def __init__(
        self,
        sources: Sources,
        window: Window | None = None,
        allowed: Allowed | None = None,
        container: str | None = None,
    ) -> None:
        self.sources = sources
        self.window = window or sources.window
        self.allowed = allowed or Allowed()
        self.container = container
        # Set when a person stops the run; `ends` is the monotonic time after which nobody waits any more.
        self.stop = threading.Event()
        self.ends = inf
        self._cells: dict[str, _Cell] = {}
        self._guard = threading.Lock()

    def once(self, key: str, ask: Callable[[], T]) -> T:
        """The answer to a question, asked once; the others wait for it, and get the same failure where it failed."""
        with self._guard:
            cell = self._cells.setdefault(key, _Cell())
        while not cell.lock.acquire(timeout=_TICK):
            self._in_time()
        try:
            if not cell.done:
                self._in_time()
                try:
                    cell.value = ask()
                except (SourceError, NotSetUp, InputError) as error:
                    cell.error = error
                cell.done = True
        finally:
            cell.lock.release()
        if cell.error is not None:
            raise cell.error
        return cast(T, cell.value)

    def _in_time(self) -> None:
        """Raise where nobody waits for an answer any more."""
        if self.stop.is_set():
            raise SourceError("interrupted", "the run was interrupted before there was an answer")
        if monotonic() >= self.ends:
            raise SourceError(
                "timeout", "no answer before the deadline of the run", "raise --timeout, or narrow --since"
            )

    def partial(self, name: str) -> ErrorNote | None:
        """Why what a source said may not be all: its recording is partial, or some of its streams could not be read."""
        note = self.note(name)
        if note is None and name == "logs":
            known = self.known("logs")
            return next(iter(known[1]), None) if known else None
        return note

    def known(self, key: str) -> Any:
        """The answer to a question if it is there already, else None; never waits and never asks."""
        cell = self._cells.get(key)
        return cell.value if cell is not None and cell.done and cell.error is None else None

    def source(self, name: str) -> Any:
        """A source by its field name; raises NotSetUp where nobody set it up, SourceError where the record says it failed."""
        found = getattr(self.sources, name)
        if found is not None:
            return found
        note = self.note("kubernetes" if name == "cluster" else name)
        if note is not None:
            raise SourceError(note.code, note.message, note.hint)
        raise NotSetUp(f"no {name} set up: {HOW_TO_SET_UP[name]}")

    def note(self, name: str) -> ErrorNote | None:
        """What is known to be wrong with a source (a recording that is partial or has none of it)."""
        return self.sources.notes.get(name)

    def logs(self) -> LogDigest:
        """The digest of every record of the window."""
        return self.once("logs", self._read_logs)[0]

    def log_notes(self) -> tuple[ErrorNote, ...]:
        """Streams that could not be read, or not to their end."""
        return self.once("logs", self._read_logs)[1]

    def _read_logs(self) -> tuple[LogDigest, tuple[ErrorNote, ...]]:
        from agentctl.analysis.logs.collect import collect

        streams = self.source("logs").streams(LogQuery(window=self.window, container=self.container))
        digest, notes = collect(streams, window=self.window, late=self._late)
        return digest, tuple(notes)

    def _late(self) -> bool:
        return self.stop.is_set() or monotonic() >= self.ends

    def pods(self) -> Sequence[Pod]:
        return cast(Sequence[Pod], self._cluster("pods"))

    def events(self) -> Sequence[Event]:
        return cast(Sequence[Event], self._cluster("events"))

    def deployments(self) -> Sequence[Workload]:
        return cast(Sequence[Workload], self._cluster("deployments"))

    def replicasets(self) -> Sequence[Workload]:
        return cast(Sequence[Workload], self._cluster("replicasets"))

    def nodes(self) -> Sequence[Node]:
        return cast(Sequence[Node], self._cluster("nodes"))

    def _cluster(self, what: str) -> Any:
        return self.once(what, lambda: tuple(getattr(self.source("cluster"), what)()))

    def span_of_time(self) -> Window:
        """The window that is looked at; raises NotSetUp where there is none (plain log files without a time flag)."""
        if self.window is None:
            raise NotSetUp("no window of time: give --since")
        return self.window

    def series(self, *names: str, window: Window | None = None) -> Sequence[Series]:
        """Raw samples of the metrics with one of these names, in the run's window or in another."""
        span = window or self.span_of_time()
        key = f"metrics:{','.join(names)}:{span.start}:{span.end}"
        return self.once(key, lambda: tuple(self.source("metrics").series(names, span, {})))

    def metric_names(self) -> frozenset[str]:
        return self.once("metric-names", lambda: frozenset(self.source("metrics").names()))

    def query(self, promql: str) -> Sequence[Series]:
        """Raw PromQL at the end of the window."""
        at = self.window.end.timestamp() if self.window else self.sources.now
        return self.once("promql:" + promql, lambda: tuple(self.source("metrics").query(promql, at)))

    def spans(self) -> Sequence[Span]:
        return self.once("traces", self._read_spans)

    def _read_spans(self) -> tuple[Span, ...]:
        found = []
        for span in self.source("traces").spans(self.window):
            found.append(span)
            if len(found) >= MAX_SPANS:
                break
        return tuple(found)

    def probes(self) -> Sequence[ProbeResult]:
        return self.once("probes", lambda: tuple(self.source("probes").probes()))

    def quota(self) -> Sequence[QuotaReading]:
        return self.once("quota", lambda: tuple(self.source("quota").quota()))

    def policies(self) -> Sequence[Policy]:
        """The governance documents in force."""
        return self.once("config", self._read_policies)

    def _read_policies(self) -> tuple[Policy, ...]:
        from agentctl.documents.load import load_bytes
        from agentctl.governance.read import policy_of

        found = []
        for file, text in self.source("config").documents():
            loaded = load_bytes(text.encode(), file)
            found += [policy_of(d.data) for d in loaded.documents if d.kind == "governance"]
        return tuple(found)
