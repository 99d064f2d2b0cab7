"""What the cost commands read before they reckon: counters with their history, logs, governance documents."""

from __future__ import annotations

import re
import time as clock
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from agentctl.analysis.cost.ledger import COST_QUESTION, TASK_QUESTION, Ledger
from agentctl.analysis.logs.digest import LogDigest
from agentctl.cli.options import SourceOptions, TimeOptions
from agentctl.documents.load import load_bytes
from agentctl.governance.policy import Policy
from agentctl.governance.read import policy_of
from agentctl.model.errors import ErrorNote, InputError, SourceError, UsageError
from agentctl.model.observations import Series
from agentctl.model.report import Window
from agentctl.sources.protocols import MetricSource, Sources

HOUR = timedelta(hours=1)
# A day to hold an hour against, and the hours before that one.
HISTORY = timedelta(hours=26)
# How far before everything asked for a baseline is looked for in a recording.
_BEFORE = timedelta(hours=6)
_GRID_SECONDS = 300.0
_OTHER_MONEY = re.compile(r"agent_cost_total_(?!usd(?:_total|_created)?$)[a-z]{3}(?:_total)?")


@dataclass(frozen=True, slots=True)
class CostData:
    """All that a cost command works on. `ledger` covers the window exactly, `history` reaches `HISTORY` further back."""

    sources: Sources
    window: Window
    ledger: Ledger
    history: Ledger
    digest: LogDigest | None
    policies: Mapping[str, Policy]
    errors: tuple[ErrorNote, ...]
    notes: tuple[str, ...]


def gather(
    source: SourceOptions,
    time: TimeOptions,
    *,
    history: timedelta = HISTORY,
    with_logs: bool = True,
    documents: Sequence[str] = (),
) -> CostData:
    """Read everything. Raises SourceError where a live Prometheus fails, InputError where a recording cannot be read."""
    sources = open_sources(source)
    window = window_of(sources, time)
    errors: list[ErrorNote] = []
    notes = [*_beyond(sources, window)]
    ledger, past = _ledgers(sources, window, source, history, errors, notes)
    digest = _digest(sources, window) if with_logs and sources.logs is not None else None
    policies = policies_of(sources, documents, errors)
    return CostData(sources, window, ledger, past, digest, policies, tuple(errors), tuple(notes))


def open_sources(source: SourceOptions) -> Sources:
    """The recording, the files or the servers that the options name."""
    from agentctl.sources.bundle import open_bundle

    if source.bundle:
        return open_bundle(source.bundle)
    raise UsageError("no-source", "nothing says where the metrics are", "give --bundle or --prometheus-url")


def window_of(sources: Sources, time: TimeOptions) -> Window:
    """All of a recording, the last hour live, unless the options say otherwise."""
    now = datetime.fromtimestamp(sources.now, UTC)
    if sources.window and not time.given:
        return sources.window
    return time.window(now, HOUR)


def _beyond(sources: Sources, window: Window) -> list[str]:
    if sources.window is None or window.start >= sources.window.start or window.end <= sources.window.start:
        return []
    return ["the window begins before the recording does"]


def _ledgers(
    sources: Sources,
    window: Window,
    source: SourceOptions,
    history: timedelta,
    errors: list[ErrorNote],
    notes: list[str],
) -> tuple[Ledger, Ledger]:
    metrics = sources.metrics
    if metrics is None:
        note = sources.notes.get("metrics") or ErrorNote("missing", "there are no metrics", "give --prometheus-url")
        errors.append(note)
        empty = Ledger((), (), window)
        return empty, empty
    if "metrics" in sources.notes:
        errors.append(sources.notes["metrics"])
    namespaces = frozenset(source.namespace or ())
    labels = dict(pair.split("=", 1) for pair in source.prometheus_label or ()) if source.bundle else {}
    read = _Reader(metrics, window, history, namespaces, labels, recorded=sources.window is not None)
    try:
        ledger, past = read.ledgers()
    except SourceError as error:
        if not source.bundle:
            raise
        if error.code != "missing":
            raise InputError("bundle", error.message, error.hint) from error
        errors.append(error.note())
        ledger = past = Ledger((), (), window)
    notes += read.said()
    return ledger, past


@dataclass(frozen=True, slots=True)
class _Reader:
    metrics: MetricSource
    window: Window
    history: timedelta
    namespaces: frozenset[str]
    labels: Mapping[str, str]
    recorded: bool

    def ledgers(self) -> tuple[Ledger, Ledger]:
        """The window from raw samples; its history from the same in a recording, from one sample in five minutes live."""
        start = min(self.window.start, self.window.end - self.history)
        if self.recorded:
            wide = Window(start - _BEFORE, self.window.end)
            cost, tasks = (
                self._kept(self.metrics.series(q, wide, self.labels)) for q in (COST_QUESTION, TASK_QUESTION)
            )
            ledger = Ledger.of(cost, tasks, self.window)
            return ledger, ledger
        cost, tasks = (self._kept(self.metrics.series(q, self.window, {})) for q in (COST_QUESTION, TASK_QUESTION))
        exact = Ledger.of(cost, tasks, self.window)
        grid = getattr(self.metrics, "grid", None)
        past = self._kept(grid(COST_QUESTION, Window(start, self.window.end), {}, _GRID_SECONDS)) if grid else cost
        return exact, Ledger.of(past, (), self.window)

    def said(self) -> list[str]:
        """Money that is not counted because it is in another currency, and what the server warned of."""
        try:
            others = [name for name in self.metrics.names() if _OTHER_MONEY.fullmatch(name)]
        except SourceError:
            others = []
        warned = [f"the server warns: {w}" for w in getattr(self.metrics, "warnings", ())]
        return [f"{name} is in another currency: not counted" for name in others] + warned

    def _kept(self, series: Sequence[Series]) -> list[Series]:
        """Series of the namespaces asked for; one that names no namespace cannot be told apart and stays."""
        if not self.namespaces:
            return list(series)
        return [s for s in series if s.labels.get("namespace") in (None, "", *self.namespaces)]


def policies_of(sources: Sources, documents: Sequence[str], errors: list[ErrorNote]) -> dict[str, Policy]:
    """The governance documents given by path, else those of the recording, by agent."""
    if documents:
        from agentctl.cli.governed import required

        return {name: one.policy for name, one in required(documents).items()}
    if sources.config is None:
        return {}
    found: dict[str, Policy] = {}
    try:
        texts = sources.config.documents()
    except SourceError as error:
        errors.append(error.note())
        return {}
    for file, text in texts:
        for document in load_bytes(text.encode(), file).documents:
            if document.kind == "governance":
                found[document.name] = policy_of(document.data)
    return found


def _digest(sources: Sources, window: Window) -> LogDigest | None:
    return None


def now() -> float:
    """The clock, unix seconds."""
    return clock.time()
