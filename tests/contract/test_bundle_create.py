"""A recording answers as the live cluster did, holds no secret, and is there as a whole or not at all."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from agentctl.documents.shipped import shipped
from agentctl.model.errors import SourceError
from agentctl.sources.bundle import open_bundle
from agentctl.sources.connect import connect
from agentctl.sources.protocols import LogQuery, Sources
from agentctl.sources.request import Request

from .conftest import pod
from .kubernetes_server import Cluster, Served, answering, broken_off, hanging, serving

SECRET = "sk-" + "ant-" + "q7" * 20


def samples(method: str, path: str) -> tuple[int, str, bytes]:
    """A Prometheus with one series, of the last two minutes."""
    now = int(time.time())
    metric = {"__name__": "agent_cost_total_usd_total", "agent_name": "search"}
    if "__name__/values" in path:
        data: Any = ["agent_cost_total_usd_total", "go_goroutines"]
    elif "last_over_time" in path or "%5B" not in path:
        data = {"resultType": "vector", "result": []}
    else:
        data = {
            "resultType": "matrix",
            "result": [{"metric": metric, "values": [[now - 120, "1.5"], [now - 60, "2.25"]]}],
        }
    return 200, "application/json", json.dumps({"status": "success", "data": data}).encode()


@pytest.fixture
def fleet(cluster: Cluster) -> Iterator[Served]:
    """Two agents, an event, a Prometheus in the cluster, and secrets where they do not belong."""
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time.time() - 60))
    search = pod("search-0", agent="search")
    search["spec"]["containers"][0]["env"] = [
        {"name": "API_KEY", "value": "plain-" + "word"},
        {"name": "MODEL", "value": "m"},
    ]
    cluster.objects["pods"] = [search, pod("triage-0", restarts=1)]
    cluster.objects["nodes"] = [
        {"metadata": {"name": "node-1"}, "status": {"conditions": [{"type": "Ready", "status": "True"}]}}
    ]
    about = {"kind": "Pod", "name": "search-0", "namespace": "agents"}
    cluster.objects["events"] = [
        {"metadata": {"namespace": "agents"}, "involvedObject": about, "reason": "BackOff", "count": 3}
    ]
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
    cluster.logs["agents", "search-0", "main", False] = f"{stamp}.1Z ERROR key {SECRET}\n".encode() * 3
    cluster.logs["agents", "triage-0", "main", False] = f"{stamp}.2Z INFO fine\n".encode()
    cluster.logs["agents", "triage-0", "main", True] = f"{stamp}.0Z CRITICAL killed\n".encode()
    with serving(cluster) as server:
        yield server


def create(served: Served, tmp_path: Path, target: Path, *more: str) -> subprocess.CompletedProcess[str]:
    """Run the command as a person does."""
    config = served.kubeconfig(tmp_path / "kubeconfig")
    words = ["bundle", "create", str(target), "--kubeconfig", str(config), "--money-since", "1h", "-o", "json", *more]
    return subprocess.run(
        [sys.executable, "-m", "agentctl", *words], capture_output=True, text=True, cwd=tmp_path, check=False
    )


def everything(sources: Sources) -> dict[str, Any]:
    """All answers of logs and cluster, masked as a recording is."""
    assert sources.logs is not None
    assert sources.cluster is not None
    logs = {
        (s.origin.agent, s.origin.pod, s.origin.previous): b"".join(s.chunks()).replace(SECRET.encode(), b"***")
        for s in sources.logs.streams(LogQuery())
    }
    names = ("pods", "events", "deployments", "replicasets", "nodes")
    return {"logs": logs} | {name: list(getattr(sources.cluster, name)()) for name in names}


@pytest.mark.parametrize("name", ["incident.tar.gz", "incident"])
def test_a_recording_answers_as_the_cluster_does(fleet: Served, tmp_path: Path, name: str) -> None:
    done = create(fleet, tmp_path, tmp_path / name)
    assert (done.returncode, done.stderr) == (0, "")
    said = json.loads(done.stdout)
    assert {s["name"]: s["status"] for s in said["data"]["sources"]} == {
        "logs": "ok", "kubernetes": "ok", "metrics": "ok", "traces": "missing", "probes": "missing", "quota": "missing", "config": "missing"
    }  # fmt: skip
    recorded = open_bundle(tmp_path / name)
    assert everything(recorded) == everything(connect(Request(kubeconfig=tmp_path / "kubeconfig")))
    assert recorded.window is not None
    assert recorded.metrics is not None
    (series,) = recorded.metrics.series(["agent_cost_total_usd_total"], recorded.window, {})
    assert [s.value for s in series.samples] == [1.5, 2.25]
    assert list(tmp_path.glob(".*")) == []


def test_no_secret_is_in_it(fleet: Served, tmp_path: Path) -> None:
    create(fleet, tmp_path, tmp_path / "incident")
    text = b"".join(p.read_bytes() for p in (tmp_path / "incident").rglob("*") if p.is_file())
    assert SECRET.encode() not in text
    assert b"plain-word" not in text
    assert fleet.cluster.token.encode() not in text
    assert b'"value":"m"' in text


def test_the_clusters_token_goes_to_its_api_server_only(fleet: Served, tmp_path: Path) -> None:
    create(fleet, tmp_path, tmp_path / "incident")
    proxied = [headers for _, path, headers in fleet.cluster.seen if "/proxy/" in path]
    assert proxied
    assert all(headers["Authorization"] == f"Bearer {fleet.cluster.token}" for headers in proxied)


def test_what_could_not_be_had_is_listed_with_its_reason(fleet: Served, tmp_path: Path) -> None:
    fleet.cluster.faults.append(("search-0/log", broken_off(b"half a li")))
    fleet.cluster.denied = [("list", "nodes", "*")]
    done = create(fleet, tmp_path, tmp_path / "incident")
    assert done.returncode == 5
    manifest = json.loads((tmp_path / "incident/bundle.json").read_text())
    assert manifest["sources"]["logs"]["status"] == "partial"
    assert "agents/search-0 (main)" in manifest["sources"]["logs"]["error"]
    assert "list nodes" in manifest["sources"]["kubernetes"]["error"]
    recorded = open_bundle(tmp_path / "incident")
    assert set(recorded.notes) == {"logs", "kubernetes"}
    assert recorded.notes["kubernetes"].code == "forbidden"
    assert everything_logs(recorded)["search-0"] == b"half a li"


def everything_logs(sources: Sources) -> dict[str, bytes]:
    return {s.origin.pod: b"".join(s.chunks()) for s in sources.logs.streams(LogQuery()) if not s.origin.previous}  # type: ignore[union-attr]


def test_a_hanging_pod_costs_only_itself(fleet: Served, tmp_path: Path) -> None:
    fleet.cluster.faults.append(("search-0/log", hanging(60)))
    done = create(fleet, tmp_path, tmp_path / "incident", "--request-timeout", "500ms")
    assert done.returncode == 5
    assert "triage-0" in everything_logs(open_bundle(tmp_path / "incident"))


def test_nothing_is_written_where_nothing_could_be_had(fleet: Served, tmp_path: Path) -> None:
    fleet.cluster.faults.append((".", answering(401, b"{}", "application/json")))
    done = create(fleet, tmp_path, tmp_path / "incident")
    assert done.returncode == 4
    assert json.loads(done.stdout)["exitCode"] == 4
    assert not (tmp_path / "incident").exists()
    assert [p.name for p in tmp_path.iterdir()] == ["kubeconfig"]


def test_what_is_there_is_never_overwritten(fleet: Served, tmp_path: Path) -> None:
    (tmp_path / "incident").mkdir()
    (tmp_path / "incident/precious").write_text("x")
    assert create(fleet, tmp_path, tmp_path / "incident").returncode == 3
    assert (tmp_path / "incident/precious").read_text() == "x"
    assert create(fleet, tmp_path, tmp_path / "no/such/folder.tar.gz").returncode == 3


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_recording_leaves_nothing_behind(fleet: Served, tmp_path: Path, number: signal.Signals) -> None:
    fleet.cluster.faults.append(("search-0/log", hanging(60)))
    config = fleet.kubeconfig(tmp_path / "kubeconfig")
    words = ["bundle", "create", "incident", "--kubeconfig", str(config), "--request-timeout", "3s"]
    running = subprocess.Popen([sys.executable, "-m", "agentctl", *words], cwd=tmp_path, stderr=subprocess.PIPE)
    while not any("search-0/log" in path for _, path, _ in fleet.cluster.seen):
        assert running.poll() is None
        time.sleep(0.05)
    os.kill(running.pid, number)
    assert running.wait(30) == 128 + number
    running.communicate()
    assert [p.name for p in tmp_path.iterdir()] == ["kubeconfig"]


def test_its_manifest_is_as_the_schema_says(fleet: Served, tmp_path: Path) -> None:
    fleet.cluster.denied = [("list", "nodes", "*")]
    create(fleet, tmp_path, tmp_path / "incident")
    schema = json.loads(Path(str(shipped("schemas", "bundle.schema.json"))).read_text())
    jsonschema.Draft202012Validator(schema).validate(json.loads((tmp_path / "incident/bundle.json").read_text()))


def test_a_look_at_it(fleet: Served, tmp_path: Path) -> None:
    create(fleet, tmp_path, tmp_path / "incident.tar.gz")
    words = [sys.executable, "-m", "agentctl", "bundle", "show", "incident.tar.gz", "-o", "json"]
    done = subprocess.run(words, capture_output=True, text=True, cwd=tmp_path, check=True)
    data = json.loads(done.stdout)["data"]
    assert data["agents"] == ["search", "triage-0"]
    held = {s["name"]: (s["status"], s["count"]) for s in data["sources"]}
    assert (held["logs"], held["kubernetes"], held["metrics"], held["traces"]) == (
        ("ok", 3),
        ("ok", 2),
        ("ok", 1),
        ("missing", 0),
    )


def test_a_tar_file_names_no_user(fleet: Served, tmp_path: Path) -> None:
    create(fleet, tmp_path, tmp_path / "incident.tar.gz")
    with tarfile.open(tmp_path / "incident.tar.gz") as tar:
        assert {(m.uid, m.gid, m.uname, m.gname) for m in tar} == {(0, 0, "", "")}
        assert "bundle.json" in tar.getnames()


def test_a_cluster_without_prometheus_says_how_to_name_one(fleet: Served, tmp_path: Path) -> None:
    fleet.cluster.objects["services"] = []
    sources = connect(Request(kubeconfig=fleet.kubeconfig(tmp_path / "kubeconfig")))
    with pytest.raises(SourceError) as caught:
        sources.metrics.names()  # type: ignore[union-attr]
    assert caught.value.code == "missing"
    assert "--prometheus-url" in caught.value.hint
