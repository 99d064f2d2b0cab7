"""Commands in containers through a real API server: what they say, how they end, and what happens when they do not."""

from __future__ import annotations

import time
from typing import Any

import pytest
from testbed.cluster import Cluster

from agentctl.model.errors import SourceError
from agentctl.sources.kubernetes_exec import Ran, run
from agentctl.sources.kubernetes_live import LiveClusters
from agentctl.sources.request import Request

ARGV = ["curl", "-sf", "http://kb-service:8000/health?a b&c=ü"]
RUNNING = {"name": "agent", "image": "agent:1", "imageID": "", "ready": True, "restartCount": 0}


@pytest.fixture
def pod(kube: Cluster) -> Cluster:
    """A cluster with one running pod, agents/one."""
    kube.load(
        {
            "kind": "Pod",
            "apiVersion": "v1",
            "metadata": {"namespace": "agents", "name": "one"},
            "spec": {"nodeName": "node-a", "containers": [{"name": "agent", "image": "agent:1"}]},
            "status": {"phase": "Running", "containerStatuses": [{**RUNNING, "state": {"running": {}}}]},
        }
    )
    return kube


def execute(kube: Cluster, *, user: str = "admin", pod: str = "one", timeout: float = 10.0) -> Ran:
    api = LiveClusters(Request(kubeconfig=kube.kubeconfigs[user]), {}).opened()[0].api
    return run(api, "agents", pod, "agent", ARGV, timeout)


@pytest.mark.parametrize("code", [0, 7, 22, 137])
def test_output_and_exit_code(pod: Cluster, code: int) -> None:
    pod.can_exec({"argv": ARGV, "stdout": "öut\n", "stderr": "err\n", "rc": code})
    assert execute(pod) == Ran(code, "öut\n".encode(), b"err\n")


def test_a_command_that_is_not_there(pod: Cluster) -> None:
    assert execute(pod).code == 127
    missing = (
        'OCI runtime exec failed: unable to start container process: exec: "curl": executable file not found in $PATH'
    )
    pod.can_exec({"argv": ARGV, "error": missing})
    assert execute(pod).code == 127


def test_long_output_in_many_messages(pod: Cluster) -> None:
    pod.can_exec({"argv": ARGV, "stdout": "x" * 200_000, "rc": 0})
    assert len(execute(pod).stdout) == 200_000


@pytest.mark.parametrize(
    ("fault", "code"),
    [({"hang": True}, "timeout"), ({"cut": 0.5}, "truncated"), ({"status": 500}, "server-error")],
)
def test_a_kubelet_that_fails_is_an_error_and_never_a_result(pod: Cluster, fault: dict[str, Any], code: str) -> None:
    pod.can_exec({"argv": ARGV, "stdout": "x" * 1000, "rc": 0})
    pod.break_pods({"on": "exec", **fault})
    started = time.monotonic()
    with pytest.raises(SourceError) as caught:
        execute(pod, timeout=2.0)
    assert caught.value.code == code
    assert time.monotonic() - started < 20


def test_a_command_that_does_not_end(pod: Cluster) -> None:
    pod.can_exec({"argv": ARGV, "stdout": "half", "rc": 0, "delay": 600})
    started = time.monotonic()
    with pytest.raises(SourceError) as caught:
        execute(pod, timeout=1.0)
    assert caught.value.code == "timeout"
    assert time.monotonic() - started < 20


def test_who_may_not(pod: Cluster) -> None:
    with pytest.raises(SourceError) as caught:
        execute(pod, user="reader")
    assert caught.value.code == "forbidden"
    assert "pods/exec" in caught.value.message


def test_a_pod_that_is_gone(pod: Cluster) -> None:
    with pytest.raises(SourceError) as caught:
        execute(pod, pod="two")
    assert caught.value.code == "not-found"
