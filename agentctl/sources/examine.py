"""Can everything be reached, may we read it, and is what we look for there? Each check says what to do where the answer is no."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from agentctl.model.errors import AgentctlError
from agentctl.model.finding import Remediation
from agentctl.model.report import StepResult
from agentctl.sources.examine_metrics import examine_metrics
from agentctl.sources.kubernetes_api import KubeApi
from agentctl.sources.kubernetes_cluster import KubernetesCluster
from agentctl.sources.kubernetes_live import LiveClusters
from agentctl.sources.kubernetes_rights import Right, rights
from agentctl.sources.lazy_metrics import LazyMetrics
from agentctl.sources.loki import LokiLogs
from agentctl.sources.protocols import Sources
from agentctl.sources.request import Request
from agentctl.sources.traces import Traces

# A clock that is off by more makes windows of minutes wrong.
MOST_SKEW = 5.0
_RBAC = Remediation("ask for the read-only role that agentctl needs", "agentctl rbac | kubectl apply -f -")
Check = Callable[[], Sequence[StepResult]]


def examine(sources: Sources, request: Request) -> list[StepResult]:
    """Every live source, all at once; one that fails does not hide the others."""
    checks: dict[str, Check] = {}
    clusters, metrics, logs, traces = sources.cluster, sources.metrics, sources.logs, sources.traces
    if isinstance(clusters, LiveClusters):
        checks["kubernetes"] = lambda: [s for one in clusters.opened() for s in examine_cluster(one, request)]
    if isinstance(metrics, LazyMetrics):
        checks["metrics"] = lambda: [examine_metrics(metrics)]
    if isinstance(logs, LokiLogs):
        checks["loki"] = lambda: [_loki(logs)]
    if isinstance(traces, Traces):
        checks["traces"] = lambda: [_traces(traces)]
    if sources.quota is not None:
        checks["quota"] = lambda: [_quota(sources)]
    with ThreadPoolExecutor(8, thread_name_prefix="doctor") as pool:
        found = pool.map(_guarded, checks, checks.values())
        return [step for steps in found for step in steps] + _not_set_up(sources)


def examine_cluster(cluster: KubernetesCluster, request: Request) -> Iterator[StepResult]:
    """Reachable, its clock, each right, and the agents' pods."""
    api = cluster.api
    started = time.monotonic()
    version, skew = api.hello()
    took = round((time.monotonic() - started) * 1000)
    title = f"API server of {api.access.name}"
    facts = {"version": version, "clockSkewSeconds": None if skew is None else round(skew, 1)}
    yield StepResult("kubernetes", title, "pass", f"{version}, answered in {took} ms", took, facts=facts)
    # The Date header counts whole seconds, and the answer was under way.
    if skew is not None and abs(skew) > MOST_SKEW:
        remedy = Remediation("set the clock of this machine (NTP); times of logs and metrics would not fit")
        yield StepResult(
            "clock",
            f"clock of {api.access.name}",
            "warn",
            f"our clocks differ by {abs(skew):.0f} s",
            remediation=remedy,
        )
    wanted = rights(proxy=not request.prometheus_url, execute=request.allow_exec)
    with ThreadPoolExecutor(8) as pool:
        yield from pool.map(lambda right: _right(api, right, request), wanted)
    yield _agents(cluster, request)


def _right(api: KubeApi, right: Right, request: Request) -> StepResult:
    everywhere = request.all_namespaces or right.cluster
    places = ("",) if everywhere else request.namespaces
    refused = [
        (verb, place)
        for place in places
        for verb in right.verbs
        if not api.may(verb, right.resource, place, right.group)
    ]
    title = f"may we {'/'.join(right.verbs)} {right.name}?"
    step_id = f"allowed-{right.resource.replace('/', '-')}"
    if not refused:
        return StepResult(step_id, title, "pass", f"yes ({right.why})")
    said = ", ".join(f"{verb} {right.name} in {place or 'the whole cluster'}" for verb, place in refused)
    return StepResult(
        step_id, title, "fail" if right.vital else "warn", f"not allowed: {said} ({right.why})", remediation=_RBAC
    )


def _agents(cluster: KubernetesCluster, request: Request) -> StepResult:
    title = "the agents' pods"
    try:
        pods = cluster.pods()
    except AgentctlError as error:
        return _unknown("agents", title, error)
    agents = {request.identity.agent_of(pod) for pod in pods}
    where = request.scope.shown or "all namespaces"
    if not pods:
        remedy = Remediation(
            "choose them with -l SELECTOR and -n NAMESPACE", f"kubectl get pods -n {where} --show-labels"
        )
        return StepResult(
            "agents", title, "fail", f"no pod matches {request.selector!r} in {where}", remediation=remedy
        )
    facts = {"pods": len(pods), "agents": len(agents)}
    return StepResult("agents", title, "pass", f"{len(pods)} pods of {len(agents)} agents in {where}", facts=facts)


def _loki(loki: LokiLogs) -> StepResult:
    labels = loki.labels()
    missing = [name for name in ("namespace", "pod", "container") if name not in labels]
    if missing:
        remedy = Remediation("let the log collector set the labels namespace, pod and container")
        return StepResult(
            "loki", "Loki", "warn", f"reached, but it has no label {', '.join(missing)}", remediation=remedy
        )
    return StepResult("loki", "Loki", "pass", f"reached, {len(labels)} labels")


def _traces(traces: Traces) -> StepResult:
    return StepResult("traces", "trace store", "pass", f"reached, speaks {traces.server()}")


def _quota(sources: Sources) -> StepResult:
    assert sources.quota is not None
    found = sources.quota.quota()
    said = "; ".join(f"{reading.provider}: {len(reading.limits)} limits" for reading in found)
    return StepResult(
        "quota", "quota of the providers", "pass", f"{said}. What remains of them stands in response headers only"
    )


def _guarded(name: str, check: Check) -> Sequence[StepResult]:
    try:
        return list(check())
    except AgentctlError as error:
        return [_unknown(name, {"kubernetes": "API server", "loki": "Loki"}.get(name, name), error)]


def _unknown(step_id: str, title: str, error: AgentctlError) -> StepResult:
    return StepResult(step_id, title, "unknown", error.message, error=error.note(), remediation=Remediation(error.hint))


def _not_set_up(sources: Sources) -> list[StepResult]:
    how = {
        "cluster": ("kubernetes", "give --kubeconfig or --context"),
        "metrics": ("metrics", "give --prometheus-url"),
        "traces": ("traces", "give --traces-url, Jaeger or Tempo"),
        "quota": ("quota", "set ANTHROPIC_ADMIN_KEY or OPENAI_ADMIN_KEY"),
    }
    return [
        StepResult(step_id, step_id, "skipped", f"not set up: {hint}")
        for field, (step_id, hint) in how.items()
        if getattr(sources, field) is None
    ]
