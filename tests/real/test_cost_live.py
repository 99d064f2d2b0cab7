"""What a recording says of money, a live Prometheus over the same samples says too, digit for digit."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests
from testbed.prometheus import Prometheus, write_openmetrics
from testbed.victoria import Victoria

from agentctl.cli.app import run
from agentctl.simulator import load_scenario, simulate, write_bundle

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit" / "cli"))

import cost_bundle as by_hand

Capture = pytest.CaptureFixture[str]
# What only a recording has: logs and governance documents beside the metrics.
_BESIDE = ("loggedUsd", "gapUsd", "calls", "inputTokens", "outputTokens", "budget")


def answer(capsys: Capture, *arguments: str) -> dict[str, Any]:
    code = run(["cost", *arguments, "-o", "json"])
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert code == found["exitCode"]
    return found


def rows(report: dict[str, Any]) -> list[dict[str, Any]]:
    return [{k: v for k, v in row.items() if k not in _BESIDE} for row in report["data"]["rows"]]


def window(bundle: Path) -> tuple[str, ...]:
    span = json.loads((bundle / "bundle.json").read_text())["window"]
    return "--since-time", span["start"], "--until", span["end"]


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recorded") / "bundle"
    write_bundle(simulate(load_scenario("runaway-loop")), folder)
    return folder


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything that counters do: restarts, births, gaps, two names, two scrapers, samples on the very edges."""
    end = by_hand.END
    series = [
        by_hand.line([(3600, 1), (1800, 2), (0, 3)], agent_name="edges"),
        by_hand.line([(3899, 1), (1800, 2.5), (1, 3)], agent_name="lookback"),
        by_hand.line([(5000, 1), (1800, 2.5), (1, 3)], agent_name="missed-scrapes"),
        by_hand.line([(20_000, 1), (1800, 2.5), (1, 3)], agent_name="missed-hours"),
        by_hand.line([(3660, 90), (1800, 91.5), (1740, 0.5), (5, 2)], agent_name="restarted"),
        by_hand.line([(1800, 5), (5, 6)], agent_name="newborn"),
        by_hand.line([(1800, end - 1810), (5, end - 1810)], "agent_cost_total_usd_created", agent_name="newborn"),
        by_hand.line([(1800, 500), (5, 501)], agent_name="unknown-birth"),
        by_hand.line([(3630, 1), (5, 2)], agent_name="scraped-twice", prometheus_replica="a"),
        by_hand.line([(3635, 1), (10, 2)], agent_name="scraped-twice", prometheus_replica="b"),
        by_hand.line([(3630, 1), (5, 2.25)], "agent_cost_total_usd", agent_name="two-names"),
        by_hand.line([(3630, 1), (5, 2.25)], agent_name="two-names"),
        by_hand.line([(3601, 0.1), (3599, 0.30000000000000004), (7, 1e-7)], agent_name='quo"te\\back\nline'),
    ]
    return by_hand.write(tmp_path_factory.mktemp("odd") / "bundle", series)


@pytest.fixture(params=["prometheus", "prometheus3"])
def serve(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Path], str]:
    server: Callable[..., Prometheus] = request.getfixturevalue(request.param)
    return lambda bundle: server(write_openmetrics(bundle, tmp_path / "samples.om")).url


@pytest.mark.parametrize("which", ["simulated", "odd"])
@pytest.mark.parametrize("by", ["agent", "model"])
def test_top(
    which: str, by: str, serve: Callable[[Path], str], capsys: Capture, request: pytest.FixtureRequest
) -> None:
    bundle: Path = request.getfixturevalue(which)
    recorded = answer(capsys, "top", "--by", by, "--bundle", str(bundle))
    live = answer(capsys, "top", "--by", by, "--prometheus-url", serve(bundle), *window(bundle))
    keep = ("usd", "quality", "reasons", by)
    assert [{k: r[k] for k in keep} for r in rows(live)] == [{k: r[k] for k in keep} for r in rows(recorded)]
    assert live["data"]["total"]["usd"] == recorded["data"]["total"]["usd"]
    assert live["data"]["total"]["quality"] == recorded["data"]["total"]["quality"]


