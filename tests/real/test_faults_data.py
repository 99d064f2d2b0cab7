"""Servers that work and hold odd things: numbers that are none, a log of hundreds of megabytes, a Prometheus that goes away."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from testbed import prometheus as prometheus_server
from testbed.cluster import Cluster
from testbed.prometheus import Prometheus

END = 1_772_003_600
AT = datetime.fromtimestamp(END, UTC).isoformat()
# 40 shows the same in CI; what is held to a bound does not grow with it.
LOG_MEGABYTES = int(os.environ.get("AGENTCTL_TEST_LOG_MB", "200"))
MOST_MEMORY_MIB = 200


def started(*argv: str, **options: Any) -> subprocess.Popen[str]:
    environ = {k: v for k, v in os.environ.items() if not k.startswith("AGENTCTL_") and k != "KUBECONFIG"}
    return subprocess.Popen(
        [sys.executable, "-m", "agentctl", *argv],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environ | {"HOME": "/nonexistent"}, **options,
    )  # fmt: skip


def told(*argv: str) -> tuple[int, dict[str, Any]]:
    """The exit code and the report, which must be JSON as the RFC has it."""
    process = started(*argv, "-o", "json")
    out, err = process.communicate(timeout=120)
    assert "Traceback" not in out + err

    def refuse(text: str) -> None:
        raise AssertionError(f"{text} is no JSON")

    return process.returncode, json.loads(out, parse_constant=refuse)


def samples(broken: dict[int, str]) -> str:
    """An hour of costs, a dollar every half minute, one agent sound and one with some samples that are no numbers."""
    lines = []
    for agent, odd in (("sound", {}), ("odd", broken)):
        for number in range(121):
            value = odd.get(number, str(float(number)))
            lines.append(f'agent_cost_total_usd_total{{agent_name="{agent}"}} {value} {END - 3600 + number * 30}')
    for agent in ("sound", "odd"):
        lines += [
            f'agent_tasks_total{{agent_name="{agent}",status="completed"}} {odd} {END - 3600 + number * 30}'
            for number in range(121)
            for odd in [broken.get(number, str(number)) if agent == "odd" else str(number)]
        ]
    return "\n".join([*lines, "# EOF\n"])


@pytest.mark.parametrize("value", ["NaN", "+Inf", "-Inf"])
@pytest.mark.parametrize("where", [(50,), (0,), (120,), tuple(range(121))], ids=["within", "first", "last", "all"])
def test_samples_that_are_no_numbers(prometheus: Callable[..., Prometheus], value: str, where: tuple[int, ...]) -> None:
    server = prometheus(samples(dict.fromkeys(where, value)))
    options = ("--prometheus-url", server.url, "--until", AT, "--since", "1h")
    code, report = told("cost", "top", *options)
    rows = {row["agent"]: row for row in report["data"]["rows"]}
    assert (code, Decimal(rows["sound"]["usd"]), rows["sound"]["quality"]) == (0, 120, "exact")
    odd = rows.get("odd", {"usd": None, "quality": "unknown"})
    # A figure that was put together around a gap says so; it is never more than what was spent. A last sample that is
    # missing is no gap: there is always some time between the last scrape and the end of the window.
    spent = None if odd["usd"] is None else Decimal(odd["usd"])
    assert odd["quality"] != "exact" or spent == (119 if where == (120,) else 120)
    assert spent is None or spent <= 120
    assert told("diagnose", "cost", *options)[0] in (0, 5)


def test_a_prometheus_that_goes_away_between_two_runs(prometheus: Callable[..., Prometheus], tmp_path: Path) -> None:
    prometheus("# EOF\n")  # skips where there is none
    (tmp_path / "samples.om").write_text(samples({}))
    with prometheus_server.running(tmp_path / "prometheus", tmp_path / "samples.om") as server:
        options = ("cost", "top", "--prometheus-url", server.url, "--until", AT, "--since", "1h")
        assert told(*options)[0] == 0
    code, report = told(*options)
    assert (code, report["status"], report["data"].get("total")) == (4, "error", None) or code in (4, 5)
    assert "240" not in json.dumps(report["data"])
    assert {error["code"] for error in report["errors"]} == {"unreachable"}


def test_a_log_of_hundreds_of_megabytes(kube: Cluster, tmp_path: Path) -> None:
    running = {"name": "agent", "image": "agent:1", "imageID": "", "ready": True, "restartCount": 0}
    kube.load(
        {
            "kind": "Pod",
            "apiVersion": "v1",
            "metadata": {"namespace": "agents", "name": "triage-1", "labels": {"app": "agent", "agent": "triage"}},
            "spec": {"nodeName": "node-a", "containers": [{"name": "agent", "image": "agent:1"}]},
            "status": {"phase": "Running", "containerStatuses": [{**running, "state": {"running": {}}}]},
        }
    )
    path = kube.write_log("agents", "triage-1", "agent", "")
    at, lines = datetime.now(UTC) - timedelta(minutes=30), 0
    with path.open("w") as file:
        while file.tell() < LOG_MEGABYTES << 20:
            stamp = f"{at:%Y-%m-%dT%H:%M:%S}"
            for number in range(20_000):
                level = "ERROR" if number % 100 == 0 else "INFO"
                file.write(f"{stamp}.{number:09}Z {level}:triage:run {number} of customer {number % 977}: {'x' * 60}\n")
            at, lines = at + timedelta(seconds=5), lines + 20_000
    process = started(
        "diagnose", "errors", "--kubeconfig", str(kube.kubeconfigs["reader"]), "--since", "1h", "-o", "json",
        "--output-file", str(tmp_path / "report.json"),
    )  # fmt: skip
    # Everything goes to the file, so nothing waits in the pipes.
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    report = json.loads((tmp_path / "report.json").read_text())
    assert process.returncode in (0, 1), report["errors"]
    assert [(row["records"], row["errors"]) for row in report["data"]["agents"]] == [(lines, lines // 100)]
    assert usage.ru_maxrss / 1024 < MOST_MEMORY_MIB


def test_an_interrupt_while_a_pod_hangs(kube: Cluster) -> None:
    """Ctrl-C: 130, what is there is shown, and the report says that it is not all."""
    running = {"name": "agent", "image": "agent:1", "imageID": "", "ready": True, "restartCount": 0}
    now = datetime.now(UTC) - timedelta(minutes=5)
    for name in ("hung", "sound"):
        kube.load(
            {
                "kind": "Pod",
                "apiVersion": "v1",
                "metadata": {"namespace": "agents", "name": name, "labels": {"app": "agent", "agent": name}},
                "spec": {"nodeName": "node-a", "containers": [{"name": "agent", "image": "agent:1"}]},
                "status": {"phase": "Running", "containerStatuses": [{**running, "state": {"running": {}}}]},
            }
        )
        kube.write_log("agents", name, "agent", f"{now:%Y-%m-%dT%H:%M:%S}Z INFO:agent:started\n")
    kube.break_pods({"pod": "agents/hung", "on": "logs", "hang": True})
    process = started(
        "diagnose", "errors", "--kubeconfig", str(kube.kubeconfigs["reader"]), "--request-timeout", "60s", "-o", "json"
    )
    time.sleep(5)
    assert process.poll() is None
    process.send_signal(2)
    out, err = process.communicate(timeout=20)
    assert "Traceback" not in err
    report = json.loads(out)
    assert (process.returncode, report["exitCode"], report["incomplete"]) == (130, 130, True)
    assert report["status"] != "pass", report["steps"]
