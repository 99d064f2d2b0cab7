"""One backend on a bad day: the report still comes in time, says what it does not know, and keeps what it does.

Everything runs as a user runs it, as a process of its own, against real servers behind a front that spoils their answers.
A healthy fleet is asked, so whatever is not known must not read as a pass.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from testbed import front as fronts
from testbed import jaeger, loki, prometheus
from testbed.cluster import Cluster
from testbed.front import Front, front
from testbed.prometheus import write_openmetrics

from agentctl.simulator import load_scenario, simulate, write_bundle

REQUEST_SECONDS, RUN_SECONDS = 1.0, 20.0
# What a process may need on a slow machine beside its own deadline.
GRACE_SECONDS = 15.0

FAULTS: dict[str, tuple[fronts.Fault, str]] = {
    "401": (fronts.status(401), "unauthorized"),
    "403": (fronts.status(403), "forbidden"),
    "404": (fronts.status(404), "not-found"),
    "410": (fronts.status(410), "gone"),
    "429": (fronts.status(429, Retry_After="3600"), "rate-limited"),
    "500": (fronts.status(500), "server-error"),
    "503": (fronts.status(503, Retry_After="1"), "server-error"),
    "login-page": (fronts.login_page, "bad-answer"),
    "half": (fronts.half, "truncated"),
    "endless": (fronts.endless, "timeout"),
    "silence": (fronts.silence, "timeout"),
    "hang-up": (fronts.hang_up, "unreachable"),
}
PLACES = ("refused", "no-such-name", "no-tls")


@dataclass(frozen=True)
class Bed:
    """The real servers, each behind a front, with one healthy fleet in them."""

    kube: Cluster
    fronts: dict[str, Front]
    options: tuple[str, ...]
    secrets: dict[str, str]
    home: Path


@dataclass(frozen=True)
class Told:
    """How a run ended. Times are seconds."""

    code: int
    report: dict[str, Any]
    out: str
    err: str
    seconds: float

    @property
    def steps(self) -> dict[str, tuple[str, str]]:
        """Step → (status, message); steps of one name, from several runbooks, are numbered."""
        found: dict[str, tuple[str, str]] = {}
        for step in self.report["steps"]:
            number = sum(name.split("#")[0] == step["id"] for name in found)
            found[f"{step['id']}#{number}"] = (step["status"], step["message"])
        return found


@pytest.fixture(scope="module")
def bed(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bed]:
    folder = tmp_path_factory.mktemp("faults")
    scenario = load_scenario("healthy")
    bundle = folder / "bundle"
    write_bundle(simulate(replace(scenario, window=1800.0)), bundle)
    window = json.loads((bundle / "bundle.json").read_text())["window"]
    cluster.clear()
    cluster.load_bundle(bundle)
    with ExitStack() as stack:
        traces = stack.enter_context(jaeger.running(folder / "jaeger"))
        traces.load_bundle(bundle)
        logs = stack.enter_context(loki.running(folder / "loki"))
        logs.load_bundle(bundle)
        samples = write_openmetrics(bundle, folder / "samples.om")
        metrics = stack.enter_context(prometheus.running(folder / "prometheus", samples))
        before = {"kubernetes": cluster.url, "prometheus": metrics.url, "loki": logs.url, "jaeger": traces.url}
        made = {
            name: stack.enter_context(front(url, cluster.authority if name == "kubernetes" else None))
            for name, url in before.items()
        }
        # Recognisable, and of no form that a redactor could know.
        tokens = {name: "planted" + secrets.token_hex(12) for name in ("prometheus", "loki", "jaeger")}
        tokens["kubernetes"] = cluster.tokens["reader"]
        yield Bed(cluster, made, ("--since-time", window["start"], "--until", window["end"]), tokens, folder / "home")
        cluster.clear()


@pytest.fixture(autouse=True)
def _healed(bed: Bed) -> Iterator[None]:
    yield
    for one in bed.fronts.values():
        one.spoil(None)
        one.clock = 0.0
    bed.kube.break_pods()


def run(bed: Bed, *argv: str, without: str = "", **places: str) -> Told:
    """agentctl with every source set up; ``places`` puts another URL in a source's place, ``without`` leaves one out."""
    urls = {name: one.url for name, one in bed.fronts.items()} | places
    config = bed.kube.kubeconfig_through(urls["kubernetes"], "reader")
    options = {
        "kubernetes": ("--kubeconfig", str(config)),
        "prometheus": ("--prometheus-url", urls["prometheus"]),
        "loki": ("--loki-url", urls["loki"]),
        "jaeger": ("--traces-url", urls["jaeger"]),
    }
    given = [word for name, words in options.items() if name not in without.split() for word in words]
    variables = {"prometheus": "PROMETHEUS", "loki": "LOKI", "jaeger": "TRACES"}
    environ = {k: v for k, v in os.environ.items() if not k.startswith("AGENTCTL_")} | {"HOME": str(bed.home)}
    environ |= {f"AGENTCTL_{name}_TOKEN": bed.secrets[key] for key, name in variables.items()}
    seconds = ("--request-timeout", f"{REQUEST_SECONDS:g}s")
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "agentctl", *argv, *given, *seconds, "-o", "json"],
        capture_output=True, text=True, timeout=120, check=False, env=environ,
    )  # fmt: skip
    took = time.monotonic() - started
    for text in (done.stdout, done.stderr):
        assert "Traceback" not in text
        assert [name for name, secret in bed.secrets.items() if secret in text] == []
    assert "NaN" not in done.stdout
    return Told(done.returncode, json.loads(done.stdout), done.stdout, done.stderr, took)


