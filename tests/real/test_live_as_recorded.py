"""The same incident read from real servers and from its recording: every source gives the same answer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from testbed import bundles
from testbed.cluster import Cluster
from testbed.jaeger import Jaeger
from testbed.loki import Loki
from testbed.prometheus import Prometheus, write_openmetrics
from testbed.victoria import Victoria

from agentctl.model.report import Window
from agentctl.simulator import load_scenario, simulate, write_bundle
from agentctl.sources.connect import connect
from agentctl.sources.protocols import LogQuery, Sources
from agentctl.sources.request import Request

SCENARIOS = ("bad-rollout-crash", "out-of-memory", "node-failure", "healthy-restart")


def fleet(name: str, folder: Path) -> Path:
    write_bundle(simulate(load_scenario(name)), folder)
    return folder


def live(kube: Cluster, **more: Any) -> Sources:
    return connect(Request(kubeconfig=kube.kubeconfigs["reader"], **more))


@pytest.mark.parametrize("name", SCENARIOS)
def test_kubernetes_objects(kube: Cluster, tmp_path: Path, name: str) -> None:
    bundle = fleet(name, tmp_path / "bundle")
    kube.load_bundle(bundle)
    recorded, served = connect(Request(bundle=bundle)).cluster, live(kube).cluster
    assert recorded is not None
    assert served is not None
    for question in ("pods", "deployments", "replicasets", "nodes"):
        wanted, found = getattr(recorded, question)(), getattr(served, question)()
        assert sorted(map(repr, found)) == sorted(map(repr, wanted)), question
    wanted, found = recorded.events(), served.events()
    assert sorted(repr(e) for e in found if e.kind != "Node") == sorted(repr(e) for e in wanted if e.kind != "Node")


def test_events_of_nodes(kube: Cluster, tmp_path: Path) -> None:
    bundle = fleet("node-failure", tmp_path / "bundle")
    kube.load_bundle(bundle)
    recorded, served = connect(Request(bundle=bundle)).cluster, live(kube).cluster
    assert recorded is not None
    assert served is not None
    wanted = sorted((event.name, event.reason) for event in recorded.events() if event.kind == "Node")
    assert wanted
    assert sorted((event.name, event.reason) for event in served.events() if event.kind == "Node") == wanted


@pytest.mark.parametrize("name", SCENARIOS)
def test_logs(kube: Cluster, tmp_path: Path, name: str) -> None:
    bundle = fleet(name, tmp_path / "bundle")
    kube.load_bundle(bundle)
    recorded, served = connect(Request(bundle=bundle)), live(kube)
    assert recorded.cluster is not None
    between_runs = {
        (pod.namespace, pod.name, container.name)
        for pod in recorded.cluster.pods()
        for container in pod.containers
        if container.state == "waiting" and container.restarts
    }
    wanted, found = texts(recorded), texts(served)
    # A container between two runs has one log left in a cluster, the last; a recording may have kept the run before it.
    for key in {key[:4] for key in wanted if key[1:4] in between_runs}:
        current, before = wanted.pop((*key, False), b""), wanted.pop((*key, True), b"")
        assert [found.pop((*key, previous)) for previous in (False, True) if (*key, previous) in found] == [
            current or before
        ]
    assert found.keys() == wanted.keys()
    assert [key for key in wanted if found[key] != wanted[key]] == []


def texts(sources: Sources) -> dict[tuple[Any, ...], bytes]:
    """(agent, namespace, pod, container, previous) → all of its log, where there is any."""
    assert sources.logs is not None
    found = {}
    for stream in sources.logs.streams(LogQuery()):
        o = stream.origin
        found[o.agent, o.namespace, o.pod, o.container, o.previous] = b"".join(stream.chunks())
    return {key: text for key, text in found.items() if text}


def samples(sources: Sources, names: list[str], window: Window) -> dict[str, list[tuple[float, float]]]:
    """Labels → the samples inside the window, of every series that has any."""
    assert sources.metrics is not None
    start, end = window.start.timestamp(), window.end.timestamp()
    found = {}
    for series in sources.metrics.series(names, window, {}):
        inside = [(at, value) for at, value in series.samples if start < at <= end]
        found[repr(sorted(series.labels.items()))] = inside
    return {labels: inside for labels, inside in found.items() if inside}


@pytest.fixture(scope="module")
def crash(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A bundle, and its samples as OpenMetrics."""
    folder = tmp_path_factory.mktemp("crash")
    bundle = fleet("bad-rollout-crash", folder / "bundle")
    return bundle, write_openmetrics(bundle, folder / "samples.om")


