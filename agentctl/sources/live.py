"""The live sources of a run: the cluster, and the servers beside it."""

from __future__ import annotations

import time
from typing import TypedDict

from agentctl.model.errors import ErrorNote, SourceError
from agentctl.model.report import Target
from agentctl.sources import prometheus_find
from agentctl.sources.fetcher import Fetcher
from agentctl.sources.http_client import backend
from agentctl.sources.kubernetes_config import NO_CLUSTER, context_name, is_configured
from agentctl.sources.kubernetes_live import LiveClusters
from agentctl.sources.lazy_metrics import LazyMetrics
from agentctl.sources.loki import LokiLogs
from agentctl.sources.pod_agents import PodAgents
from agentctl.sources.policy_files import PolicyFiles
from agentctl.sources.probe_targets import targets
from agentctl.sources.probes import Probes
from agentctl.sources.protocols import (
    ConfigSource,
    LogSource,
    MetricSource,
    ProbeSource,
    QuotaSource,
    Sources,
    TraceSource,
)
from agentctl.sources.quota import Quota, providers
from agentctl.sources.request import Request
from agentctl.sources.traces import Traces


def live(request: Request) -> Sources:
    """The live sources: each None where nobody set it up."""
    notes: dict[str, ErrorNote] = {}
    clusters = LiveClusters(request, notes) if is_configured(request.kubeconfig, request.environ) else None
    servers = servers_of(request, clusters, notes)
    if clusters is None and not {"logs", "metrics", "traces", "quota"} & set(servers):
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
        probes=servers.get("probes"),
        quota=servers.get("quota"),
        config=servers.get("config"),
        notes=notes,
        settings={"http": Fetcher(clusters)},
    )


class Servers(TypedDict, total=False):
    """The sources that are set up."""

    logs: LogSource
    metrics: MetricSource
    traces: TraceSource
    probes: ProbeSource
    quota: QuotaSource
    config: ConfigSource


def servers_of(request: Request, clusters: LiveClusters | None, notes: dict[str, ErrorNote]) -> Servers:
    """What servers beside the API server answer."""
    found: Servers = {}
    if request.prometheus_url:
        access = prometheus_find.given(request)
        found["metrics"] = LazyMetrics(lambda: (access, ""))
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
    if accounts := providers(request.environ, request.request_timeout):
        found["quota"] = Quota(accounts, notes)
    if request.policies:
        config = PolicyFiles(request.policies)
        found["config"] = config
        # Documents that name no endpoint, as the short forms do, set up no probes: there is nothing to ask, not an answer missing.
        if targets(config.documents()):
            found["probes"] = Probes(
                config,
                clusters,
                request.identity,
                notes,
                allow_exec=request.allow_exec,
                at_once=request.max_log_requests,
            )
    return found


def _name(request: Request) -> str:
    if request.contexts:
        return ",".join(request.contexts)
    return context_name(request.kubeconfig, request.environ)
