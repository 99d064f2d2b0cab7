"""Evidence becomes a View: every source is asked for what it has, and what it has not is noted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar, cast

from agentctl.diagnosis import meters
from agentctl.diagnosis.kube_view import LAST_REASON, NODE_READY, RESTARTS
from agentctl.diagnosis.view import View
from agentctl.model.cluster import Pod
from agentctl.model.errors import ErrorNote, SourceError
from agentctl.model.observations import Series
from agentctl.model.report import Window
from agentctl.runbook.evidence import Evidence
from agentctl.runbook.steptype import NotSetUp
from agentctl.sources.identity import Identity

T = TypeVar("T")
# Tasks of earlier days tell a surge from a daily cycle.
HISTORY = timedelta(days=8)


def assemble(evidence: Evidence, identity: Identity | None = None) -> View:
    """All that the sources say. Never raises for a source that failed; `View.missing` names it."""
    missing: dict[str, ErrorNote] = {}

    def take(name: str, ask: Callable[[], T], otherwise: Any) -> T:
        try:
            return ask()
        except NotSetUp:
            return cast(T, otherwise)
        except SourceError as error:
            missing.setdefault(name, error.note())
            return cast(T, otherwise)

    digest = take("logs", evidence.logs, None) if evidence.sources.logs else None
    window = _window(evidence, digest)
    pods: Sequence[Pod] = take("kubernetes", evidence.pods, ())
    resolve = identity or Identity()
    return View(
        start=int(window.start.timestamp() // 60) if window else 0,
        end=int(window.end.timestamp() // 60) if window else 0,
        digest=digest,
        pods=pods,
        events=take("kubernetes", evidence.events, ()),
        deployments=take("kubernetes", evidence.deployments, ()),
        replicasets=take("kubernetes", evidence.replicasets, ()),
        nodes=take("kubernetes", evidence.nodes, ()),
        meters=take("metrics", lambda: _meters(evidence, window), meters.Meters()),
        kube_series=() if pods else take("metrics", lambda: evidence.series(RESTARTS, LAST_REASON, NODE_READY), ()),
        spans=take("traces", evidence.spans, ()),
        probes=take("probes", evidence.probes, ()),
        quota=take("quota", evidence.quota, ()),
        policies=take("config", evidence.policies, ()),
        agent_of_pod={p.name: resolve.agent_of(p) for p in pods},
        missing=missing,
    )


def _window(evidence: Evidence, digest: Any) -> Window | None:
    if evidence.window is not None:
        return evidence.window
    if digest is None or digest.first_time is None or digest.last_time is None:
        return None
    return Window(datetime.fromtimestamp(digest.first_time, UTC), datetime.fromtimestamp(digest.last_time, UTC))


def _meters(evidence: Evidence, window: Window | None) -> meters.Meters:
    if window is None:
        raise NotSetUp("no window of time")
    wide = window
    if evidence.sources.target.kind == "bundle":
        wide = Window(window.start - HISTORY, window.end)
    source = evidence.source("metrics")

    def ask(names: tuple[str, ...], span: Window) -> Sequence[Series]:
        # Only what the runbooks ask too is kept: the raw samples of a large fleet are many times what is read out of them.
        found: Sequence[Series] = (
            evidence.series(*names, window=span) if names in _SHARED else source.series(names, span, {})
        )
        return found

    return meters.read_meters(ask, window, wide)


_SHARED = (meters.COST, meters.UP)