def recorded_samples(bundle: Path) -> tuple[list[str], Window, dict[str, list[tuple[float, float]]]]:
    recorded = connect(Request(bundle=bundle))
    assert recorded.metrics is not None
    assert recorded.window is not None
    names = [name for name in recorded.metrics.names() if name.startswith("agent_") and "bucket" not in name]
    wanted = samples(recorded, names, recorded.window)
    assert wanted
    return names, recorded.window, wanted


@pytest.mark.parametrize("edition", ["prometheus", "prometheus3"])
def test_metrics(crash: tuple[Path, Path], edition: str, request: pytest.FixtureRequest) -> None:
    server = request.getfixturevalue(edition)(crash[1])
    names, window, wanted = recorded_samples(crash[0])
    assert samples(connect(Request(prometheus_url=server.url)), names, window) == wanted


def test_metrics_of_victoria(crash: tuple[Path, Path], victoria: Victoria) -> None:
    victoria.load_bundle(crash[0])
    names, window, wanted = recorded_samples(crash[0])
    found = samples(connect(Request(prometheus_url=victoria.url)), names, window)
    # VictoriaMetrics keeps about twelve decimal digits, not the bits of a float.
    assert found.keys() == wanted.keys()
    for labels, pairs in wanted.items():
        assert [at for at, _ in found[labels]] == [at for at, _ in pairs]
        assert [value for _, value in found[labels]] == pytest.approx([value for _, value in pairs], rel=1e-11)


def test_metrics_through_the_service_proxy(
    kube: Cluster, crash: tuple[Path, Path], prometheus: Callable[..., Prometheus]
) -> None:
    server = prometheus(crash[1])
    kube.expose("monitoring", "prometheus", server.url, {"app.kubernetes.io/name": "prometheus"})
    names, window, wanted = recorded_samples(crash[0])
    assert samples(live(kube), names, window) == wanted


def test_logs_from_loki(crash: tuple[Path, Path], loki: Loki) -> None:
    loki.load_bundle(crash[0])
    recorded, served = connect(Request(bundle=crash[0])), connect(Request(loki_url=loki.url))
    assert recorded.window is not None
    assert recorded.cluster is not None
    first, last = (int(moment.timestamp()) * 1_000_000_000 for moment in (recorded.window.start, recorded.window.end))
    pods = {pod.name for pod in recorded.cluster.pods()}

    def lines(sources: Sources) -> dict[tuple[str, ...], list[tuple[int, str]]]:
        """(agent, namespace, pod, container) → stamped lines of the window, the same line at the same time once."""
        assert sources.logs is not None
        found: dict[tuple[str, ...], set[tuple[int, str]]] = {}
        for stream in sources.logs.streams(LogQuery(window=recorded.window)):
            o = stream.origin
            if o.pod in pods:  # the server is shared with other tests
                entries = bundles.entries(b"".join(stream.chunks()))
                found.setdefault((o.agent, o.namespace, o.pod, o.container), set()).update(entries)
        return {
            place: sorted(entry for entry in all_of_it if first < entry[0] < last) for place, all_of_it in found.items()
        }

    wanted, found = lines(recorded), lines(served)
    assert found.keys() == wanted.keys()
    assert [place for place in wanted if found[place] != wanted[place]] == []


def test_spans_from_jaeger(crash: tuple[Path, Path], jaeger: Jaeger) -> None:
    jaeger.load_bundle(crash[0])
    recorded, served = connect(Request(bundle=crash[0])), connect(Request(traces_url=jaeger.url))
    assert recorded.traces is not None
    assert served.traces is not None
    wanted = {(span.trace_id, span.span_id): span for span in recorded.traces.spans(recorded.window)}
    traces = {span.trace_id for span in wanted.values()}
    jaeger.trace(next(iter(traces)))
    served_spans = list(served.traces.spans(recorded.window))
    found = {(span.trace_id, span.span_id): span for span in served_spans if span.trace_id in traces}
    assert wanted
    assert found.keys() == wanted.keys()
    for place, span in wanted.items():
        own = found[place]
        assert (own.parent_id, own.name, own.status) == (span.parent_id, span.name, span.status)
        # Jaeger keeps microseconds.
        assert (own.start, own.end) == pytest.approx((span.start, span.end), abs=3e-6, rel=0)
