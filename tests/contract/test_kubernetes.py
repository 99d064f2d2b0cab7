"""Pods, objects and logs of a live cluster, and everything that can go wrong on the way to them."""

from __future__ import annotations

import json
import socket
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from agentctl.model.duration import parse_time
from agentctl.model.errors import InputError, SourceError
from agentctl.model.report import Window
from agentctl.sources.connect import connect
from agentctl.sources.protocols import LogQuery, Sources
from agentctl.sources.request import Request

from .conftest import pod
from .kubernetes_server import Cluster, Served, answering, broken_off, hanging, serving, trickling


def ask(served: Served, folder: Path, **more: Any) -> Sources:
    """The sources over a served cluster."""
    return connect(Request(kubeconfig=served.kubeconfig(folder / "kubeconfig"), **{"request_timeout": 5.0} | more))


def lines(sources: Sources, query: LogQuery | None = None) -> dict[tuple[str, bool], bytes]:
    """(pod, previous) → everything its stream said."""
    assert sources.logs is not None
    return {(s.origin.pod, s.origin.previous): b"".join(s.chunks()) for s in sources.logs.streams(query or LogQuery())}


def refused(sources: Sources) -> SourceError:
    """The error of asking for the pods."""
    assert sources.cluster is not None
    with pytest.raises(SourceError) as caught:
        sources.cluster.pods()
    return caught.value


def test_every_container_of_every_pod_is_asked_and_the_one_before_a_restart_too(served: Served, tmp_path: Path) -> None:
    sources = ask(served, tmp_path)
    assert lines(sources) == {
        ("search-0", False): b"2026-03-03T10:00:00.5Z one\n2026-03-03T10:30:00Z two\n",
        ("triage-0", False): b"2026-03-03T10:00:01Z now\n",
        ("triage-0", True): b"2026-03-03T10:00:00Z before\n",
    }
    assert {s.origin.agent for s in sources.logs.streams(LogQuery())} == {"search", "triage-0"}  # type: ignore[union-attr]
    assert sources.target.name == "loopback"


def test_a_container_that_waits_to_restart_is_read_once(served: Served, cluster: Cluster, tmp_path: Path) -> None:
    cluster.objects["pods"] = [pod("crash-0", restarts=5, state="waiting"), pod("new-0", state="waiting")]
    cluster.logs["agents", "crash-0", "main", True] = b"died\n"
    cluster.logs["agents", "crash-0", "main", False] = b"died\n"
    assert lines(ask(served, tmp_path)) == {("crash-0", True): b"died\n"}


def test_init_and_sidecar_containers_are_read(served: Served, cluster: Cluster, tmp_path: Path) -> None:
    many = pod("many-0")
    many["spec"]["initContainers"] = [{"name": "setup"}]
    many["spec"]["containers"].append({"name": "sidecar"})
    many["status"]["initContainerStatuses"] = [{"name": "setup", "state": {"terminated": {"exitCode": 0}}}]
    many["status"]["containerStatuses"].append({"name": "sidecar", "state": {"running": {}}})
    cluster.objects["pods"] = [many]
    for name in ("main", "setup", "sidecar"):
        cluster.logs["agents", "many-0", name, False] = name.encode()
    sources = ask(served, tmp_path)
    assert {s.origin.container for s in sources.logs.streams(LogQuery())} == {"main", "setup", "sidecar"}  # type: ignore[union-attr]
    assert lines(sources, LogQuery(container="setup")) == {("many-0", False): b"setup"}
    assert lines(ask(served, tmp_path, container="sidecar")) == {("many-0", False): b"sidecar"}


def test_since_and_tail_are_the_servers_work(served: Served, cluster: Cluster, tmp_path: Path) -> None:
    window = Window(parse_time("2026-03-03T10:15:00Z"), parse_time("2026-03-03T11:00:00Z"))
    found = lines(ask(served, tmp_path), LogQuery(window=window))
    assert found["search-0", False] == b"2026-03-03T10:30:00Z two\n"
    assert lines(ask(served, tmp_path), LogQuery(tail=1))["search-0", False] == b"2026-03-03T10:30:00Z two\n"
    asked = [path for _, path, _ in cluster.seen if "/log?" in path]
    assert all("limitBytes=" in path and "timestamps=true" in path for path in asked)


