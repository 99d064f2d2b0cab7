"""Nodes and events as `kubectl get -o json` prints them."""

from __future__ import annotations

from agentctl.simulator.build import new_uid
from agentctl.simulator.fleet import KubeEvent, Node
from agentctl.simulator.object_writer import Object, Writer, stamp


def node_object(writer: Writer, node: Node) -> Object:
    """One node; its kubelet may have gone silent."""
    lost = node.lost_at is not None and writer.now - node.lost_at > 40
    since = (node.lost_at or 0) + 40 if lost else writer.now - 40 * 86400
    kinds = (
        ("MemoryPressure", "KubeletHasSufficientMemory"),
        ("DiskPressure", "KubeletHasNoDiskPressure"),
        ("PIDPressure", "KubeletHasSufficientPID"),
    )
    beat = node.lost_at if lost and node.lost_at is not None else writer.now - 60
    unknown = {
        "lastHeartbeatTime": stamp(beat),
        "lastTransitionTime": stamp(since),
        "message": "Kubelet stopped posting node status.",
        "reason": "NodeStatusUnknown",
        "status": "Unknown",
    }
    conditions = [
        {**unknown, "type": kind} if lost else
        {"lastHeartbeatTime": stamp(beat), "lastTransitionTime": stamp(since), "message": f"kubelet has {reason[10:]}",
         "reason": reason, "status": "False", "type": kind}
        for kind, reason in kinds
    ]  # fmt: skip
    ready = {
        "lastHeartbeatTime": stamp(beat),
        "lastTransitionTime": stamp(since),
        "message": "kubelet is posting ready status",
        "reason": "KubeletReady",
        "status": "True",
    }
    conditions.append({**(unknown if lost else ready), "type": "Ready"})
    taints = [
        {"effect": effect, "key": "node.kubernetes.io/unreachable", "timeAdded": stamp(since)}
        for effect in ("NoSchedule", "NoExecute")
    ]
    meta = writer.meta(
        node.name,
        new_uid(writer.rng),
        writer.now - 40 * 86400,
        labels={"kubernetes.io/hostname": node.name, "kubernetes.io/os": "linux"},
    )
    meta.pop("namespace")
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": meta,
        "spec": {
            "podCIDR": "10.244.0.0/24",
            **({"taints": taints} if lost else {}),
            **({"unschedulable": True} if node.cordoned else {}),
        },
        "status": {
            "addresses": [{"address": node.ip, "type": "InternalIP"}, {"address": node.name, "type": "Hostname"}],
            "capacity": {"cpu": "8", "memory": "32594784Ki", "pods": "110"},
            "conditions": conditions,
            "nodeInfo": {
                "containerRuntimeVersion": "containerd://1.7.27",
                "kubeletVersion": "v1.33.4",
                "operatingSystem": "linux",
            },
        },
    }


def event_object(writer: Writer, event: KubeEvent) -> Object:
    """One event."""
    involved: Object = {"kind": event.kind, "name": event.name, "uid": event.uid}
    if event.kind == "Node":
        involved["apiVersion"] = "v1"
    else:
        involved |= {"apiVersion": "v1" if event.kind == "Pod" else "apps/v1", "namespace": writer.fleet.namespace}
    source: Object = {"component": event.component, **({"host": event.host} if event.host else {})}
    return {
        "apiVersion": "v1",
        "count": event.count,
        "eventTime": None,
        "firstTimestamp": stamp(event.first),
        "involvedObject": involved,
        "kind": "Event",
        "lastTimestamp": stamp(event.last),
        "message": event.message,
        "metadata": writer.meta(f"{event.name}.{writer.rng.getrandbits(64):016x}", new_uid(writer.rng), event.first),
        "reason": event.reason,
        "reportingComponent": event.component,
        "reportingInstance": event.host,
        "source": source,
        "type": event.type,
    }