def test_spikes(serve: Callable[[Path], str], simulated: Path, capsys: Capture) -> None:
    recorded = answer(capsys, "spikes", "--bundle", str(simulated))
    live = answer(capsys, "spikes", "--prometheus-url", serve(simulated), *window(simulated))
    keep = ("agent", "usd", "since", "ongoing")
    assert [{k: s[k] for k in keep} for s in live["data"]["spikes"]] == [
        {k: s[k] for k in keep} for s in recorded["data"]["spikes"]
    ]
    assert live["exitCode"] == recorded["exitCode"] == 1


def test_budget(serve: Callable[[Path], str], simulated: Path, capsys: Capture) -> None:
    recorded = answer(capsys, "budget", "--bundle", str(simulated))
    live = answer(
        capsys, "budget", "--prometheus-url", serve(simulated), "-f", str(simulated / "config"), *window(simulated)
    )
    keep = ("agent", "status", "spentUsd", "limitUsd", "runsOutAt")
    assert [{k: r[k] for k in keep} for r in live["data"]["rows"]] == [
        {k: r[k] for k in keep} for r in recorded["data"]["rows"]
    ]


def test_spikes_in_victoria_metrics(victoria: Victoria, simulated: Path, capsys: Capture) -> None:
    victoria.load_bundle(simulated)
    recorded = answer(capsys, "spikes", "--bundle", str(simulated))
    live = answer(capsys, "spikes", "--prometheus-url", victoria.url, *window(simulated))
    keep = ("agent", "since", "ongoing")
    assert [{k: s[k] for k in keep} for s in live["data"]["spikes"]] == [
        {k: s[k] for k in keep} for s in recorded["data"]["spikes"]
    ]
    (ours,), (theirs,) = live["data"]["spikes"], recorded["data"]["spikes"]
    assert round(Decimal(ours["usd"]), 6) == round(Decimal(theirs["usd"]), 6)


def test_victoria_metrics_too(victoria: Victoria, odd: Path, capsys: Capture) -> None:
    victoria.load_bundle(odd)
    recorded = answer(capsys, "top", "--bundle", str(odd))
    live = answer(capsys, "top", "--prometheus-url", victoria.url, *window(odd))
    assert [nano(r) for r in rows(live)] == [nano(r) for r in rows(recorded)]


def nano(row: dict[str, Any]) -> tuple[Any, ...]:
    """A row with its money to the nano-dollar: VictoriaMetrics keeps fifteen digits of a sample."""
    return row["agent"], row["quality"], round(Decimal(row["usd"]), 9)


def test_an_empty_server_is_unknown(prometheus: Callable[..., Prometheus], capsys: Capture) -> None:
    report = answer(capsys, "top", "--prometheus-url", prometheus().url)
    assert (report["exitCode"], report["status"], report["data"]["total"]["usd"]) == (5, "unknown", None)


def test_no_server_is_4(capsys: Capture) -> None:
    assert run(["cost", "top", "--prometheus-url", "http://127.0.0.1:1", "-o", "json"]) == 4
    assert json.loads(capsys.readouterr().out)["errors"][0]["code"] == "unreachable"


@pytest.mark.parametrize("tls", ["server", "mutual"])
def test_a_private_ca_and_a_client_certificate(
    tls: Any,
    prometheus: Callable[..., Prometheus],
    odd: Path,
    tmp_path: Path,
    capsys: Capture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # A bundle of public CAs in the environment must not beat the CA that was asked for.
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", requests.certs.where())
    server = prometheus(write_openmetrics(odd, tmp_path / "samples.om"), tls=tls)
    assert server.client is not None
    trust = ("--prometheus-ca-file", str(server.authority))
    own = (
        "--prometheus-client-cert",
        str(server.client.certificate),
        "--prometheus-client-key",
        str(server.client.key),
    )
    question = ("top", "--prometheus-url", server.url, *window(odd))
    assert answer(capsys, *question, *trust, *own)["exitCode"] == 0
    refused = answer(capsys, *question)
    assert (refused["exitCode"], refused["errors"][0]["code"]) == (4, "tls")
    if tls == "mutual":
        assert answer(capsys, *question, *trust)["exitCode"] == 4
