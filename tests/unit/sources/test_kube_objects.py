"""Kubernetes JSON → the model: what it reads, and that no odd shape brings it down."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from agentctl.model.redaction import MASK
from agentctl.sources import kube_objects
from agentctl.sources.bundle_answers import _probe, _reading
from agentctl.sources.spans import read_otlp
from agentctl.sources.traces import read_jaeger

CRASHED: dict[str, Any] = {
    "metadata": {
        "name": "triage-5c9-x",
        "namespace": "agents",
        "labels": {"pod-template-hash": "5c9"},
        "creationTimestamp": "2026-03-03T10:00:00Z",
        "deletionTimestamp": "2026-03-03T10:30:00.5+01:00",
        "ownerReferences": [
            {"kind": "Other", "name": "o"},
            {"kind": "ReplicaSet", "name": "triage-5c9", "controller": True},
        ],
    },
    "spec": {
        "nodeName": "n1",
        "initContainers": [{"name": "setup"}],
        "containers": [
            {
                "name": "main",
                "image": "agent:2",
                "env": [
                    {"name": "MODEL", "value": "m"},
                    {"name": "API_KEY", "value": "abc"},
                    {"name": "X", "valueFrom": {}},
                ],
            }
        ],
    },
    "status": {
        "phase": "Running",
        "conditions": [{"type": "Ready", "status": "False"}, {"type": "PodScheduled", "status": "True"}],
        "initContainerStatuses": [{"name": "setup", "state": {"terminated": {"exitCode": 0, "reason": "Completed"}}}],
        "containerStatuses": [
            {
                "name": "main",
                "restartCount": 7,
                "state": {"waiting": {"reason": "CrashLoopBackOff"}},
                "lastState": {
                    "terminated": {"exitCode": 137, "reason": "OOMKilled", "finishedAt": "2026-03-03T10:20:00Z"}
                },
            }
        ],
    },
}


def test_a_pod_that_was_killed_for_its_memory() -> None:
    pod = kube_objects.pod(CRASHED)
    assert (pod.owner, pod.replicaset, pod.node, pod.ready) == (("Deployment", "triage"), "triage-5c9", "n1", False)
    assert (pod.created_at, pod.deleted_at) == (1772532000.0, 1772530200.5)
    setup, main = pod.containers
    assert (setup.init, setup.state, setup.exit_code) == (True, "terminated", 0)
    assert (main.state, main.reason, main.restarts) == ("waiting", "CrashLoopBackOff", 7)
    assert (main.last_reason, main.last_exit_code, main.last_finished_at) == ("OOMKilled", 137, 1772533200.0)
    assert main.env == {"MODEL": "m", "API_KEY": MASK}


def test_the_replicasets_own_owner_beats_the_guess_from_its_name() -> None:
    owners = {("agents", "triage-5c9"): ("Rollout", "canary")}
    assert kube_objects.pod(CRASHED, owners).owner == ("Rollout", "canary")


def test_a_pod_that_cannot_be_placed() -> None:
    status = {
        "phase": "Pending",
        "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}],
    }
    pod = kube_objects.pod({"metadata": {"name": "p"}, "spec": {"containers": [{"name": "main"}]}, "status": status})
    assert (pod.phase, pod.reason, pod.owner) == ("Pending", "Unschedulable", None)
    assert [c.state for c in pod.containers] == ["unknown"]


def test_events_of_both_apis() -> None:
    old = {
        "metadata": {"namespace": "a"},
        "involvedObject": {"kind": "Pod", "name": "p"},
        "type": "Warning",
        "reason": "BackOff",
        "message": "back-off",
        "count": 12,
        "firstTimestamp": "2026-03-03T10:00:00Z",
        "lastTimestamp": "2026-03-03T10:20:00Z",
    }
    new = {
        "metadata": {"namespace": "a"},
        "regarding": {"kind": "Pod", "name": "p", "namespace": "a"},
        "type": "Warning",
        "reason": "BackOff",
        "note": "back-off",
        "eventTime": "2026-03-03T10:00:00.000000Z",
        "series": {"count": 12, "lastObservedTime": "2026-03-03T10:20:00.000000Z"},
    }
    assert kube_objects.event(old) == kube_objects.event(new)
    assert kube_objects.event(old).count == 12
    assert kube_objects.event({"involvedObject": {"kind": "Node", "name": "n"}}).first_seen is None


def test_workloads_and_nodes() -> None:
    item = {
        "metadata": {"name": "triage", "namespace": "a", "annotations": {"deployment.kubernetes.io/revision": "3"}},
        "spec": {
            "replicas": 0,
            "template": {"metadata": {"labels": {"app": "agent"}}, "spec": {"containers": [{"image": "agent:2"}]}},
        },
        "status": {"conditions": [{"type": "Progressing", "lastUpdateTime": "2026-03-03T10:00:00Z"}]},
    }
    one = kube_objects.workload(item, "Deployment")
    assert (one.kind, one.revision, one.replicas, one.images, one.labels) == (
        "Deployment",
        3,
        0,
        ("agent:2",),
        {"app": "agent"},
    )
    assert one.progressing_at == 1772532000.0
    lost = {
        "metadata": {"name": "n"},
        "status": {"conditions": [{"type": "Ready", "status": "Unknown", "reason": "NodeStatusUnknown"}]},
    }
    assert kube_objects.node(lost).ready is None
    assert kube_objects.node(lost).reason == "NodeStatusUnknown"


def test_lists_in_every_form() -> None:
    one = {"metadata": {"name": "p"}}
    assert kube_objects.items({"items": [one, 3]}) == [one]
    assert kube_objects.items([one]) == [one]
    assert kube_objects.items(one) == [one]
    assert kube_objects.items({"items": None}) == kube_objects.items("x") == []


_KEYS = st.sampled_from(
    "metadata spec status name namespace labels annotations containers env value conditions type ownerReferences controller "
    "containerStatuses state waiting terminated exitCode restartCount template revision involvedObject series count items "
    "resourceSpans scopeSpans spans attributes key startTimeUnixNano events tags references processes limits from".split()
)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=4),
    max_leaves=25,
)


@settings(max_examples=300)
@given(st.dictionaries(_KEYS, _JSON, max_size=5))
def test_no_shape_brings_a_reader_down(item: dict[str, Any]) -> None:
    kube_objects.pod(item)
    kube_objects.workload(item)
    kube_objects.event(item)
    kube_objects.node(item)
    list(read_otlp(item))
    _probe(item)
    _reading(item)
    list(read_jaeger(item))
