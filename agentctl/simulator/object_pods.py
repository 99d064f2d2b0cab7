"""Pods as `kubectl get -o json` prints them."""

from __future__ import annotations

from random import Random

from agentctl.simulator.fleet import Pod
from agentctl.simulator.object_writer import SIDECAR_IMAGE, Object, Writer, stamp

RUNTIME = "containerd"


def pod_object(writer: Writer, pod: Pod) -> Object:
    """One pod, its containers as they stand."""
    agent, revision = pod.agent, pod.replicaset
    template = writer.template(agent, revision, **{"pod-template-hash": revision.hash})
    owner = {
        "apiVersion": "apps/v1",
        "blockOwnerDeletion": True,
        "controller": True,
        "kind": "ReplicaSet",
        "name": revision.name,
        "uid": revision.uid,
    }
    more: Object = {**template["metadata"], "generateName": f"{revision.name}-", "ownerReferences": [owner]}
    if pod.deleted is not None:
        more |= {"deletionGracePeriodSeconds": 30, "deletionTimestamp": stamp(pod.deleted + 30)}
    statuses = [_status(writer, pod), *([_sidecar_status(pod)] if agent.spec.sidecar else [])]
    ready = pod.ready and pod.reachable
    since = pod.unready_since if pod.unready_since is not None else pod.started + 5
    why: Object = (
        {} if ready else {"message": "containers with unready status: [agent]", "reason": "ContainersNotReady"}
    )
    conditions = [
        {
            "lastProbeTime": None,
            "lastTransitionTime": stamp(pod.created + 2),
            "status": "True",
            "type": "PodReadyToStartContainers",
        },
        {"lastProbeTime": None, "lastTransitionTime": stamp(pod.created), "status": "True", "type": "Initialized"},
        {"lastProbeTime": None, "lastTransitionTime": stamp(since), **why, "status": str(ready), "type": "Ready"},
        {
            "lastProbeTime": None,
            "lastTransitionTime": stamp(since),
            **why,
            "status": str(ready),
            "type": "ContainersReady",
        },
        {"lastProbeTime": None, "lastTransitionTime": stamp(pod.created), "status": "True", "type": "PodScheduled"},
    ]
    spec = {**template["spec"], "nodeName": pod.node.name, "schedulerName": "default-scheduler"}
    status = {
        "conditions": conditions,
        "containerStatuses": statuses,
        "hostIP": pod.node.ip,
        "phase": "Running" if pod.running or pod.last_exit else "Pending",
        "podIP": pod.ip,
        "podIPs": [{"ip": pod.ip}],
        "qosClass": "Burstable",
        "startTime": stamp(pod.created),
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": writer.meta(pod.name, pod.uid, pod.created, **more),
        "spec": spec,
        "status": status,
    }


def _status(writer: Writer, pod: Pod) -> Object:
    if pod.waiting and pod.last_exit is None:
        return {
            "image": pod.replicaset.image, "imageID": "", "lastState": {}, "name": "agent", "ready": False, "restartCount": 0,
            "started": False, "state": {"waiting": {"message": pod.waiting_message, "reason": pod.waiting}},
        }  # fmt: skip
    identifier = f"{RUNTIME}://{writer.rng.getrandbits(256):064x}"
    if pod.running:
        state: Object = {"running": {"startedAt": stamp(pod.started)}}
    elif pod.waiting:
        state = {"waiting": {"message": pod.waiting_message, "reason": pod.waiting}}
    elif pod.last_exit is not None:
        state = {"terminated": _terminated(pod, identifier)}
    else:
        state = {"waiting": {"reason": "ContainerCreating"}}
    last: Object = (
        {"terminated": _terminated(pod, identifier)} if pod.last_exit is not None and "terminated" not in state else {}
    )
    return {
        "containerID": identifier,
        "image": pod.replicaset.image,
        "imageID": pod.replicaset.image.rpartition(":")[0]
        + f"@sha256:{Random(pod.replicaset.image).getrandbits(256):064x}",
        "lastState": last,
        "name": "agent",
        "ready": pod.ready and pod.running and pod.reachable,
        "restartCount": pod.restarts,
        "started": pod.running,
        "state": state,
    }


def _terminated(pod: Pod, identifier: str) -> Object:
    assert pod.last_exit is not None
    code, reason, started, finished = pod.last_exit
    return {
        "containerID": identifier,
        "exitCode": code,
        "finishedAt": stamp(finished),
        "reason": reason,
        "startedAt": stamp(started),
    }


def _sidecar_status(pod: Pod) -> Object:
    image = SIDECAR_IMAGE
    return {
        "image": image, "imageID": image, "lastState": {}, "name": "otel-collector", "ready": True, "restartCount": 0, "started": True,
        "state": {"running": {"startedAt": stamp(pod.created + 2)}},
    }  # fmt: skip