def test_a_list_of_many_pages_is_read_to_its_end(served: Served, cluster: Cluster, tmp_path: Path) -> None:
    cluster.page = 7
    cluster.objects["pods"] = [pod(f"p-{n}") for n in range(100)]
    assert len(ask(served, tmp_path).cluster.pods()) == 100  # type: ignore[union-attr]


def test_a_list_that_expires_half_way_is_started_over(served: Served, cluster: Cluster, tmp_path: Path) -> None:
    cluster.page = 7
    cluster.objects["pods"] = [pod(f"p-{n}") for n in range(20)]
    gone = b'{"kind": "Status", "message": "The provided continue parameter is too old", "code": 410}'
    cluster.faults.append(("continue=7", answering(410, gone, "application/json", times=1)))
    assert len(ask(served, tmp_path).cluster.pods()) == 20  # type: ignore[union-attr]


def test_namespaces_and_selectors(served: Served, cluster: Cluster, tmp_path: Path) -> None:
    def names(**more: Any) -> set[str]:
        return {p.name for p in ask(served, tmp_path, **more).cluster.pods()}  # type: ignore[union-attr]

    assert names() == {"search-0", "triage-0"}
    assert names(all_namespaces=True) == {"search-0", "triage-0", "other"}
    assert names(namespaces=("agents", "else")) == {"search-0", "triage-0", "other"}
    assert names(selector="app=agent,agent=search") == {"search-0"}


def _owned(kind: str, name: str, owner: tuple[str, str] | None = None, **labels: str) -> dict[str, Any]:
    meta: dict[str, Any] = {"name": name, "namespace": "agents"}
    if owner:
        meta["ownerReferences"] = [{"kind": owner[0], "name": owner[1], "controller": True}]
    return {"kind": kind, "metadata": meta, "spec": {"replicas": 1, "template": {"metadata": {"labels": labels}}}}


def test_only_the_agents_deployments_count(served: Served, cluster: Cluster, tmp_path: Path) -> None:
    replica = pod("triage-abc-1")
    replica["metadata"]["ownerReferences"] = [{"kind": "ReplicaSet", "name": "triage-abc", "controller": True}]
    cluster.objects["pods"] = [replica]
    cluster.objects["replicasets"] = [
        _owned("ReplicaSet", "triage-abc", ("Deployment", "triage")),
        _owned("ReplicaSet", "triage-old", ("Deployment", "triage"), app="agent"),
        _owned("ReplicaSet", "web-abc", ("Deployment", "web"), app="web"),
    ]
    cluster.objects["deployments"] = [
        _owned("Deployment", "triage"),
        _owned("Deployment", "empty", app="agent"),
        _owned("Deployment", "web", app="web"),
    ]
    live = ask(served, tmp_path).cluster
    assert live is not None
    assert [p.owner for p in live.pods()] == [("Deployment", "triage")]
    assert {w.name for w in live.replicasets()} == {"triage-abc", "triage-old"}
    assert {w.name for w in live.deployments()} == {"triage", "empty"}
    assert all(w.kind == "Deployment" for w in live.deployments())


def test_what_is_asked_twice_is_read_once(served: Served, cluster: Cluster, tmp_path: Path) -> None:
    live = ask(served, tmp_path).cluster
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: live.pods(), range(8)))  # type: ignore[union-attr]
    assert sum("/pods?" in path for _, path, _ in cluster.seen) == 1


def test_a_list_that_hangs_holds_up_no_other(served: Served, cluster: Cluster, tmp_path: Path) -> None:
    asked, answered = threading.Event(), threading.Event()

    def wait(handler: Any) -> bool:
        asked.set()
        answered.wait(20)
        return False

    cluster.faults.append(("/events", wait))
    live = ask(served, tmp_path, request_timeout=20.0).cluster
    assert live is not None
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(live.events)
        assert asked.wait(20)
        assert list(live.nodes()) == []
        assert len(live.pods()) == 2
        assert not slow.done()
        answered.set()
        assert slow.result() == []


