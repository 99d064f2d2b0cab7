"""The logs of a thousand pods through a real API server, each 20 ms away: agentctl beside `kubectl logs -l`.

kubectl asks one pod after the other (`--max-log-requests` counts for `-f` only), and holds itself to five requests a second;
it reads the last 100 lines of one container. agentctl asks 16 at once, reads all of every container and digests it.
AGENTCTL_BENCH_PODS sets the number of pods (1000, which takes four minutes; 75 take less than half of one). Run with -s to see
the figures.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "real"))

from testbed import binaries, controlplane
from testbed.cluster import Cluster

PODS = int(os.environ.get("AGENTCTL_BENCH_PODS", "1000"))
LINES, DELAY_SECONDS, AT_ONCE = 100, 0.02, 16
LEAST_RATIO, MOST_MEMORY_MIB = 10, 200
# In a run of fewer pods the start of the process is most of it, so it is measured and left out.
WHOLE_FROM = 500


def pod(number: int) -> dict[str, Any]:
    name = f"triage-{number:04}"
    running = {"name": "agent", "image": "agent:1", "imageID": "", "ready": True, "restartCount": 0}
    running["state"] = {"running": {}}
    return {
        "kind": "Pod",
        "apiVersion": "v1",
        "metadata": {"namespace": "agents", "name": name, "labels": {"app": "agent", "agent": "triage"}},
        "spec": {"nodeName": "node-a", "containers": [{"name": "agent", "image": "agent:1"}]},
        "status": {"phase": "Running", "containerStatuses": [running]},
    }


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    if shutil.which("kubectl") is None:
        pytest.skip("there is no kubectl")
    try:
        binaries.find("kube-apiserver")
        binaries.find("etcd")
    except binaries.Missing as missing:
        pytest.skip(str(missing))
    with controlplane.running(tmp_path_factory.mktemp("kubernetes")) as cluster:
        pods = [pod(number) for number in range(PODS)]
        cluster.load(*pods)
        start = datetime.now(UTC) - timedelta(minutes=30)
        for number, one in enumerate(pods):
            text = "".join(
                f"{start + timedelta(seconds=line):%Y-%m-%dT%H:%M:%S}.{number:09}Z "
                f"{'ERROR' if line % 50 == 0 else 'INFO'}:triage:task {line} of the run\n"
                for line in range(LINES)
            )
            cluster.write_log("agents", one["metadata"]["name"], "agent", text)
        cluster.break_pods({"on": "logs", "delay": DELAY_SECONDS})
        yield cluster


def measured(argv: list[str], out: Path) -> tuple[float, float]:
    """(seconds, peak resident MiB) of a process that must succeed, its output in a file."""
    started = time.monotonic()
    with out.open("wb") as file:
        child = subprocess.Popen(argv, stdout=file)
        _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode in (0, 1, 3, 4, 5), argv
    return time.monotonic() - started, usage.ru_maxrss / 1024


def test_a_thousand_pods(fleet: Cluster, tmp_path: Path) -> None:
    config = str(fleet.kubeconfigs["reader"])
    kubectl, _ = measured(
        ["kubectl", "--kubeconfig", config, "-n", "agents", "logs", "-l", "app=agent", f"--tail={LINES}",
         f"--max-log-requests={PODS}"], tmp_path / "kubectl.out",
    )  # fmt: skip
    assert (tmp_path / "kubectl.out").read_bytes().count(b"\n") == PODS * LINES
    argv = [sys.executable, "-m", "agentctl", "diagnose", "errors", "--kubeconfig", config, "--since", "1h",
            "--max-log-requests", str(AT_ONCE), "-o", "json"]  # fmt: skip
    start, _ = measured([*argv, "-l", "app=nobody"], tmp_path / "start.json")
    own, memory = measured(argv, tmp_path / "own.json")
    report = json.loads((tmp_path / "own.json").read_bytes())
    assert sum(row["records"] for row in report["data"]["agents"]) == PODS * LINES
    print(
        f"\n{PODS} pods, {LINES} lines each, {DELAY_SECONDS * 1000:.0f} ms away: kubectl logs {kubectl:.1f} s, "
        f"agentctl diagnose errors {own:.1f} s ({start:.1f} s of it its start) = {kubectl / own:.1f} times faster, "
        f"{memory:.0f} MiB at most"
    )
    assert memory <= MOST_MEMORY_MIB
    assert kubectl / (own if PODS >= WHOLE_FROM else max(own - start, 0.01)) >= LEAST_RATIO