def diagnosed(bed: Bed, **more: str) -> Told:
    return run(bed, "diagnose", *bed.options, "--timeout", f"{RUN_SECONDS:g}s", **more)


def without_of(backend: str) -> str:
    """Loki reads logs in Kubernetes' stead, so only a test of Loki has it."""
    return "" if backend == "loki" else "loki"


@pytest.fixture(scope="module")
def sound(bed: Bed) -> dict[str, Told]:
    """The same runs with nothing wrong, by what is left out."""
    return {without: diagnosed(bed, without=without) for without in ("", "loki")}


def check(told: Told, whole: Told, code: str) -> None:
    """What holds for every fault: in time, not a pass, each gap explained, the rest of the report as ever."""
    assert told.seconds < RUN_SECONDS + GRACE_SECONDS
    assert told.code in (4, 5), told.report["findings"]
    assert told.report["exitCode"] == told.code
    assert told.report["status"] in ("unknown", "error")
    assert told.report["causes"] == []
    unknown = [step for step in told.report["steps"] if step["status"] == "unknown"]
    errors = [step["error"] for step in unknown] + told.report["errors"]
    assert errors
    for error in errors:
        assert error["code"]
        assert error["message"]
        assert "\n" not in error["message"]
        assert error["hint"], error
    assert code in {error["code"] for error in errors}, errors
    if told.report["steps"]:
        gaps = {name for name, (status, _) in told.steps.items() if status == "unknown"}
        assert told.steps.keys() == whole.steps.keys()
        for name, (status, _) in whole.steps.items():
            assert name in gaps or told.steps[name][0] in (status, "skipped"), (name, told.steps[name], status)


# Loki and the trace store share a client, whose every error has a test of its own elsewhere.
@pytest.mark.parametrize(
    ("backend", "fault"),
    [(backend, fault) for backend in ("kubernetes", "prometheus") for fault in FAULTS]
    + [(backend, fault) for backend in ("loki", "jaeger") for fault in ("401", "503", "login-page", "half", "endless")]
    + [("jaeger", "hang-up")],
)
def test_a_backend_on_a_bad_day(bed: Bed, sound: dict[str, Told], backend: str, fault: str) -> None:
    answer, code = FAULTS[fault]
    bed.fronts[backend].spoil(answer)
    without = without_of(backend)
    check(diagnosed(bed, without=without), sound[without], code)