def test_one_forbidden_namespace_costs_the_others_nothing(served: Served, cluster: Cluster, tmp_path: Path) -> None:
    cluster.denied = [("list", "pods", "else")]
    sources = ask(served, tmp_path, namespaces=("agents", "else"))
    assert {p.name for p in sources.cluster.pods()} == {"search-0", "triage-0"}  # type: ignore[union-attr]
    assert "else" in sources.notes["kubernetes"].message


def test_nodes_may_be_forbidden(served: Served, cluster: Cluster, tmp_path: Path) -> None:
    cluster.denied = [("list", "nodes", "*"), ("list", "replicasets", "*")]
    live = ask(served, tmp_path).cluster
    assert live is not None
    assert len(live.pods()) == 2
    with pytest.raises(SourceError) as caught:
        live.nodes()
    assert caught.value.code == "forbidden"
    assert "list nodes in the whole cluster" in caught.value.hint
    assert "agentctl rbac" in caught.value.hint


def test_a_missing_permission_is_named(served: Served, cluster: Cluster, tmp_path: Path) -> None:
    cluster.denied = [("get", "pods/log", "agents")]
    (stream, *_) = ask(served, tmp_path).logs.streams(LogQuery())  # type: ignore[union-attr]
    with pytest.raises(SourceError, match="get pods/log in namespace agents") as caught:
        list(stream.chunks())
    assert "search-0" in caught.value.message


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (answering(401, b'{"message": "Unauthorized"}', "application/json"), "unauthorized"),
        (answering(403, b'{"message": "no"}', "application/json"), "forbidden"),
        (answering(404, b"<html>nothing</html>"), "not-found"),
        (answering(410, b'{"message": "too old"}', "application/json"), "gone"),
        (answering(429, b"slow down"), "rate-limited"),
        (answering(429, b"slow down", Retry_After="3600"), "rate-limited"),
        (answering(500, b"oops"), "server-error"),
        (answering(503, b"oops"), "server-error"),
        (answering(302, b"", Location="https://elsewhere.example/login"), "bad-answer"),
        (answering(200, b"<html><title>Sign in</title></html>"), "bad-answer"),
        (answering(200, b"", "application/json"), "bad-answer"),
        (answering(200, b"[]", "application/json"), "bad-answer"),
        (answering(200, b'{"items": 3}', "application/json"), "bad-answer"),
        (answering(200, b'{"items": [{"metadata": {"name": "x"', "application/json"), "truncated"),
        (broken_off(b'{"items": [', 10_000), "truncated"),
        (broken_off(b'{"items": ['), "truncated"),
        (hanging(30), "timeout"),
        (trickling(b" ", 0.05, 30), "timeout"),
    ],
)
def test_each_failure_has_its_own_name(served: Served, cluster: Cluster, tmp_path: Path, fault: Any, code: str) -> None:
    cluster.faults.append(("/pods", fault))
    started = time.monotonic()
    error = refused(ask(served, tmp_path, request_timeout=0.5))
    assert error.code == code
    assert time.monotonic() - started < 10  # a hang, not a speed, is what this would catch
    assert "\n" not in error.message
    assert "127.0.0.1" in error.message


