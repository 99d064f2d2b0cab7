"""Brings objects as ``kubectl get -o json`` prints them into a fresh API server.

They go through the API, so that the server's own validation says whether they are Kubernetes objects; their status
follows in a second request. What the server sets itself (uid, creation time, generation) is put back afterwards where a
diagnosis reads it: creation times and generations in etcd, uids in the references of owned objects and events.
"""

from __future__ import annotations

import copy
import json
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from testbed.api import KINDS, Refused, each, storage_key

if TYPE_CHECKING:
    from testbed.cluster import Cluster

# An object can only refer to what was created before it.
_ORDER = ("Namespace", "Node", "ConfigMap", "Service", "Endpoints", "Deployment", "StatefulSet", "DaemonSet", "Job",
          "ReplicaSet", "Pod", "Event")  # fmt: skip
_SET_BY_SERVER = ("uid", "resourceVersion", "managedFields", "selfLink", "deletionTimestamp",
                  "deletionGracePeriodSeconds", "generation", "creationTimestamp")  # fmt: skip
_RESTORED = ("creationTimestamp", "generation", "deletionTimestamp", "deletionGracePeriodSeconds")


def items_of(listed: Any) -> list[dict[str, Any]]:
    """The objects of a list (``kind: List``, ``PodList``, a plain array) or the single object given."""
    if isinstance(listed, list):
        return listed
    if "items" not in listed:
        return [listed]
    kind = str(listed.get("kind", "List")).removesuffix("List")
    extra = {"kind": kind, "apiVersion": listed.get("apiVersion", "v1")} if kind else {}
    return [{**extra, **item} for item in listed["items"]]


def load_cluster(
    kube: Cluster, pods: Any = (), events: Any = (), deployments: Any = (), replicasets: Any = (), nodes: Any = ()
) -> dict[str, int]:
    """Creates the objects of these lists, in the right order; returns the number of each kind."""
    given = (nodes, deployments, replicasets, pods, events)
    return load_objects(kube, [item for listed in given for item in items_of(list(listed) if listed == () else listed)])


def load_objects(kube: Cluster, items: Iterable[dict[str, Any]]) -> dict[str, int]:
    """Creates the objects, and the namespaces and nodes that they need. Raises Refused and KeyError (unknown kind)."""
    wanted = [copy.deepcopy(item) for item in items]
    for item in wanted:
        if item["kind"] not in KINDS:
            raise KeyError(f"the bed cannot load objects of kind {item['kind']}")
        if KINDS[item["kind"]][2]:
            item["metadata"].setdefault("namespace", "default")
    wanted = _namespaces(kube, wanted) + _nodes(kube, wanted) + wanted
    _mark_waiting(kube, [item for item in wanted if item["kind"] == "Pod"])
    uids: dict[str, str] = {}
    for kind in _ORDER:
        each(lambda item: _create(kube, item, uids), [item for item in wanted if item["kind"] == kind])
    return dict(Counter(item["kind"] for item in wanted))


def _namespaces(kube: Cluster, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    given = {item["metadata"]["name"] for item in items if item["kind"] == "Namespace"}
    there = {item["metadata"]["name"] for item in kube.api.call("GET", "/api/v1/namespaces")["items"]}
    needed = {item["metadata"]["namespace"] for item in items if "namespace" in item["metadata"]}
    items[:] = [item for item in items if item["kind"] != "Namespace" or item["metadata"]["name"] not in there]
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in sorted(needed - given - there)
    ]


def _nodes(kube: Cluster, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Ready nodes for pods whose node is not among the objects."""
    given = {item["metadata"]["name"] for item in items if item["kind"] == "Node"}
    there = {item["metadata"]["name"] for item in kube.api.call("GET", "/api/v1/nodes")["items"]}
    needed = {item["spec"]["nodeName"] for item in items if item["kind"] == "Pod" and item["spec"].get("nodeName")}
    ready = {"type": "Ready", "status": "True", "reason": "KubeletReady"}
    return [
        {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}, "status": {"conditions": [ready]}}
        for name in sorted(needed - given - there)
    ]


def _create(kube: Cluster, item: dict[str, Any], uids: dict[str, str]) -> None:
    meta = item["metadata"]
    before = {name: meta.pop(name) for name in _SET_BY_SERVER if meta.get(name) is not None}
    status = item.pop("status", None)
    for owner in meta.get("ownerReferences", []):
        owner["uid"] = uids.get(owner["uid"], owner["uid"])
    _adapt(kube, item, uids)
    made = kube.api.create(item)
    if "uid" in before:
        uids[before["uid"]] = made["metadata"]["uid"]
    status = _adapt_status(kube, item["kind"], status)
    if status:
        made = kube.api.patch_status({**item, "status": status})
    restored = {name: before[name] for name in _RESTORED if name in before}
    if restored:
        made["metadata"].update(restored)
        made["metadata"].pop("resourceVersion")
        kube.etcd.put(storage_key(item), made)


def _adapt(kube: Cluster, item: dict[str, Any], uids: dict[str, str]) -> None:
    """Takes out what a new object must not have."""
    spec = item.get("spec") or {}
    if item["kind"] == "Pod":
        spec.pop("ephemeralContainers", None)
        for container in spec.get("containers", []) + spec.get("initContainers", []):
            container.setdefault("image", "unknown")
    elif item["kind"] == "Event":
        about = item.get("involvedObject", {})
        if "uid" in about:
            about["uid"] = uids.get(about["uid"], about["uid"])
        about.pop("resourceVersion", None)
        if not about.get("namespace"):
            # What is said of a node has its place there; the server takes it nowhere else.
            item["metadata"]["namespace"] = "default"
    elif item["kind"] in ("Service",):
        for name in ("clusterIP", "clusterIPs"):
            spec.pop(name, None)


def _adapt_status(kube: Cluster, kind: str, status: dict[str, Any] | None) -> dict[str, Any] | None:
    if kind == "Node":
        endpoint = {"kubeletEndpoint": {"Port": kube.kubelet_port}}
        addresses = [{"type": "InternalIP", "address": "127.0.0.1"}]
        return {**(status or {}), "addresses": addresses, "daemonEndpoints": endpoint}
    if kind == "Pod" and status:
        # The server has computed it from the new object's spec and lets nobody change it.
        status.pop("qosClass", None)
    return None if kind in ("Event", "ConfigMap", "Service", "Endpoints", "Namespace") else status


def _mark_waiting(kube: Cluster, pods: list[dict[str, Any]]) -> None:
    """Tells the kubelet which containers do not run now, as it answers for their logs in another way."""
    path = kube.state / "containers.json"
    marks = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    for pod in pods:
        name = f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"
        for state in _containers(pod):
            waiting = state.get("state", {}).get("waiting")
            if waiting and state.get("lastState", {}).get("terminated"):
                marks[f"{name}/{state['name']}"] = {"restarting": True}
            elif waiting:
                marks[f"{name}/{state['name']}"] = {"waiting": waiting.get("reason", "ContainerCreating")}
    path.write_text(json.dumps(marks), encoding="utf-8")


def _containers(pod: dict[str, Any]) -> list[dict[str, Any]]:
    status = pod.get("status") or {}
    return list(status.get("containerStatuses", [])) + list(status.get("initContainerStatuses", []))


__all__ = ["Refused", "items_of", "load_cluster", "load_objects"]
