"""A simulated incident, recorded as a bundle, is what real servers take, and they give all of it back."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import requests
from testbed import bundles
from testbed.cluster import Cluster
from testbed.jaeger import Jaeger
from testbed.loki import Loki
from testbed.prometheus import Prometheus, write_openmetrics

from agentctl.simulator import load_scenario, simulate, write_bundle


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recorded") / "bundle"
    write_bundle(simulate(load_scenario("tool-outage")), folder)
    return folder


def test_the_api_server_accepts_every_object_and_shows_it_unchanged(kube: Cluster, bundle: Path) -> None:
    kube.load_bundle(bundle)
    for kind, path in (("pods", "/api/v1/pods"), ("deployments", "/apis/apps/v1/deployments")):
        recorded = json.loads((bundle / "kubernetes" / f"{kind}.json").read_bytes())["items"]
        served = {item["metadata"]["name"]: item for item in kube.api.call("GET", path)["items"]}
        assert served.keys() == {item["metadata"]["name"] for item in recorded}
        for item in recorded:
            own = served[item["metadata"]["name"]]
            assert own["metadata"]["creationTimestamp"] == item["metadata"]["creationTimestamp"]
            assert own["metadata"]["labels"] == item["metadata"]["labels"]
            # The server adds defaults; what was recorded must be in there as it was.
            status = {key: value for key, value in item["status"].items() if key != "qosClass"}
            assert contains(own["status"], status)


def contains(whole: object, part: object) -> bool:
    """Whether everything in ``part`` stands in ``whole``, which may say more. A zero may be left out, as servers do."""
    if isinstance(whole, dict) and isinstance(part, dict):
        return all(contains(whole[key], value) if key in whole else not value for key, value in part.items())
    if isinstance(whole, list) and isinstance(part, list):
        return len(whole) == len(part) and all(map(contains, whole, part))
    return whole == part


def test_every_log_comes_back_byte_for_byte(kube: Cluster, bundle: Path) -> None:
    kube.load_bundle(bundle)
    logs = sorted((bundle / "logs").glob("*/*/*.log"))
    assert logs
    for path in logs:
        container = path.name.removesuffix(".log").removesuffix(".previous")
        argv = ["kubectl", "--kubeconfig", str(kube.kubeconfigs["reader"]), "-n", path.parts[-3], "logs"]
        argv += [path.parts[-2], "-c", container, "--timestamps"]
        argv += ["--previous"] if path.name.endswith(".previous.log") else []
        assert subprocess.run(argv, capture_output=True, timeout=60, check=True).stdout == path.read_bytes()


def test_prometheus_holds_every_sample(prometheus: Callable[..., Prometheus], bundle: Path, tmp_path: Path) -> None:
    server = prometheus(write_openmetrics(bundle, tmp_path / "samples.om"))
    wanted: dict[str, int] = {}
    for series in bundles.samples(bundle):
        name = series["metric"]["__name__"]
        wanted[name] = wanted.get(name, 0) + len(series["values"])
    end = max(float(series["values"][-1][0]) for series in bundles.samples(bundle))
    for name, count in wanted.items():
        found = server.query(f"sum(count_over_time({name}[60d]))", end)
        assert (name, int(found[0]["value"][1])) == (name, count)


def test_loki_holds_every_line(loki: Loki, bundle: Path) -> None:
    pushed = loki.load_bundle(bundle)
    stamps = [at for _, lines in bundles.streams(bundle) for at, _ in lines]
    window = (max(stamps) - min(stamps)) // 1_000_000_000 + 2
    answer = requests.get(
        f"{loki.url}/loki/api/v1/query",
        {"query": f'sum(count_over_time({{app="agent"}}[{window}s]))', "time": str(max(stamps) + 1)},
        timeout=30,
    )
    # Loki drops a line that is the same in text and stamp as one it has; those are counted once here as well.
    unique = sum(len(set(lines)) for _, lines in bundles.streams(bundle))
    assert pushed >= unique
    assert int(answer.json()["data"]["result"][0]["value"][1]) == unique


def test_jaeger_holds_every_span(jaeger: Jaeger, bundle: Path) -> None:
    jaeger.load_bundle(bundle)
    wanted: dict[str, int] = {}
    for request in bundles.spans(bundle):
        for resource in request["resourceSpans"]:
            for scope in resource["scopeSpans"]:
                for span in scope["spans"]:
                    wanted[span["traceId"]] = wanted.get(span["traceId"], 0) + 1
    assert wanted
    for trace_id, count in list(wanted.items())[:20]:
        assert len(jaeger.trace(trace_id)["spans"]) == count
