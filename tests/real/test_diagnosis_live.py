"""A fleet with an incident that just happened, asked live with the least role: the same causes as from its recording."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from testbed import jaeger
from testbed.cluster import Cluster
from testbed.prometheus import Prometheus, write_openmetrics

from agentctl.simulator import load_scenario, simulate, write_bundle


def diagnosed(*options: str) -> tuple[int, set[tuple[str, str]]]:
    """The exit code and the causes (id, subject)."""
    argv = [sys.executable, "-m", "agentctl", "diagnose", "-o", "json", *options]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode in (0, 1), done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return done.returncode, {(cause["id"], cause["subject"]) for cause in report["causes"]}


@pytest.mark.parametrize("name", ["healthy", "tool-outage", "bad-rollout-crash", "node-failure"])
def test_live_as_recorded(
    kube: Cluster, prometheus: Callable[..., Prometheus], tmp_path: Path, name: str, request: pytest.FixtureRequest
) -> None:
    request.getfixturevalue("jaeger")  # skips where there is none; the spans need a server of their own
    scenario = load_scenario(name)
    bundle = tmp_path / "bundle"
    # The last day on which these hours are past: the fleet's traffic follows the hour of the day.
    start = scenario.start + (time.time() - scenario.window - scenario.start) // 86400 * 86400
    write_bundle(simulate(replace(scenario, start=start)), bundle)
    window = json.loads((bundle / "bundle.json").read_text())["window"]
    kube.load_bundle(bundle)
    with ExitStack() as stack:
        traces = stack.enter_context(jaeger.running(tmp_path / "jaeger"))
        traces.load_bundle(bundle)
        server = prometheus(write_openmetrics(bundle, tmp_path / "samples.om"))
        live = ["--kubeconfig", str(kube.kubeconfigs["reader"]), "--prometheus-url", server.url]
        found = diagnosed(*live, "--traces-url", traces.url, "--since-time", window["start"], "--until", window["end"])
    assert found == diagnosed("--bundle", str(bundle))
    assert found[1] == {(cause.id, cause.subject) for cause in scenario.expect}