def test_the_server_may_ask_to_come_back(served: Served, cluster: Cluster, tmp_path: Path) -> None:
    cluster.faults.append(("/pods", answering(429, b"slow down", times=1, Retry_After="0")))
    assert len(ask(served, tmp_path).cluster.pods()) == 2  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("fault", "code"),
    [(hanging(30), "timeout"), (trickling(b"drop\n", 0.05, 30), "timeout"), (broken_off(b"half\n"), "truncated")],
)
def test_one_bad_pod_does_not_stall_the_others(
    served: Served, cluster: Cluster, tmp_path: Path, fault: Any, code: str
) -> None:
    cluster.faults.append(("search-0/log", fault))
    streams = ask(served, tmp_path, request_timeout=0.4).logs.streams(LogQuery())  # type: ignore[union-attr]

    def read(stream: Any) -> bytes | SourceError:
        try:
            return b"".join(stream.chunks())
        except SourceError as error:
            return error

    started = time.monotonic()
    with ThreadPoolExecutor(4) as pool:
        found = dict(zip([(s.origin.pod, s.origin.previous) for s in streams], pool.map(read, streams), strict=True))
    assert time.monotonic() - started < 10
    assert found["triage-0", False] == b"2026-03-03T10:00:01Z now\n"
    error = found["search-0", False]
    assert isinstance(error, SourceError)
    assert error.code == code
    assert "agents/search-0" in error.message


def test_what_came_before_the_break_stands(served: Served, cluster: Cluster, tmp_path: Path) -> None:
    cluster.faults.append(("search-0/log", broken_off(b"half\n")))
    (stream, *_) = ask(served, tmp_path).logs.streams(LogQuery())  # type: ignore[union-attr]
    pieces: list[bytes] = []
    with pytest.raises(SourceError):
        pieces.extend(stream.chunks())
    assert pieces == [b"half\n"]


def test_bytes_that_are_no_text_pass_unchanged(served: Served, cluster: Cluster, tmp_path: Path) -> None:
    raw = bytes(range(256)) * 1000
    cluster.objects["pods"] = [pod("search-0")]
    cluster.logs["agents", "search-0", "main", False] = raw
    assert lines(ask(served, tmp_path)) == {("search-0", False): raw}


def test_a_pod_that_was_deleted_meanwhile_is_named(served: Served, cluster: Cluster, tmp_path: Path) -> None:
    streams = ask(served, tmp_path).logs.streams(LogQuery())  # type: ignore[union-attr]
    cluster.objects["pods"] = []
    with pytest.raises(SourceError) as caught:
        list(streams[0].chunks())
    assert caught.value.code == "not-found"


def test_a_previous_log_that_is_cleared_away_is_no_failure(served: Served, cluster: Cluster, tmp_path: Path) -> None:
    del cluster.logs["agents", "triage-0", "main", True]
    assert lines(ask(served, tmp_path))["triage-0", True] == b""


