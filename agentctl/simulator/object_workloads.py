"""Deployments and ReplicaSets as `kubectl get -o json` prints them."""

from __future__ import annotations

from agentctl.simulator.fleet import Agent, ReplicaSet
from agentctl.simulator.object_writer import Object, Writer, stamp


def deployment_object(writer: Writer, agent: Agent) -> Object:
    """The agent's Deployment with its conditions."""
    newest = agent.replicasets[-1]
    available = sum(1 for pod in agent.pods if pod.serving)
    updated = sum(1 for pod in agent.pods if pod.replicaset is newest and pod.deleted is None)
    enough = available >= max(1, round(agent.replicas * 0.75))
    changed = max([newest.created, *(pod.unready_since or 0 for pod in agent.pods)]) if not enough else newest.created
    conditions = [
        {
            "lastTransitionTime": stamp(changed),
            "lastUpdateTime": stamp(changed),
            "message": "Deployment has minimum availability."
            if enough
            else "Deployment does not have minimum availability.",
            "reason": "MinimumReplicasAvailable" if enough else "MinimumReplicasUnavailable",
            "status": str(enough),
            "type": "Available",
        },
        _progress(writer, agent, newest, updated),
    ]
    selector = {"matchLabels": writer.labels(agent)}
    status = {
        "availableReplicas": available,
        "conditions": conditions,
        "observedGeneration": newest.revision,
        "readyReplicas": available,
        "replicas": len(agent.pods),
        "unavailableReplicas": max(0, agent.replicas - available),
        "updatedReplicas": updated,
    }
    spec = {
        "progressDeadlineSeconds": 600,
        "replicas": agent.replicas,
        "revisionHistoryLimit": 10,
        "selector": selector,
        "strategy": {"rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}, "type": "RollingUpdate"},
        "template": writer.template(agent, newest),
    }
    meta = writer.meta(
        agent.deployment, agent.uid, agent.created, annotations={"deployment.kubernetes.io/revision": str(newest.revision)},
        generation=newest.revision, labels=writer.labels(agent),
    )  # fmt: skip
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta, "spec": spec, "status": status}


def _progress(writer: Writer, agent: Agent, newest: ReplicaSet, updated: int) -> Object:
    finished = updated >= agent.replicas and all(p.ready or p.replicaset is not newest for p in agent.pods)
    late = not finished and writer.now - newest.created > 600 and newest.crashes
    reason, message = "NewReplicaSetAvailable", f'ReplicaSet "{newest.name}" has successfully progressed.'
    if late:
        reason, message = "ProgressDeadlineExceeded", f'ReplicaSet "{newest.name}" has timed out progressing.'
    elif not finished and writer.now - newest.created < 3600:
        reason, message = "ReplicaSetUpdated", f'ReplicaSet "{newest.name}" is progressing.'
    times = {"lastTransitionTime": stamp(agent.created), "lastUpdateTime": stamp(newest.created + 30)}
    return {**times, "message": message, "reason": reason, "status": str(not late), "type": "Progressing"}


def replicaset_object(writer: Writer, agent: Agent, revision: ReplicaSet) -> Object:
    """One revision."""
    pods = [pod for pod in agent.pods if pod.replicaset is revision]
    owner = {
        "apiVersion": "apps/v1",
        "blockOwnerDeletion": True,
        "controller": True,
        "kind": "Deployment",
        "name": agent.deployment,
        "uid": agent.uid,
    }
    annotations = {
        "deployment.kubernetes.io/desired-replicas": str(agent.replicas),
        "deployment.kubernetes.io/max-replicas": str(agent.replicas + 1),
        "deployment.kubernetes.io/revision": str(revision.revision),
    }
    labels = dict(sorted({**writer.labels(agent), "pod-template-hash": revision.hash}.items()))
    ready = sum(1 for pod in pods if pod.serving)
    status: Object = {"observedGeneration": 2, "replicas": len(pods)}
    if pods:
        status |= {"availableReplicas": ready, "fullyLabeledReplicas": len(pods), "readyReplicas": ready}
    return {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": writer.meta(
            revision.name,
            revision.uid,
            revision.created,
            annotations=annotations,
            generation=2,
            labels=labels,
            ownerReferences=[owner],
        ),
        "spec": {
            "replicas": max(0, revision.desired),
            "selector": {"matchLabels": labels},
            "template": writer.template(agent, revision, **{"pod-template-hash": revision.hash}),
        },
        "status": status,
    }
