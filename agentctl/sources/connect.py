"""From what was asked for to the sources that answer it: a bundle, files, or live servers.

Nothing is contacted here, and no vendor library is imported before a live source is asked its first question.
"""

from __future__ import annotations

import time
from typing import TypedDict

from agentctl.model.errors import ErrorNote, SourceError
from agentctl.model.report import Target
from agentctl.sources import prometheus_find
from agentctl.sources.bundle import open_bundle
from agentctl.sources.files import log_files
from agentctl.sources.http_client import backend
from agentctl.sources.kubernetes_config import NO_CLUSTER, context_name, is_configured
from agentctl.sources.kubernetes_live import LiveClusters
from agentctl.sources.lazy_metrics import LazyMetrics
from agentctl.sources.loki import LokiLogs
from agentctl.sources.pod_agents import PodAgents
from agentctl.sources.protocols import LogSource, MetricSource, Sources, TraceSource
from agentctl.sources.request import Request
from agentctl.sources.traces import Traces


def connect(request: Request) -> Sources:
    """The sources of a run. Raises InputError for a bundle or file that cannot be read, SourceError where there is nothing to ask."""
    if request.bundle is not None:
        return open_bundle(request.bundle, request.identity)
    if request.logs:
        return _files(request)
    return live(request)


def _files(request: Request) -> Sources:
    logs = log_files(request.logs, request.stdin)
    name = ", ".join(request.logs[:3]) + (", …" if len(request.logs) > 3 else "")
    notes: dict[str, ErrorNote] = {}
    servers = _servers(request, None, notes)
    return Sources(
        target=Target("files", name),
        now=time.time(),
        logs=logs,
        metrics=servers.get("metrics"),
        traces=servers.get("traces"),
        notes=notes,
    )


def live(request: Request) -> Sources:
    """The live sources: each None where nobody set it up."""
    notes: dict[str, ErrorNote] = {}
    clusters = LiveClusters(request, notes) if is_configured(request.kubeconfig, request.environ) else None
    servers = _servers(request, clusters, notes)
    if clusters is None and not any(servers.values()):
        raise SourceError(
            "unreachable", "no cluster is configured: there is no kubeconfig and this is no pod", NO_CLUSTER
        )
    return Sources(
        target=Target("cluster", _name(request), request.scope.shown),
        now=time.time(),
        cluster=clusters,
        logs=servers.get("logs", clusters),
        metrics=servers.get("metrics"),
        traces=servers.get("traces"),
        notes=notes,
    )


class _Servers(TypedDict, total=False):
    logs: LogSource
    metrics: MetricSource
    traces: TraceSource


def _servers(request: Request, clusters: LiveClusters | None, notes: dict[str, ErrorNote]) -> _Servers:
    """What servers beside the API server answer."""
    found: _Servers = {}
    if request.prometheus_url:
        access = prometheus_find.given(request)
        found["metrics"] = LazyMetrics(lambda: access)
    elif clusters is not None:
        found["metrics"] = LazyMetrics(lambda: prometheus_find.find(request, clusters))
    if request.loki_url:
        client = backend(request.loki_url, "Loki", "AGENTCTL_LOKI", request.environ, request.request_timeout)
        found["logs"] = LokiLogs(client, request.scope, request.identity, PodAgents(clusters, request.identity))
    if request.traces_url:
        client = backend(
            request.traces_url, "the trace store", "AGENTCTL_TRACES", request.environ, request.request_timeout
        )
        found["traces"] = Traces(client, notes)
    return found


def _name(request: Request) -> str:
    if request.contexts:
        return ",".join(request.contexts)
    return context_name(request.kubeconfig, request.environ)
