"""What all written Kubernetes objects have in common: metadata, labels, and the pod template of a revision."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random
from typing import Any

from agentctl.simulator.fleet import Agent, Fleet, ReplicaSet

Object = dict[str, Any]
SIDECAR_IMAGE = "otel/opentelemetry-collector-contrib:0.128.0"


def stamp(time: float) -> str:
    """A time as the API server writes it: RFC 3339 in UTC, whole seconds."""
    return datetime.fromtimestamp(int(time), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Writer:
    """Writes the fleet's objects as of one moment; uids and resource versions that nobody reads elsewhere are drawn here."""

    def __init__(self, fleet: Fleet, now: float, rng: Random) -> None:
        self.fleet = fleet
        self.now = now
        self.rng = rng
        self._version = 81_000_000

    def meta(self, name: str, uid: str, created: float, **more: Any) -> Object:
        """An object's metadata, keys sorted as kubectl prints them."""
        self._version += self.rng.randint(1, 900)
        meta = {
            "creationTimestamp": stamp(created),
            "name": name,
            "namespace": self.fleet.namespace,
            "resourceVersion": str(self._version),
            "uid": uid,
        }
        return dict(sorted({**meta, **more}.items()))

    def labels(self, agent: Agent) -> dict[str, str]:
        """The labels of the agent's pods; which one names the agent is the scenario's choice."""
        labels = {"app": "agent", "team": agent.spec.profile}
        if self.fleet.identity != "none":
            labels[self.fleet.identity] = agent.name
        return dict(sorted(labels.items()))

    def container(self, agent: Agent, revision: ReplicaSet) -> Object:
        """The agent's container as the template holds it; the key of the provider comes from a Secret."""
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

    def template(self, agent: Agent, revision: ReplicaSet, **labels: str) -> Object:
        """The pod template of a revision, with further labels."""
        containers = [self.container(agent, revision)]
        if agent.spec.sidecar:
            containers.append({"image": SIDECAR_IMAGE, "name": "otel-collector", "resources": {}})
        return {
            "metadata": {
                "annotations": {"prometheus.io/port": "9090", "prometheus.io/scrape": "true"},
                "labels": dict(sorted({**self.labels(agent), **labels}.items())),
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
