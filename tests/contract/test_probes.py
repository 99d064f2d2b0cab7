"""Can the agents reach their tools: from inside every pod, through the API server, from here."""

from __future__ import annotations

import json
import socket
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from agentctl.model.errors import SourceError
from agentctl.sources.connect import connect
from agentctl.sources.kubernetes_exec import run
from agentctl.sources.kubernetes_live import LiveClusters
from agentctl.sources.probe_targets import targets
from agentctl.sources.protocols import Sources
from agentctl.sources.request import Request

from .conftest import pod
from .http_server import answering_with
from .kubernetes_server import Cluster, Served, hanging


def _policy(tmp_path: Path, **tools: str) -> Path:
    body = {name: {"endpoint": url} for name, url in tools.items()}
    path = tmp_path / "search.yaml"
    path.write_text(json.dumps({"agent": {"name": "search", "allowed_tools": list(tools), "tools": body}}))
    return path


def _ask(served: Served, tmp_path: Path, policy: Path, **more: Any) -> Sources:
    config = served.kubeconfig(tmp_path / "kubeconfig")
    return connect(Request(kubeconfig=config, policies=(policy,), **{"request_timeout": 3.0} | more))


def _api(sources: Sources) -> Any:
    assert isinstance(sources.cluster, LiveClusters)
    return sources.cluster.opened()[0].api


def test_addresses() -> None:
    text = """
agent:
  name: search
  tools:
    a: {endpoint: "http://kb:8000/api/", health: /health}
    b: {endpoint: "http://kb:8000/api", health: ready}
    c: {health: "https://crm.example.com/healthz"}
    d: {endpoint: "redis://memory.data.svc.cluster.local"}
    e: {endpoint: "postgres://user:secret@db:5433/x"}
    f: {description: nowhere}
    g: {endpoint: "http://[broken"}
"""
    found = {t.tool: (t.url, t.host, t.port) for t in targets([("search.yaml", text)])}
    assert found == {
        "a": ("http://kb:8000/health", "kb", 8000),
        "b": ("http://kb:8000/api/ready", "kb", 8000),
        "c": ("https://crm.example.com/healthz", "crm.example.com", 443),
        "d": ("redis://memory.data.svc.cluster.local", "memory.data.svc.cluster.local", 6379),
        "e": ("postgres://db:5433/x", "db", 5433),
    }


def test_every_pod_of_the_agent_is_asked(served: Served, cluster: Cluster, tmp_path: Path) -> None:
    cluster.objects["pods"] = [pod("s-0", agent="search"), pod("s-1", agent="search"), pod("other-0", agent="triage")]
    commands: list[list[str]] = []

    def well(command: list[str]) -> tuple[int, bytes, bytes]:
        commands.append(command)
        return 0, b"200 0.012", b""

    cluster.execs = {"s-0": well, "s-1": lambda command: (7, b"000 0.0", b"curl: (7) Failed to connect")}
    sources = _ask(served, tmp_path, _policy(tmp_path, kb="http://kb:8000/health"), allow_exec=True)
    found = {p.pod: p for p in sources.probes.probes()}  # type: ignore[union-attr]
    assert set(found) == {"s-0", "s-1"}
    assert (found["s-0"].ok, found["s-0"].status, found["s-0"].via, found["s-0"].agent) == (True, 200, "exec", "search")
    assert found["s-0"].latency_ms == pytest.approx(12)
    assert (found["s-1"].ok, found["s-1"].error) == (False, "curl: (7) Failed to connect")
    assert commands[0][0] == "curl"
    assert commands[0][-1] == "http://kb:8000/health"


def test_an_image_without_curl_is_asked_in_python(served: Served, cluster: Cluster, tmp_path: Path) -> None:
    cluster.objects["pods"] = [pod("s-0", agent="search")]
    cluster.execs = {"s-0": lambda c: (0, b"503 0.5", b"") if c[0] == "python3" else (127, b"", b"not found")}
    sources = _ask(served, tmp_path, _policy(tmp_path, kb="http://kb:8000/health"), allow_exec=True)
    (found,) = sources.probes.probes()  # type: ignore[union-attr]
    assert (found.ok, found.status, found.error) == (False, 503, "HTTP 503")


def test_an_image_with_nothing_to_ask_with_is_named(served: Served, cluster: Cluster, tmp_path: Path) -> None:
    cluster.objects["pods"] = [pod("s-0", agent="search")]
    cluster.execs = {"s-0": lambda c: (127, b"", b"")}
    sources = _ask(served, tmp_path, _policy(tmp_path, kb="http://kb:8000/health"), allow_exec=True)
    assert list(sources.probes.probes()) == []  # type: ignore[union-attr]
    assert "agents/s-0" in sources.notes["probes"].message


@pytest.mark.parametrize(
    ("status", "body", "ok"), [(200, b"ok", True), (500, b"boom", False), (404, b"no", False), (302, b"", True)]
)
def test_a_service_is_asked_through_the_api_server(
    served: Served, cluster: Cluster, tmp_path: Path, status: int, body: bytes, ok: bool
) -> None:
    seen: list[str] = []

    def service(method: str, path: str) -> tuple[int, str, bytes]:
        seen.append(f"{method} {path}")
        return status, "text/plain", body

    cluster.services["agents/kb:8000"] = service
    (found,) = _ask(served, tmp_path, _policy(tmp_path, kb="http://kb:8000/health")).probes.probes()  # type: ignore[union-attr]
    assert (found.via, found.ok, found.status) == ("proxy", ok, status)
    assert seen == ["GET /health?"]


