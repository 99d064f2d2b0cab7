"""node-failure: a node is gone, and the pods on it with it."""

from __future__ import annotations

from agentctl.diagnosis.found import CauseType, Found
from agentctl.diagnosis.kube_view import NODE_READY
from agentctl.diagnosis.view import View
from agentctl.diagnosis.words import clock, count, quote, some
from agentctl.model.cluster import Node
from agentctl.model.finding import Remediation

ID = "node-failure"
_REASONS = ("NodeNotReady", "NodeStatusUnknown", "NodeHasDiskPressure", "NodeHasInsufficientMemory", "NodeLost")


def find(view: View) -> list[Found]:
    """Nodes that are not ready, by their own condition, by events, or by metrics."""
    lost: dict[str, tuple[float | None, list[str]]] = {}
    for node in view.nodes:
        if gone(node):
            lost[node.name] = (
                node.ready_since,
                [
                    f"kubernetes: node {node.name} is not ready since {clock(node.ready_since)}{' (' + node.reason + ')' if node.reason else ''}"
                ],
            )
    for event in view.events:
        if event.kind == "Node" and event.reason in _REASONS and _still_lost(view, event.name):
            since, said = lost.get(event.name, (event.first_seen, []))
            moments = [t for t in (since, event.first_seen) if t is not None]
            lost[event.name] = (min(moments, default=None), [*said, f"events: {event.reason}: {quote(event.message)}"])
    for series in view.kube_series if not view.nodes else ():
        labels = series.labels
        if (
            series.name == NODE_READY
            and labels.get("condition") == "Ready"
            and labels.get("status") == "true"
            and series.samples
            and series.samples[-1].value == 0
        ):
            since = next((s.time for s in series.samples if s.value == 0), None)
            lost.setdefault(
                labels.get("node", ""),
                (since, [f"metrics: node {labels.get('node')} is not ready since {clock(since)}"]),
            )
    return [_found(view, name, since, evidence) for name, (since, evidence) in sorted(lost.items()) if name]


def gone(node: Node) -> bool:
    """Whether a node says that it is not ready, or has stopped saying anything."""
    return node.ready is False or node.conditions.get("Ready") in ("False", "Unknown")


def _still_lost(view: View, name: str) -> bool:
    """Whether nothing says that the node has come back: an upgrade that drains and restarts nodes one by one is no failure."""
    node = next((n for n in view.nodes if n.name == name), None)
    if node is not None:
        return gone(node) or _lost_pods(view, name) > 0
    return not any(e.kind == "Node" and e.name == name and e.reason == "NodeReady" for e in view.events)


def _lost_pods(view: View, node: str) -> int:
    return sum(1 for p in view.pods if p.node == node and p.reason in ("NodeLost", "Evicted", "NodeAffinity"))


def _found(view: View, name: str, since: float | None, evidence: list[str]) -> Found:
    here = [p for p in view.pods if p.node == name]
    pods = frozenset(p.name for p in here)
    agents = frozenset(view.agent_of_pod[p] for p in pods if p in view.agent_of_pod)
    if pods:
        evidence.append(f"kubernetes: {count(len(pods), 'pod')} of {some(agents)} ran on it")
    return Found(
        ID,
        f"node/{name}",
        0.92,
        since,
        f"node {name} is gone",
        evidence[:5],
        Remediation(
            "Look at the node's conditions and at the machine; its pods are replaced elsewhere after five minutes.",
            f"kubectl describe node {name}",
        ),
        agents=agents,
        pods=pods,
        subjects=(f"node/{name}",),
        weight=float(len(pods)),
    )


PAGE = """A node is not ready: the kubelet does not answer, the machine is gone, its disk or memory is full.

Every pod on it stops at the same moment: their logs end, their metrics stop, their runs are lost; all of it is folded under the node.
Kubernetes replaces the pods elsewhere after about five minutes.

What to do: `kubectl describe node` tells the condition; look at the machine; drain the node if it comes and goes.
"""
CAUSE = CauseType(ID, "a node is gone", frozenset({"errors"}), find, PAGE)
