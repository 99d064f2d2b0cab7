"""The doctor finds what is wrong and says what to do; the rights are asked of the API server's own authoriser."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from .kubernetes_server import Cluster, Served, answering
from .test_bundle_create import samples


def _doctor(served: Served, tmp_path: Path, *more: str) -> tuple[int, dict[str, Any], str]:
    config = served.kubeconfig(tmp_path / "kubeconfig")
    words = ["doctor", "--kubeconfig", str(config), "-o", "json", "--request-timeout", "3s", *more]
    done = subprocess.run(
        [sys.executable, "-m", "agentctl", *words], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    return done.returncode, {s["id"]: s for s in json.loads(done.stdout)["steps"]}, done.stderr


@pytest.fixture
def healthy(cluster: Cluster) -> Cluster:
    cluster.objects["services"] = [
        {
            "metadata": {
                "name": "prom",
                "namespace": "monitoring",
                "labels": {"app": "kube-prometheus-stack-prometheus"},
            },
            "spec": {"ports": [{"name": "http-web", "port": 9090}]},
        }
    ]
    cluster.services["monitoring/prom:9090"] = samples
    return cluster


def test_what_works_is_said_to_work(healthy: Cluster, served: Served, tmp_path: Path) -> None:
    code, steps, stderr = _doctor(served, tmp_path)
    assert (code, stderr) == (0, "")
    assert {s["status"] for s in steps.values()} == {"pass", "warn", "skipped"}
    assert "v1.34.3" in steps["kubernetes"]["message"]
    assert abs(steps["kubernetes"]["facts"]["clockSkewSeconds"]) < 3
    assert steps["agents"]["facts"] == {"pods": 2, "agents": 2}
    assert steps["metrics"]["status"] == "warn"
    assert "monitoring/prom" in steps["metrics"]["message"]
    assert "no metric of tasks" in steps["metrics"]["message"]
    assert steps["metrics"]["facts"]["metrics"]["cost"] == ["agent_cost_total_usd_total"]
    assert _doctor(served, tmp_path, "--strict")[0] == 1


def test_a_missing_right_fails_with_its_remedy(healthy: Cluster, served: Served, tmp_path: Path) -> None:
    healthy.denied = [("get", "pods/log", "agents"), ("list", "nodes", "*")]
    code, steps, _ = _doctor(served, tmp_path)
    assert code == 1
    assert steps["allowed-pods-log"]["status"] == "fail"
    assert "get pods/log in agents" in steps["allowed-pods-log"]["message"]
    assert "agentctl rbac" in steps["allowed-pods-log"]["remediation"]["command"]
    assert steps["allowed-nodes"]["status"] == "warn"
    assert steps["allowed-pods"]["status"] == "pass"


def test_a_clock_that_is_off(healthy: Cluster, served: Served, tmp_path: Path) -> None:
    body = json.dumps({"gitVersion": "v1.30.0"}).encode()

    def late(handler: Any) -> bool:
        handler.send_response_only(200)
        handler.send_header("Date", "Tue, 03 Mar 2026 10:00:00 GMT")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)
        return True

    healthy.faults.append(("/version", late))
    assert _doctor(served, tmp_path)[1]["clock"]["status"] == "warn"


def test_no_agents(healthy: Cluster, served: Served, tmp_path: Path) -> None:
    code, steps, _ = _doctor(served, tmp_path, "-l", "app=nobody")
    assert code == 1
    assert "app=nobody" in steps["agents"]["message"]
    assert "kubectl get pods" in steps["agents"]["remediation"]["command"]


def test_credentials_that_are_refused(healthy: Cluster, served: Served, tmp_path: Path) -> None:
    healthy.faults.append((".", answering(401, b'{"message": "Unauthorized"}', "application/json")))
    code, steps, _ = _doctor(served, tmp_path)
    assert code == 4
    assert steps["kubernetes"]["error"]["code"] == "unauthorized"
    assert steps["kubernetes"]["error"]["hint"]


def test_one_backend_that_is_down_hides_no_other(healthy: Cluster, served: Served, tmp_path: Path) -> None:
    code, steps, _ = _doctor(
        served, tmp_path, "--prometheus-url", "http://127.0.0.1:9", "--traces-url", "http://127.0.0.1:9"
    )
    assert code == 5
    assert steps["kubernetes"]["status"] == "pass"
    assert {steps["metrics"]["status"], steps["traces"]["status"]} == {"unknown"}
    assert "allowed-services-proxy" not in steps
