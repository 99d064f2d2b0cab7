"""Live sources are asked at once from several threads; the libraries behind them are loaded on the way, whole."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

from testbed.cluster import Cluster
from testbed.prometheus import Prometheus

SAMPLES = "# TYPE agent_tasks counter\nagent_tasks_total 1 1772532000\n# EOF\n"


def test_asking_several_servers_at_once_loads_each_library_once(
    kube: Cluster, prometheus: Callable[..., Prometheus]
) -> None:
    server = prometheus(SAMPLES)
    argv = [sys.executable, "-m", "agentctl", "doctor", "--kubeconfig", str(kube.kubeconfigs["reader"])]
    for _ in range(8):
        done = subprocess.run(
            [*argv, "--prometheus-url", server.url], capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode != 70, done.stderr