def nowhere(place: str, bed: Bed, backend: str) -> str:
    if place == "refused":
        with socket.create_server(("127.0.0.1", 0)) as free:
            return f"http://127.0.0.1:{free.getsockname()[1]}"
    if place == "no-such-name":
        return f"http://{backend}.invalid:9090"
    return bed.fronts[backend].url.replace("http:", "https:")


@pytest.mark.parametrize(
    ("backend", "place"),
    [(backend, place) for backend in ("kubernetes", "prometheus") for place in PLACES]
    + [("loki", "refused"), ("jaeger", "no-such-name")],
)
def test_a_backend_that_is_not_there(bed: Bed, sound: dict[str, Told], backend: str, place: str) -> None:
    without = without_of(backend)
    told = diagnosed(bed, without=without, **{backend: nowhere(place, bed, backend)})
    code = {"refused": "unreachable", "no-such-name": "dns", "no-tls": "tls"}[place]
    check(told, sound[without], code)


def test_nothing_wrong_without_a_fault(sound: dict[str, Told]) -> None:
    for told in sound.values():
        assert (told.code, told.report["incomplete"]) == (0, False)


@pytest.mark.parametrize("fault", ["401", "503", "silence"])
def test_everything_on_a_bad_day(bed: Bed, sound: dict[str, Told], fault: str) -> None:
    for one in bed.fronts.values():
        one.spoil(FAULTS[fault][0])
    told = diagnosed(bed)
    check(told, sound[""], FAULTS[fault][1])
    assert told.code == 4


@pytest.mark.parametrize("spared", [1, 4, 9])
def test_an_api_server_that_dies_between_two_calls(bed: Bed, sound: dict[str, Told], spared: int) -> None:
    bed.fronts["kubernetes"].spoil(fronts.hang_up, spared=spared)
    check(diagnosed(bed, without="loki"), sound["loki"], "unreachable")


def test_one_pod_whose_logs_hang(bed: Bed, sound: dict[str, Told]) -> None:
    pod = bed.kube.api.call("GET", "/api/v1/namespaces/agents/pods")["items"][0]["metadata"]["name"]
    bed.kube.break_pods({"pod": f"agents/{pod}", "on": "logs", "hang": True})
    told = diagnosed(bed, without="loki")
    check(told, sound["loki"], "timeout")
    assert pod in told.out
    records = max(step["facts"].get("records", 0) for step in told.report["steps"])
    assert 0 < records < max(step["facts"].get("records", 0) for step in sound["loki"].report["steps"])


@pytest.mark.parametrize("fault", ["401", "login-page", "half"])
@pytest.mark.parametrize("command", ["cost top", "fleet", "doctor"])
def test_other_commands_without_their_metrics(bed: Bed, command: str, fault: str) -> None:
    bed.fronts["prometheus"].spoil(FAULTS[fault][0])
    told = run(bed, *command.split(), without="loki jaeger")
    assert told.seconds < RUN_SECONDS + GRACE_SECONDS
    # The fleet's table stands without its metrics, from the pods alone; its figures are then unknown, and the errors say why.
    assert told.code in {"doctor": (1, 4, 5), "cost top": (4, 5), "fleet": (0, 5)}[command]
    gaps = told.report["errors"] + [step["error"] for step in told.report["steps"] if step.get("error")]
    assert FAULTS[fault][1] in {error["code"] for error in gaps}
    assert all(error["hint"] for error in gaps)
    assert not re.search(r'"usd(PerHour)?": "0', told.out)


def test_a_clock_that_is_five_minutes_off(bed: Bed) -> None:
    bed.fronts["kubernetes"].clock = 300.0
    told = run(bed, "doctor", without="loki jaeger")
    clock = [step for step in told.report["steps"] if "clock" in (step["id"] + step["title"]).lower()]
    assert [step["status"] for step in clock] == ["warn"]
    # The Date header counts whole seconds, and the answer was under way.
    said = re.search(r"differ by (\d+) s", clock[0]["message"])
    assert said
    assert 295 <= int(said.group(1)) <= 305
