"""out-of-memory: the kernel kills containers of a deployment for their memory."""

from __future__ import annotations

from collections import defaultdict

from agentctl.diagnosis.found import CauseType, Found
from agentctl.diagnosis.kube_view import restarts
from agentctl.diagnosis.view import View
from agentctl.diagnosis.words import clock, count, quote, some
from agentctl.model.cluster import Container, Pod
from agentctl.model.finding import Remediation

ID = "out-of-memory"


def find(view: View) -> list[Found]:
    """Containers whose last or present end is OOMKilled."""
    hit: dict[str, list[tuple[Pod, Container]]] = defaultdict(list)
    for pod in view.pods:
        for container in pod.containers:
            if "OOMKilled" in (container.reason, container.last_reason):
                hit[pod.owner[1] if pod.owner else pod.name].append((pod, container))
    out = [_found(view, name, found) for name, found in hit.items()]
    for seen in restarts(view):
        if seen.out_of_memory:
            said = f"metrics: {count(seen.times, 'restart')} of {some(seen.pods, 3)} since {clock(seen.since)}, the last reason is OOMKilled"
            out.append(
                Found(
                    ID,
                    f"deployment/{seen.deployment}",
                    0.85,
                    seen.since,
                    f"containers of {seen.deployment} are killed for their memory",
                    [said],
                    _advice(seen.deployment),
                    agents=view.agents_of_deployment(seen.deployment),
                    pods=frozenset(seen.pods),
                )
            )
    return out


def _found(view: View, name: str, hit: list[tuple[Pod, Container]]) -> Found:
    pods = sorted({p.name for p, _ in hit})
    kind = (hit[0][0].owner[0] if hit[0][0].owner else "pod").lower()
    subject = f"{'deployment' if kind == 'replicaset' else kind}/{name}"
    total = sum(max(c.restarts, 1) for _, c in hit)
    nodes = {p.node for p, _ in hit}
    events = [e for e in view.events if "oom" in e.reason.lower() or (e.name in pods and "OOM" in e.message)]
    kills = [e.first_seen for e in events if e.first_seen is not None and (e.name in pods or e.name in nodes)]
    finished = [c.last_finished_at for _, c in hit if c.last_finished_at is not None]
    return Found(
        ID,
        subject,
        0.75 + min(total, 10) / 60 + (0.05 if len(pods) > 1 else 0.0),
        min([*kills, *finished], default=None),
        f"containers of {name} are killed for their memory",
        [
            f"kubernetes: {count(len(pods), 'pod')} of {name} ended with OOMKilled (exit code 137): {some(pods, 3)}; {count(total, 'restart')}",
            *(f"events: {e.reason}: {quote(e.message)}" for e in events[:2]),
        ],
        _advice(name),
        agents=view.agents_of_deployment(name),
        pods=frozenset(pods),
        subjects=(subject, *(f"pod/{p}" for p in pods[:10])),
        weight=float(total),
    )


def _advice(name: str) -> Remediation:
    return Remediation(
        "Look at what grows (history kept in memory, caches); raise the limit only knowing that.",
        f"kubectl describe deploy/{name}",
    )


PAGE = """The kernel kills containers because they use more memory than their limit: OOMKilled, exit code 137.

Seen in: the container's last state, OOMKilling events of the node. The runs that were in the container are lost; the restarts and the
back-off that follow are folded under it.

What to do: find what grows with time (conversation history kept in memory, caches, results that are never dropped); compare with the
revision before; raise the limit only knowing what it is for.
"""
CAUSE = CauseType(ID, "containers are killed for their memory", frozenset({"errors"}), find, PAGE)