def test_a_service_without_endpoints_is_down(served: Served, tmp_path: Path) -> None:
    (found,) = _ask(served, tmp_path, _policy(tmp_path, kb="http://kb.data.svc:8000/health")).probes.probes()  # type: ignore[union-attr]
    assert not found.ok
    assert "no endpoints available" in found.error


def test_a_proxy_that_is_forbidden_says_nothing_of_the_tool(served: Served, cluster: Cluster, tmp_path: Path) -> None:
    cluster.denied = [("get", "services/proxy", "*")]
    sources = _ask(served, tmp_path, _policy(tmp_path, kb="http://kb:8000/health"))
    assert list(sources.probes.probes()) == []  # type: ignore[union-attr]
    assert sources.notes["probes"].code == "forbidden"


def _tcp(answer: bytes) -> tuple[int, threading.Thread]:
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with listening:
            line, _ = listening.accept()
            with line:
                line.recv(64)
                line.sendall(answer)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    return listening.getsockname()[1], thread


@pytest.mark.parametrize(
    ("scheme", "answer", "ok"),
    [
        ("redis", b"+PONG\r\n", True),
        ("redis", b"-NOAUTH Authentication required.\r\n", True),
        ("redis", b"HTTP/1.1 400", False),
        ("postgres", b"S", True),
        ("postgres", b"N", True),
        ("postgres", b"-ERR", False),
    ],
)
def test_databases_are_asked_in_their_own_language(
    served: Served, tmp_path: Path, scheme: str, answer: bytes, ok: bool
) -> None:
    port, thread = _tcp(answer)
    policy = _policy(tmp_path, memory=f"{scheme}://127.0.0.1:{port}")
    (found,) = _ask(served, tmp_path, policy).probes.probes()  # type: ignore[union-attr]
    thread.join(5)
    assert (found.via, found.ok) == ("direct", ok)


def test_a_tool_outside_is_asked_from_here(served: Served, tmp_path: Path) -> None:
    with answering_with(lambda asked: (503, b"down")) as server:
        (found,) = _ask(served, tmp_path, _policy(tmp_path, crm=f"{server.url}/health")).probes.probes()  # type: ignore[union-attr]
    assert (found.ok, found.status) == (False, 503)
    (found,) = _ask(served, tmp_path, _policy(tmp_path, crm="http://127.0.0.1:9/health")).probes.probes()  # type: ignore[union-attr]
    assert (found.ok, found.status) == (False, None)
    assert "refused" in found.error


def test_what_only_the_pods_can_reach_is_said(served: Served, tmp_path: Path) -> None:
    sources = _ask(served, tmp_path, _policy(tmp_path, memory="redis://memory:6379"))
    assert list(sources.probes.probes()) == []  # type: ignore[union-attr]
    assert "--allow-exec" in sources.notes["probes"].hint


def test_a_command_that_hangs_is_ended(served: Served, cluster: Cluster, tmp_path: Path) -> None:
    def slow(command: list[str]) -> tuple[int, bytes, bytes]:
        time.sleep(20)
        return 0, b"", b""

    cluster.execs = {"search-0": slow}
    api = _api(_ask(served, tmp_path, _policy(tmp_path)))
    with pytest.raises(SourceError) as caught:
        run(api, "agents", "search-0", "main", ["cat", "/x"], 0.5)
    assert caught.value.code == "timeout"
    cluster.faults.append(("/exec", hanging(20)))
    with pytest.raises(SourceError) as caught:
        run(api, "agents", "search-0", "main", ["cat", "/x"], 0.5)
    assert caught.value.code == "timeout"


def test_exit_codes_and_both_streams(served: Served, cluster: Cluster, tmp_path: Path) -> None:
    cluster.execs = {"search-0": lambda c: (3, b"out " * 10_000, b"err")}
    ran = run(_api(_ask(served, tmp_path, _policy(tmp_path))), "agents", "search-0", "main", ["ls", "a b"], 5)
    assert (ran.code, len(ran.stdout), ran.stderr) == (3, 40_000, b"err")


def test_exec_that_is_forbidden_names_the_right(served: Served, cluster: Cluster, tmp_path: Path) -> None:
    cluster.denied = [("create", "pods/exec", "agents")]
    with pytest.raises(SourceError) as caught:
        run(_api(_ask(served, tmp_path, _policy(tmp_path))), "agents", "search-0", "main", ["ls"], 5)
    assert caught.value.code == "forbidden"
    assert "pods/exec" in caught.value.hint


def test_one_address_for_a_runbook(served: Served, cluster: Cluster, tmp_path: Path) -> None:
    cluster.services["agents/kb:8000"] = lambda method, path: (200, "text/plain", b"fine")
    get = _ask(served, tmp_path, _policy(tmp_path)).settings["http"]
    status, took, body = get("http://kb:8000/x")
    assert (status, body) == (200, "fine")
    assert took > 0
