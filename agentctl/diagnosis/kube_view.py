"""Restarts and memory kills as metrics tell them (kube-state-metrics), for fleets whose Kubernetes objects cannot be read."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from agentctl.diagnosis.view import View, deployment_of_pod_name

RESTARTS = "kube_pod_container_status_restarts_total"
LAST_REASON = "kube_pod_container_status_last_terminated_reason"
NODE_READY = "kube_node_status_condition"


@dataclass(slots=True)
class Restarts:
    """Restarts of one deployment's containers in the window."""

    deployment: str
    times: float = 0.0
    since: float | None = None
    pods: set[str] = field(default_factory=set)
    out_of_memory: bool = False


def restarts(view: View) -> list[Restarts]:
    """By deployment; nothing where the Kubernetes objects themselves are there."""
    if view.pods:
        return []
    killed = {
        s.labels.get("pod", "")
        for s in view.kube_series
        if s.name == LAST_REASON and s.labels.get("reason") == "OOMKilled" and any(x.value > 0 for x in s.samples)
    }
    found: dict[str, Restarts] = defaultdict(lambda: Restarts(""))
    for series in view.kube_series:
        if series.name != RESTARTS or len(series.samples) < 2:
            continue
        pod = series.labels.get("pod", "")
        rise = max(s.value for s in series.samples) - series.samples[0].value
        deployment = deployment_of_pod_name(pod)
        if rise <= 0 or not deployment:
            continue
        mine = found[deployment]
        mine.deployment = deployment
        mine.times += rise
        mine.pods.add(pod)
        mine.out_of_memory |= pod in killed
        first = next(s.time for s in series.samples if s.value > series.samples[0].value)
        mine.since = first if mine.since is None else min(mine.since, first)
    return list(found.values())
