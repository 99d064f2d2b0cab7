"""The role that `agentctl rbac` prints is enough for everything that is read, and no part of it is too much."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import yaml
from testbed.cluster import Cluster
from testbed.prometheus import Prometheus

from agentctl.model.errors import SourceError
from agentctl.model.report import Window
from agentctl.sources.connect import connect
from agentctl.sources.protocols import LogQuery, Sources
from agentctl.sources.request import Request

USER = "nobody"
END = 1_772_003_600
SAMPLES = "".join(f"agent_tasks_total {number} {END - 3600 + number * 30}\n" for number in range(120)) + "# EOF\n"
TEMPLATE = {"metadata": {"labels": {"app": "agent"}}, "spec": {"containers": [{"name": "agent", "image": "agent:1"}]}}
RUNNING = {"name": "agent", "image": "agent:1", "imageID": "", "ready": True, "restartCount": 0}


def printed_rules() -> list[dict[str, Any]]:
    done = subprocess.run([sys.executable, "-m", "agentctl", "rbac"], capture_output=True, text=True, check=True)
    documents = [document for document in yaml.safe_load_all(done.stdout) if document["kind"] == "ClusterRole"]
    return [rule for document in documents for rule in document["rules"]]


@pytest.fixture
def fleet(kube: Cluster, prometheus: Callable[..., Prometheus]) -> Cluster:
    """A Deployment with one pod behind its ReplicaSet, a log, and a Prometheus behind a Service."""
    meta = {"namespace": "agents", "labels": {"app": "agent"}}
    spec = {"replicas": 1, "selector": {"matchLabels": {"app": "agent"}}, "template": TEMPLATE}
    owner = {"apiVersion": "apps/v1", "controller": True}
    by_deployment = {**owner, "kind": "Deployment", "name": "triage", "uid": "d"}
    by_replicaset = {**owner, "kind": "ReplicaSet", "name": "triage-1", "uid": "r"}
    kube.load(
        {
            "kind": "Deployment",
            "apiVersion": "apps/v1",
            "metadata": {**meta, "name": "triage", "uid": "d"},
            "spec": spec,
        },
        {
            "kind": "ReplicaSet",
            "apiVersion": "apps/v1",
            "metadata": {**meta, "name": "triage-1", "uid": "r", "ownerReferences": [by_deployment]},
            "spec": spec,
        },
        {
            "kind": "Pod",
            "apiVersion": "v1",
            "metadata": {**meta, "name": "triage-1-a", "ownerReferences": [by_replicaset]},
            "spec": {"nodeName": "node-a", **TEMPLATE["spec"]},
            "status": {"phase": "Running", "containerStatuses": [{**RUNNING, "state": {"running": {}}}]},
        },
    )
    kube.write_log("agents", "triage-1-a", "agent", "2026-02-25T07:10:00Z a line\n")
    kube.expose("monitoring", "prometheus", prometheus(SAMPLES).url, {"app.kubernetes.io/name": "prometheus"})
    return kube


def everything(kube: Cluster) -> dict[str, Any]:
    """What each source answers; the code of the error where one refuses or says that it is partial."""
    sources = connect(Request(kubeconfig=kube.kubeconfigs[USER]))
    end = datetime.fromtimestamp(END, UTC)
    window = Window(end - timedelta(hours=1), end)
    questions: dict[str, Callable[[Any], Any]] = {
        "pods": lambda s: [(pod.name, pod.owner) for pod in s.cluster.pods()],
        "events": lambda s: list(s.cluster.events()),
        "deployments": lambda s: [one.name for one in s.cluster.deployments()],
        "replicasets": lambda s: [one.name for one in s.cluster.replicasets()],
        "nodes": lambda s: [node.name for node in s.cluster.nodes()],
        "logs": lambda s: [b"".join(stream.chunks()) for stream in s.logs.streams(LogQuery())],
        "metrics": lambda s: [len(one.samples) for one in s.metrics.series(["agent_tasks_total"], window, {})],
    }
    return {name: answer(ask, sources) for name, ask in questions.items()}


def answer(ask: Callable[[Any], Any], sources: Sources) -> Any:
    try:
        return ask(sources)
    except SourceError as error:
        return error.code


def test_the_printed_role_is_enough(fleet: Cluster) -> None:
    fleet.allow(USER, printed_rules())
    try:
        found = everything(fleet)
    finally:
        fleet.allow(USER, [])
    assert found == {
        "pods": [("triage-1-a", ("Deployment", "triage"))],
        "events": [],
        "deployments": ["triage"],
        "replicasets": ["triage-1"],
        "nodes": ["node-a"],
        "logs": [b"2026-02-25T07:10:00Z a line\n"],
        "metrics": [120],
    }


def test_without_rights_every_source_says_so(fleet: Cluster) -> None:
    assert set(everything(fleet).values()) == {"forbidden"}


def grants(rules: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    return [
        (group, what, verb) for r in rules for group in r["apiGroups"] for what in r["resources"] for verb in r["verbs"]
    ]


def test_every_grant_is_needed(fleet: Cluster) -> None:
    all_of_them = grants(printed_rules())
    superfluous = []
    try:
        fleet.allow(USER, printed_rules())
        whole = everything(fleet)
        for left_out in all_of_them:
            rest = [grant for grant in all_of_them if grant != left_out]
            fleet.allow(USER, [{"apiGroups": [g], "resources": [r], "verbs": [v]} for g, r, v in rest])
            if everything(fleet) == whole:
                superfluous.append(left_out)
    finally:
        fleet.allow(USER, [])
    # agentctl itself only lists pods; the commands that it tells a person to run (kubectl logs, describe) get one.
    assert set(superfluous) <= {("", "pods", "get")}