def test_nobody_listens(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    error = refused(ask(Served(Cluster(), f"http://127.0.0.1:{port}"), tmp_path))
    assert error.code == "unreachable"
    assert "refused" in error.message


def test_a_name_that_does_not_resolve(tmp_path: Path) -> None:
    assert refused(ask(Served(Cluster(), "https://no-such-host.invalid"), tmp_path)).code in ("dns", "timeout")


def test_tls_is_verified(cluster: Cluster, tmp_path: Path, authority: tuple[Path, Path, Path]) -> None:
    certificate, key, ca = authority
    with serving(cluster, (certificate, key), ca) as server:
        assert len(ask(server, tmp_path).cluster.pods()) == 2  # type: ignore[union-attr]
        server.ca_file = None
        error = refused(ask(server, tmp_path))
        assert error.code == "tls"
        assert "unknown CA" in error.message
        config = server.kubeconfig(tmp_path / "insecure")
        config.write_text(config.read_text().replace('"server"', '"insecure-skip-tls-verify": true, "server"'))
        error = refused(connect(Request(kubeconfig=config)))
        assert error.code == "tls"
        assert "insecure-skip-tls-verify" in error.message
    with serving(cluster) as plain:
        plain.url = plain.url.replace("http:", "https:")
        assert refused(ask(plain, tmp_path)).code == "tls"


def test_impersonation_is_passed_on(served: Served, cluster: Cluster, tmp_path: Path) -> None:
    ask(served, tmp_path, as_user="jane", as_groups=("ops", "dev")).cluster.pods()  # type: ignore[union-attr]
    headers = cluster.seen[0][2]
    assert headers["Impersonate-User"] == "jane"
    assert headers["Impersonate-Group"] == "dev" or headers["Impersonate-Group"] == "ops"


def test_a_kubeconfig_may_impersonate_too(served: Served, cluster: Cluster, tmp_path: Path) -> None:
    user = {"token": cluster.token, "as": "auditor", "as-groups": ["readers"]}
    config = served.kubeconfig(tmp_path / "kubeconfig", **user)
    connect(Request(kubeconfig=config)).cluster.pods()  # type: ignore[union-attr]
    connect(Request(kubeconfig=config, as_user="jane")).cluster.pods()  # type: ignore[union-attr]
    said = [(h["Impersonate-User"], h.get("Impersonate-Group")) for _, path, h in cluster.seen if "/pods" in path]
    assert said == [("auditor", "readers"), ("jane", None)]


def _plugin(tmp_path: Path, script: str) -> dict[str, Any]:
    path = tmp_path / "plugin.py"
    path.write_text(script)
    spec = {"apiVersion": "client.authentication.k8s.io/v1", "command": sys.executable, "args": [str(path)]}
    return {"exec": spec | {"interactiveMode": "Never"}}


def test_a_credential_plugin_is_asked(served: Served, cluster: Cluster, tmp_path: Path) -> None:
    version = "client.authentication.k8s.io/v1"
    answer = {"apiVersion": version, "kind": "ExecCredential", "status": {"token": cluster.token}}
    script = f"print({json.dumps(json.dumps(answer))})"
    config = served.kubeconfig(tmp_path / "kubeconfig", **_plugin(tmp_path, script))
    assert len(connect(Request(kubeconfig=config)).cluster.pods()) == 2  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("script", "code"),
    [("import sys; sys.exit('please log in')", "unauthorized"), ("import time; time.sleep(20)", "timeout")],
)
def test_a_credential_plugin_that_fails_says_why(served: Served, tmp_path: Path, script: str, code: str) -> None:
    config = served.kubeconfig(tmp_path / "kubeconfig", **_plugin(tmp_path, script))
    error = refused(connect(Request(kubeconfig=config, request_timeout=0.5 if code == "timeout" else 10)))
    assert error.code == code
    assert "plugin" in error.message


def test_no_kubeconfig_at_all(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        connect(Request(environ={"HOME": str(tmp_path)}))
    assert caught.value.code == "unreachable"
    for way in ("agentctl demo", "--bundle", "--kubeconfig"):
        assert way in caught.value.hint


def test_a_kubeconfig_that_cannot_be_used(served: Served, tmp_path: Path) -> None:
    assert "nowhere" in refused(connect(Request(kubeconfig=tmp_path / "nowhere"))).message
    broken = tmp_path / "broken"
    for text in ("{", "a: b", "", "clusters: 3\ncontexts: []\ncurrent-context: x\n"):
        broken.write_text(text)
        assert refused(connect(Request(kubeconfig=broken))).code == "unreachable"
    error = refused(ask(served, tmp_path, contexts=("elsewhere",)))
    assert "elsewhere" in error.message
    assert "loopback" in error.hint


def test_several_contexts_are_seen_as_one(served: Served, tmp_path: Path) -> None:
    sources = ask(served, tmp_path, contexts=("loopback", "elsewhere"))
    assert len(sources.cluster.pods()) == 2  # type: ignore[union-attr]
    assert "elsewhere" in sources.notes["kubernetes"].message


def test_no_credential_gets_into_an_error(served: Served, cluster: Cluster, tmp_path: Path) -> None:
    token = cluster.token
    cluster.faults.append(("/pods", answering(500, f"header was Authorization: Bearer {token}".encode())))
    error = refused(ask(served, tmp_path))
    assert token not in error.message + error.hint


def test_a_selector_that_is_none_is_refused(served: Served, cluster: Cluster, tmp_path: Path) -> None:
    cluster.objects["deployments"] = [_owned("Deployment", "triage", app="agent")]
    with pytest.raises(InputError):
        ask(served, tmp_path, selector="app in agent").cluster.deployments()  # type: ignore[union-attr]
