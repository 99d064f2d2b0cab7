"""`pods`: every pod of the selection, and the workloads and nodes behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from agentctl.model.cluster import Container, Node, Pod, Workload
from agentctl.model.errors import SourceError
from agentctl.runbook.evidence import Evidence
from agentctl.runbook.steptype import Facts, NotSetUp, StepType

MAX_ROWS = 20
# More restarts than this of one container are a pattern; a single clean restart is none.
MANY_RESTARTS = 3


def ask(evidence: Evidence, options: Mapping[str, Any]) -> Facts:
    """Count what is not as it should be; the names are in the lists."""
    pods = evidence.pods()
    nodes = _or_none(evidence.nodes)
    deployments = _or_none(evidence.deployments)
    return {
        "total": len(pods),
        "ready": sum(p.ready for p in pods),
        "notReady": _names(p for p in pods if not p.ready and p.phase != "Succeeded"),
        "crashLooping": _names(p for p in pods if any(crash_looping(c) for c in p.containers)),
        "outOfMemory": _names(p for p in pods if any(out_of_memory(c) for c in p.containers)),
        "evicted": _names(p for p in pods if p.reason == "Evicted"),
        "pending": _names(p for p in pods if p.phase == "Pending"),
        "restarts": sum(c.restarts for p in pods for c in p.containers),
        "lostNodes": _lost(nodes or ()),
        "short": _short(deployments or ()),
    }


def crash_looping(container: Container) -> bool:
    """Whether a container dies again and again: waiting in its back-off, or restarted many times by failures."""
    if container.reason == "CrashLoopBackOff":
        return True
    return container.restarts > MANY_RESTARTS and container.last_exit_code not in (None, 0) and not container.ready


def out_of_memory(container: Container) -> bool:
    """Whether the kernel killed a container for its memory, now or the last time."""
    return "OOMKilled" in (container.reason, container.last_reason)


def _lost(nodes: Sequence[Node]) -> dict[str, Any]:
    lost = [n.name for n in nodes if n.ready is False]
    return {"total": len(lost), "names": lost[:MAX_ROWS]}


def _short(deployments: Sequence[Workload]) -> dict[str, Any]:
    short = [w.name for w in deployments if w.ready_replicas < w.replicas]
    return {"total": len(short), "names": short[:MAX_ROWS]}


def _names(pods: Any) -> dict[str, Any]:
    names = sorted(p.name for p in pods)
    return {"total": len(names), "names": names[:MAX_ROWS]}


def _or_none(ask_for: Any) -> Any:
    """Least privilege may hide nodes or deployments; the pods alone still tell a lot."""
    try:
        return ask_for()
    except (SourceError, NotSetUp):
        return None


__all__ = ["PODS", "Pod", "crash_looping", "out_of_memory"]

PODS = StepType(
    "pods",
    "every pod of the selection, its workloads and nodes",
    ask,
    {},
    {
        "total": "pods",
        "ready": "ready pods",
        "notReady": "total, names",
        "crashLooping": "total, names",
        "outOfMemory": "total, names",
        "evicted": "total, names",
        "pending": "total, names",
        "restarts": "restarts of all containers",
        "lostNodes": "nodes that are not ready",
        "short": "deployments with fewer ready replicas than wanted",
    },
    source="kubernetes",
)
