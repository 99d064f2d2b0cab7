"""Session fixtures for real servers.

A server that is not on this machine skips its tests. ``AGENTCTL_REQUIRE_REAL`` turns that into a failure: ``1`` for
Kubernetes and Prometheus, or a list of names (``kubernetes,prometheus,loki,jaeger``).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, nullcontext
from pathlib import Path
from typing import Any, TypeVar

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from testbed import binaries, controlplane
from testbed import jaeger as jaeger_server
from testbed import loki as loki_server
from testbed import prometheus as prometheus_server
from testbed import victoria as victoria_server
from testbed.cluster import Cluster
from testbed.conditions import is_required
from testbed.links import Link, link

Running = TypeVar("Running")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything below this folder needs a real server."""
    here = Path(__file__).resolve().parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.real)


def start(name: str, stack: ExitStack, server: Callable[[], AbstractContextManager[Running]]) -> Running:
    """Starts a server for as long as ``stack`` lives. Only a missing one skips; one that breaks is an error."""
    try:
        return stack.enter_context(server())
    except binaries.Missing as missing:
        if is_required(name, os.environ.get("AGENTCTL_REQUIRE_REAL", "")):
            pytest.fail(f"{name} is required here, but {missing}")
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """The one API server of the session; tests take ``kube``."""
    with ExitStack() as stack:
        yield start("kubernetes", stack, lambda: controlplane.running(tmp_path_factory.mktemp("kubernetes")))


@pytest.fixture
def kube(cluster: Cluster) -> Iterator[Cluster]:
    """A real API server with nothing in it; what the test loads is taken away afterwards."""
    cluster.clear()
    yield cluster
    cluster.clear()
    cluster.allow_reading("reader")


@pytest.fixture(scope="session")
def _prometheus_stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def _factory(name: str, edition: Any, stack: ExitStack, folders: pytest.TempPathFactory) -> Callable[..., Any]:
    known: dict[tuple[str, str], Any] = {}

    def begin(openmetrics: str | Path | None = None, *, tls: prometheus_server.Tls = "none") -> Any:
        key = (str(openmetrics), tls)
        if key not in known:
            folder = folders.mktemp(name)
            known[key] = start(
                name, stack, lambda: prometheus_server.running(folder, openmetrics, edition=edition, tls=tls)
            )
        return known[key]

    return begin


@pytest.fixture(scope="session")
def prometheus(
    _prometheus_stack: ExitStack, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., prometheus_server.Prometheus]:
    """``prometheus(openmetrics, tls="none|server|mutual")``: a server over the samples of this text or file.

    It lives as long as the session; the same text (or path) gives the same server again.
    """
    return _factory("prometheus", "any", _prometheus_stack, tmp_path_factory)


@pytest.fixture(scope="session")
def prometheus3(
    _prometheus_stack: ExitStack, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., prometheus_server.Prometheus]:
    """Like ``prometheus``, but major version 3."""
    return _factory("prometheus3", "3", _prometheus_stack, tmp_path_factory)


@pytest.fixture(scope="session")
def promtool() -> Path:
    """The path of promtool, for checking rule files."""
    with ExitStack() as stack:
        return start("prometheus", stack, lambda: nullcontext(prometheus_server.programs()[1]))


@pytest.fixture
def victoria(tmp_path: Path) -> Iterator[victoria_server.Victoria]:
    """An empty VictoriaMetrics."""
    with ExitStack() as stack:
        yield start("victoria-metrics", stack, lambda: victoria_server.running(tmp_path / "victoria"))


@pytest.fixture(scope="session")
def loki(tmp_path_factory: pytest.TempPathFactory) -> Iterator[loki_server.Loki]:
    """A Loki that the tests share: tell your streams from others' by a label of your own."""
    with ExitStack() as stack:
        yield start("loki", stack, lambda: loki_server.running(tmp_path_factory.mktemp("loki")))


@pytest.fixture(scope="session")
def jaeger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[jaeger_server.Jaeger]:
    """A Jaeger that the tests share."""
    with ExitStack() as stack:
        yield start("jaeger", stack, lambda: jaeger_server.running(tmp_path_factory.mktemp("jaeger")))


@pytest.fixture
def bad_line() -> Iterator[Callable[[str], Link]]:
    """``bad_line(url)``: a relay to a server whose faults the test sets; use its ``url`` in place of the server's."""
    with ExitStack() as stack:
        yield lambda url: stack.enter_context(link(url))


@pytest.fixture(scope="session")
def opa() -> Path:
    """The path of the Open Policy Agent."""
    with ExitStack() as stack:
        return start("opa", stack, lambda: nullcontext(binaries.find("opa")))
