"""Kubernetes objects of the fleet as `kubectl get -o json` prints them."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random
from typing import Any

from agentctl.simulator.build import new_uid
from agentctl.simulator.fleet import Agent, Fleet, KubeEvent, Node, Pod, ReplicaSet

Object = dict[str, Any]
_LABEL = {
    "agent": "agent",
    "agent_name": "agent_name",
    "agentctl.dev/agent": "agentctl.dev/agent",
    "app.kubernetes.io/name": "app.kubernetes.io/name",
    "app.kubernetes.io/component": "app.kubernetes.io/component",
}
RUNTIME = "containerd"


def stamp(time: float) -> str:
    """A time as the API server writes it: RFC 3339 in UTC, whole seconds."""
    return datetime.fromtimestamp(int(time), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def listed(items: list[Object]) -> Object:
    """The list that `kubectl get -o json` wraps objects in."""
    return {"apiVersion": "v1", "items": items, "kind": "List", "metadata": {"resourceVersion": ""}}


class Objects:
    """Writes the fleet's objects as of one moment; uids and ips that nobody reads elsewhere are drawn here."""

    def __init__(self, fleet: Fleet, now: float, rng: Random) -> None:
        self._fleet = fleet
        self._now = now
        self._rng = rng
        self._version = 81_000_000

    def all(self) -> dict[str, Object]:
        """Every kind by its file's stem."""
        agents = self._fleet.agents.values()
        return {
            "pods": listed([self._pod(pod) for agent in agents for pod in agent.pods]),
            "events": listed(
                [self._event(event) for event in sorted(self._fleet.events, key=lambda e: (e.last, e.name))]
            ),
            "deployments": listed([self._deployment(agent) for agent in agents]),
            "replicasets": listed([self._replicaset(agent, rs) for agent in agents for rs in agent.replicasets]),
            "nodes": listed([self._node(node) for node in self._fleet.nodes]),
        }

    def _meta(self, name: str, uid: str, created: float, **more: Any) -> Object:
        self._version += self._rng.randint(1, 900)
        meta = {
            "creationTimestamp": stamp(created),
            "name": name,
            "namespace": self._fleet.namespace,
            "resourceVersion": str(self._version),
            "uid": uid,
        }
        return dict(sorted({**meta, **more}.items()))

    def _labels(self, agent: Agent) -> dict[str, str]:
        labels = {"app": "agent", "team": agent.spec.profile}
        key = _LABEL.get(self._fleet.identity)
        if key is not None:
            labels[key] = agent.name
        return dict(sorted(labels.items()))

    def _container(self, agent: Agent, revision: ReplicaSet) -> Object:
        secret = agent.policy.model or "model"
        return {
            "env": [
                *({"name": key, "value": value} for key, value in revision.env.items()),
                {
                    "name": "LLM_API_KEY",
                    "valueFrom": {"secretKeyRef": {"key": secret.split("-")[0], "name": "llm-credentials"}},
                },
                {"name": "OTEL_EXPORTER_OTLP_ENDPOINT", "value": "http://otel-collector:4317"},
            ],
            "image": revision.image,
            "imagePullPolicy": "IfNotPresent",
            "livenessProbe": {
                "failureThreshold": 3,
                "httpGet": {"path": "/healthz", "port": 8080, "scheme": "HTTP"},
                "periodSeconds": 10,
                "timeoutSeconds": 2,
            },
            "name": "agent",
            "ports": [
                {"containerPort": 8080, "name": "http", "protocol": "TCP"},
                {"containerPort": 9090, "name": "metrics", "protocol": "TCP"},
            ],
            "readinessProbe": {"httpGet": {"path": "/readyz", "port": 8080, "scheme": "HTTP"}, "periodSeconds": 5},
            "resources": {"limits": {"memory": "512Mi"}, "requests": {"cpu": "100m", "memory": "256Mi"}},
            "terminationMessagePath": "/dev/termination-log",
            "terminationMessagePolicy": "File",
            "volumeMounts": [{"mountPath": "/etc/agent", "name": "governance", "readOnly": True}],
        }

    def _template(self, agent: Agent, revision: ReplicaSet, **labels: str) -> Object:
        containers = [self._container(agent, revision)]
        if agent.spec.sidecar:
            containers.append(
                {"image": "otel/opentelemetry-collector-contrib:0.128.0", "name": "otel-collector", "resources": {}}
            )
        return {
            "metadata": {
                "annotations": {"prometheus.io/port": "9090", "prometheus.io/scrape": "true"},
                "labels": dict(sorted({**self._labels(agent), **labels}.items())),
            },
            "spec": {
                "containers": containers,
                "dnsPolicy": "ClusterFirst",
                "restartPolicy": "Always",
                "serviceAccountName": "agent",
                "terminationGracePeriodSeconds": 30,
                "volumes": [
                    {"configMap": {"defaultMode": 420, "name": f"{agent.deployment}-governance"}, "name": "governance"}
                ],
            },
        }

    def _pod(self, pod: Pod) -> Object:
        agent, revision = pod.agent, pod.replicaset
        template = self._template(agent, revision, **{"pod-template-hash": revision.hash})
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
        statuses = [self._status(pod), *([_sidecar_status(pod)] if agent.spec.sidecar else [])]
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
            "metadata": self._meta(pod.name, pod.uid, pod.created, **more),
            "spec": spec,
            "status": status,
        }

    def _status(self, pod: Pod) -> Object:
        if pod.waiting and pod.last_exit is None:
            return {
                "image": pod.replicaset.image, "imageID": "", "lastState": {}, "name": "agent", "ready": False, "restartCount": 0,
                "started": False, "state": {"waiting": {"message": pod.waiting_message, "reason": pod.waiting}},
            }  # fmt: skip
        identifier = f"{RUNTIME}://{self._rng.getrandbits(256):064x}"
        if pod.running:
            state: Object = {"running": {"startedAt": stamp(pod.started)}}
        elif pod.waiting:
            state = {"waiting": {"message": pod.waiting_message, "reason": pod.waiting}}
        elif pod.last_exit is not None:
            state = {"terminated": _terminated(pod, identifier)}
        else:
            state = {"waiting": {"reason": "ContainerCreating"}}
        last: Object = (
            {"terminated": _terminated(pod, identifier)}
            if pod.last_exit is not None and "terminated" not in state
            else {}
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

    def _deployment(self, agent: Agent) -> Object:
        newest = agent.replicasets[-1]
        available = sum(1 for pod in agent.pods if pod.serving)
        updated = sum(1 for pod in agent.pods if pod.replicaset is newest and pod.deleted is None)
        enough = available >= max(1, round(agent.replicas * 0.75))
        changed = (
            max([newest.created, *(pod.unready_since or 0 for pod in agent.pods)]) if not enough else newest.created
        )
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
            self._progress(agent, newest, updated),
        ]
        selector = {"matchLabels": self._labels(agent)}
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
            "template": self._template(agent, newest),
        }
        meta = self._meta(
            agent.deployment, agent.uid, agent.created, annotations={"deployment.kubernetes.io/revision": str(newest.revision)},
            generation=newest.revision, labels=self._labels(agent),
        )  # fmt: skip
        return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta, "spec": spec, "status": status}

    def _progress(self, agent: Agent, newest: ReplicaSet, updated: int) -> Object:
        finished = updated >= agent.replicas and all(p.ready or p.replicaset is not newest for p in agent.pods)
        late = not finished and self._now - newest.created > 600 and newest.crashes
        reason, message = "NewReplicaSetAvailable", f'ReplicaSet "{newest.name}" has successfully progressed.'
        if late:
            reason, message = "ProgressDeadlineExceeded", f'ReplicaSet "{newest.name}" has timed out progressing.'
        elif not finished and self._now - newest.created < 3600:
            reason, message = "ReplicaSetUpdated", f'ReplicaSet "{newest.name}" is progressing.'
        times = {"lastTransitionTime": stamp(agent.created), "lastUpdateTime": stamp(newest.created + 30)}
        return {**times, "message": message, "reason": reason, "status": str(not late), "type": "Progressing"}

    def _replicaset(self, agent: Agent, revision: ReplicaSet) -> Object:
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
        labels = dict(sorted({**self._labels(agent), "pod-template-hash": revision.hash}.items()))
        ready = sum(1 for pod in pods if pod.serving)
        status: Object = {"observedGeneration": 2, "replicas": len(pods)}
        if pods:
            status |= {"availableReplicas": ready, "fullyLabeledReplicas": len(pods), "readyReplicas": ready}
        return {
            "apiVersion": "apps/v1",
            "kind": "ReplicaSet",
            "metadata": self._meta(
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
                "template": self._template(agent, revision, **{"pod-template-hash": revision.hash}),
            },
            "status": status,
        }

    def _node(self, node: Node) -> Object:
        lost = node.lost_at is not None and self._now - node.lost_at > 40
        since = (node.lost_at or 0) + 40 if lost else self._now - 40 * 86400
        kinds = (
            ("MemoryPressure", "KubeletHasSufficientMemory"),
            ("DiskPressure", "KubeletHasNoDiskPressure"),
            ("PIDPressure", "KubeletHasSufficientPID"),
        )
        beat = node.lost_at if lost and node.lost_at is not None else self._now - 60
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
        meta = self._meta(
            node.name,
            new_uid(self._rng),
            self._now - 40 * 86400,
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

    def _event(self, event: KubeEvent) -> Object:
        involved: Object = {"kind": event.kind, "name": event.name, "uid": event.uid}
        if event.kind == "Node":
            involved["apiVersion"] = "v1"
        else:
            involved |= {"apiVersion": "v1" if event.kind == "Pod" else "apps/v1", "namespace": self._fleet.namespace}
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
            "metadata": self._meta(f"{event.name}.{self._rng.getrandbits(64):016x}", new_uid(self._rng), event.first),
            "reason": event.reason,
            "reportingComponent": event.component,
            "reportingInstance": event.host,
            "source": source,
            "type": event.type,
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
    image = "otel/opentelemetry-collector-contrib:0.128.0"
    return {
        "image": image, "imageID": image, "lastState": {}, "name": "otel-collector", "ready": True, "restartCount": 0, "started": True,
        "state": {"running": {"startedAt": stamp(pod.created + 2)}},
    }  # fmt: skip
