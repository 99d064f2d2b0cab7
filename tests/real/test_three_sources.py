"""One incident, three ways to read it: its recording, the live servers, and Loki with Jaeger. All name the same causes.

Every scenario keeps the hours it was written for and is asked for by `--since-time` and `--until`: the fleet's traffic
has a daily cycle, so one that is moved to "now" would be another incident at every hour of the day.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml
from testbed import jaeger, loki
from testbed.cluster import Cluster
from testbed.prometheus import Prometheus, write_openmetrics

from agentctl.simulator import load_scenario, simulate, write_bundle

SCENARIOS = (
    "credential-rejected",
    "outage-static-targets",
    "tool-latency",
    "governance-limit-reached",
    "telemetry-gap",
    "out-of-memory",
)
# Without the cluster's word the logs show that the pods restart, not what for.
FROM_LOGS_ALONE = {"out-of-memory": {("crash-loop", "deployment/research-agent")}}


def agentctl(home: Path, *argv: str) -> tuple[int, dict[str, Any]]:
    """The exit code and the report. Nothing of this machine's own configuration is read."""
    environ = {k: v for k, v in os.environ.items() if not k.startswith("AGENTCTL_") and k != "KUBECONFIG"}
    done = subprocess.run(
        [sys.executable, "-m", "agentctl", *argv, "-o", "json"],
        capture_output=True, text=True, timeout=180, check=False, env=environ | {"HOME": str(home)},
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stderr + done.stdout[-2000:]
    report: dict[str, Any] = json.loads(done.stdout)
    return done.returncode, report


def causes(told: tuple[int, dict[str, Any]]) -> tuple[int, list[tuple[str, str]]]:
    """The exit code and the causes (id, subject), in their order."""
    return told[0], [(cause["id"], cause["subject"]) for cause in told[1]["causes"]]


def policies(bundle: Path, folder: Path) -> list[str]:
    """The recorded governance documents as options, without the tools' addresses: nothing answers there in this bed."""
    options: list[str] = []
    for path in sorted((bundle / "config").glob("*.yaml")):
        documents = list(yaml.safe_load_all(path.read_text(encoding="utf-8")))
        for document in documents:
            for tool in document.get("agent", {}).get("tools", {}).values():
                tool.pop("endpoint", None)
                tool.pop("health", None)
        (folder / path.name).write_text(yaml.safe_dump_all(documents), encoding="utf-8")
        options += ["--policy", str(folder / path.name)]
    return options


@pytest.fixture(params=SCENARIOS)
def incident(
    request: pytest.FixtureRequest, kube: Cluster, prometheus: Callable[..., Prometheus], tmp_path: Path
) -> Iterator[tuple[str, Path, dict[str, Sequence[str]]]]:
    """(scenario, bundle, {server: options}): the incident in every server, recorded without what only a live probe tells."""
    for server in ("jaeger", "loki"):
        request.getfixturevalue(server)  # skips where there is none; each incident needs its own
    bundle = tmp_path / "bundle"
    write_bundle(simulate(load_scenario(request.param)), bundle)
    manifest = json.loads((bundle / "bundle.json").read_text())
    for name in ("probes", "quota"):
        (bundle / f"{name}.json").unlink(missing_ok=True)
        manifest["sources"].pop(name, None)
    (bundle / "bundle.json").write_text(json.dumps(manifest))
    kube.load_bundle(bundle)
    with ExitStack() as stack:
        traces = stack.enter_context(jaeger.running(tmp_path / "jaeger"))
        traces.load_bundle(bundle)
        logs = stack.enter_context(loki.running(tmp_path / "loki"))
        logs.load_bundle(bundle)
        metrics = prometheus(write_openmetrics(bundle, tmp_path / "samples.om"))
        yield (
            request.param,
            bundle,
            {
                "kubernetes": ["--kubeconfig", str(kube.kubeconfigs["reader"])],
                "prometheus": ["--prometheus-url", metrics.url],
                "jaeger": ["--traces-url", traces.url],
                "loki": ["--loki-url", logs.url],
                "policy": policies(bundle, tmp_path),
                "window": ["--since-time", manifest["window"]["start"], "--until", manifest["window"]["end"]],
            },
        )


def test_the_same_causes(incident: tuple[str, Path, dict[str, Sequence[str]]], tmp_path: Path) -> None:
    name, bundle, servers = incident
    expected = {(cause.id, cause.subject) for cause in load_scenario(name).expect}

    def asked(*chosen: str) -> tuple[int, list[tuple[str, str]]]:
        options = [word for one in chosen for word in servers[one]]
        return causes(agentctl(tmp_path, "diagnose", *options, *servers["policy"], *servers["window"]))

    recorded = causes(agentctl(tmp_path, "diagnose", "--bundle", str(bundle)))
    assert set(recorded[1]) == expected
    assert asked("kubernetes", "prometheus", "jaeger") == recorded
    assert asked("kubernetes", "prometheus", "jaeger", "loki") == recorded
    alone = asked("prometheus", "jaeger", "loki")
    assert set(alone[1]) == FROM_LOGS_ALONE.get(name, expected)
    assert alone[0] == recorded[0]


@pytest.mark.parametrize("incident", ["credential-rejected"], indirect=True)
def test_a_recording_of_the_servers_answers_as_they_do(
    incident: tuple[str, Path, dict[str, Sequence[str]]], tmp_path: Path
) -> None:
    """`bundle create` of the live servers, then the same questions to the bundle."""
    _, _, servers = incident
    live = [word for one in ("kubernetes", "prometheus", "jaeger", "policy", "window") for word in servers[one]]
    made = tmp_path / "made.tar.gz"
    argv = [sys.executable, "-m", "agentctl", "bundle", "create", str(made), *live]
    environ = {k: v for k, v in os.environ.items() if not k.startswith("AGENTCTL_")} | {"HOME": str(tmp_path)}
    done = subprocess.run(argv, capture_output=True, text=True, timeout=180, check=False, env=environ)
    assert done.returncode == 0, done.stderr
    assert causes(agentctl(tmp_path, "diagnose", *live)) == causes(
        agentctl(tmp_path, "diagnose", "--bundle", str(made))
    )
    without_policy = [word for one in ("kubernetes", "prometheus", "window") for word in servers[one]]
    now = agentctl(tmp_path, "cost", "top", *without_policy)[1]["data"]
    then = agentctl(tmp_path, "cost", "top", "--bundle", str(made), "--since", "1h")[1]["data"]
    assert now["total"]["usd"] is not None
    # What the logs say of the cost is read from a recording only, so the totals are more than these two.
    assert [then["total"][key] for key in ("usd", "quality")] == [now["total"][key] for key in ("usd", "quality")]
    assert [(row["agent"], row["usd"], row["quality"]) for row in then["rows"]] == [
        (row["agent"], row["usd"], row["quality"]) for row in now["rows"]
    ]
