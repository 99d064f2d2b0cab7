"""crash-loop: containers of a deployment end soon after every start."""

from __future__ import annotations

from collections import defaultdict

from agentctl.diagnosis.found import CauseType, Found
from agentctl.diagnosis.kube_view import Restarts, restarts
from agentctl.diagnosis.view import View
from agentctl.diagnosis.words import clock, count, quote, some
from agentctl.model.cluster import Container, Pod
from agentctl.model.finding import Remediation

ID = "crash-loop"
# One clean restart is ordinary; from so many failures on it is a loop.
MANY = 3


def find(view: View) -> list[Found]:
    """Containers in their back-off, or restarted again and again by failures that are not the memory's."""
    hit: dict[str, list[tuple[Pod, Container]]] = defaultdict(list)
    for pod in view.pods:
        for container in pod.containers:
            if looping(container):
                hit[pod.owner[1] if pod.owner else pod.name].append((pod, container))
    out = [_found(view, name, found) for name, found in hit.items()]
    known = {f.name for f in out}
    return out + [
        _metered(view, r)
        for r in restarts(view)
        if r.deployment not in known and not r.out_of_memory and r.times >= MANY
    ]


def looping(container: Container) -> bool:
    """Whether a container is in a crash loop that is not one of memory kills."""
    if "OOMKilled" in (container.reason, container.last_reason):
        return False
    if container.reason == "CrashLoopBackOff":
        return True
    failed = container.last_exit_code not in (None, 0, 143) or (
        container.state == "terminated" and container.exit_code not in (None, 0)
    )
    return container.restarts >= MANY and failed


def _found(view: View, name: str, hit: list[tuple[Pod, Container]]) -> Found:
    pods = sorted({p.name for p, _ in hit})
    kind = hit[0][0].owner[0].lower() if hit[0][0].owner else "pod"
    total = sum(c.restarts for _, c in hit)
    worst = max((c for _, c in hit), key=lambda c: c.restarts)
    events = [
        e for e in view.events if e.name in pods and e.reason in ("BackOff", "CrashLoopBackOff", "Failed", "Unhealthy")
    ]
    since = min((e.first_seen for e in events if e.first_seen is not None), default=None)
    finished = [c.last_finished_at for _, c in hit if c.last_finished_at is not None]
    evidence = [
        f"kubernetes: {count(len(pods), 'pod')} of {name} in a crash loop ({some(pods, 3)}), {count(total, 'restart')}, last exit code {worst.last_exit_code if worst.last_exit_code is not None else worst.exit_code}",
        *(f"events: {e.reason} ×{e.count}: {quote(e.message)}" for e in events[:2]),
        *_last_words(view, set(pods)),
    ]
    return Found(
        ID,
        f"{'deployment' if kind == 'replicaset' else kind}/{name}",
        0.85 + min(total, 10) / 100,
        since if since is not None else min(finished, default=None),
        f"containers of {name} end soon after every start",
        evidence,
        Remediation(
            "The log of the container before the restart tells why it ended.",
            f"kubectl logs --previous {pods[0]}" + (f" -n {hit[0][0].namespace}" if hit[0][0].namespace else ""),
        ),
        agents=view.agents_of_deployment(name),
        pods=frozenset(pods),
        subjects=(f"{'deployment' if kind == 'replicaset' else kind}/{name}", *(f"pod/{p}" for p in pods[:10])),
        weight=float(total),
    )


def _last_words(view: View, pods: set[str]) -> list[str]:
    """What the crashing pods' logs say about errors."""
    for group in view.digest.groups if view.digest else ():
        if any(pod in pods for _, pod in group.cells):
            return [
                f"logs: {quote(group.traceback.strip().splitlines()[-1] if group.traceback else group.sample.message)}"
            ]
    return []


def _metered(view: View, seen: Restarts) -> Found:
    return Found(
        ID,
        f"deployment/{seen.deployment}",
        0.75,
        seen.since,
        f"containers of {seen.deployment} restart again and again",
        [f"metrics: {count(seen.times, 'restart')} of {some(seen.pods, 3)} since {clock(seen.since)}"],
        Remediation(
            "The log of the container before the restart tells why it ended.",
            f"kubectl logs --previous deploy/{seen.deployment}",
        ),
        agents=view.agents_of_deployment(seen.deployment),
        pods=frozenset(seen.pods),
    )


PAGE = """Containers of a deployment end soon after every start, and Kubernetes waits longer each time before it starts them again.

Seen in: pods in CrashLoopBackOff, restart counts with an exit code that is not 0, BackOff events. When the loop began with a new revision
of the deployment it is folded under bad-rollout; when the kernel killed the containers it is out-of-memory.

What to do: `kubectl logs --previous` shows the last words of the container before; a setting that is missing, a secret, a migration, a
library are the usual suspects.
"""
CAUSE = CauseType(ID, "containers crash again and again", frozenset({"errors"}), find, PAGE)
