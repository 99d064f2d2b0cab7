"""Bundles: what they hold, what they lack, and what is broken in them."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from agentctl.model.duration import parse_time
from agentctl.model.errors import InputError, SourceError
from agentctl.model.report import Window
from agentctl.sources import bundle_folder
from agentctl.sources.bundle import open_bundle
from agentctl.sources.connect import connect
from agentctl.sources.identity import parse_order
from agentctl.sources.protocols import LogQuery
from agentctl.sources.request import Request

from .conftest import MANIFEST, Write, pod


def _window(start: str = "2026-03-03T10:00:00Z", end: str = "2026-03-03T11:00:00Z") -> Window:
    return Window(parse_time(start), parse_time(end))


def _text(stream: Any) -> bytes:
    return b"".join(stream.chunks())


def test_a_bundle_with_nothing_in_it_has_a_clock_and_no_sources(folder: Path) -> None:
    sources = open_bundle(folder)
    assert sources.now == parse_time("2026-03-03T11:00:00Z").timestamp()
    assert (sources.target.kind, sources.target.name, sources.target.namespace) == ("bundle", "prod", "agents")
    assert [
        sources.logs,
        sources.cluster,
        sources.metrics,
        sources.traces,
        sources.probes,
        sources.quota,
        sources.config,
    ] == [None] * 7
    assert sources.notes == {}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"schemaVersion": "agentctl/bundle-v2"}, "agentctl/bundle-v2"),
        ({"schemaVersion": None}, "no schemaVersion"),
        ({"window": None}, "window is missing"),
        ({"window": {"start": "2026-03-03T10:00:00Z"}}, "window.end is missing"),
        ({"window": {"start": "yesterday", "end": "2026-03-03T11:00:00Z"}}, "window.start"),
        ({"window": {"start": "2026-03-03T12:00:00Z", "end": "2026-03-03T11:00:00Z"}}, "ends before it starts"),
        ({"window": {"start": "2026-03-03T11:00:00Z", "end": "2026-03-03T11:00:00Z"}}, "ends before it starts"),
        ({"sources": {"logs": {"status": "fine"}}}, "sources.logs.status"),
        ({"sources": []}, "sources must be an object"),
        ({"target": "prod"}, "target must be an object"),
    ],
)
def test_a_manifest_that_cannot_be_used_is_refused(write: Write, change: dict[str, Any], said: str) -> None:
    path = write("bundle.json", MANIFEST | change)
    with pytest.raises(InputError) as caught:
        open_bundle(path.parent)
    assert said in caught.value.message
    assert "bundle.json" in caught.value.message


def test_broken_json_is_named_with_its_line(write: Write) -> None:
    path = write("bundle.json", '{\n "schemaVersion": "agentctl/bundle-v1",\n oops\n}')
    with pytest.raises(InputError, match=r"bundle\.json:3:2"):
        open_bundle(path.parent)


def test_a_folder_without_a_manifest_is_no_bundle(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no bundle\.json"):
        open_bundle(tmp_path)
    with pytest.raises(InputError, match="no such bundle"):
        open_bundle(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("entry", "noted"),
    [
        ({"status": "ok"}, False),
        ({"status": "missing"}, False),
        ({"status": "missing", "error": "403 forbidden"}, True),
        ({"status": "partial", "error": "pod x hung"}, True),
        ({"status": "partial"}, True),
        (
            {
                "status": "missing",
                "error": {"code": "forbidden", "message": "no get on pods/log", "hint": "agentctl rbac"},
            },
            True,
        ),
    ],
)
def test_only_what_failed_is_noted(write: Write, entry: dict[str, Any], noted: bool) -> None:
    path = write("bundle.json", MANIFEST | {"sources": {"logs": entry}})
    assert ("logs" in open_bundle(path.parent).notes) is noted


def test_an_error_in_the_manifest_keeps_its_code_and_loses_its_secret(write: Write) -> None:
    token = "sk-" + "ant-" + "x" * 40
    entry = {"status": "missing", "error": {"code": "forbidden", "message": f"refused {token}"}}
    note = open_bundle(write("bundle.json", MANIFEST | {"sources": {"logs": entry}}).parent).notes["logs"]
    assert note.code == "forbidden"
    assert token not in note.message
    assert "refused" in note.message


def test_logs_carry_pod_container_and_agent(folder: Path, write: Write) -> None:
    write("kubernetes/pods.json", {"items": [pod("search-7d9f-abcde", {"agent": "search"})]})
    write("logs/agents/search-7d9f-abcde/main.log", "one\n")
    write("logs/agents/search-7d9f-abcde/main.previous.log", "zero\n")
    write("logs/agents/other-0/side.log.gz", gzip.compress(b"two\n"))
    write("logs/stray.txt", "not a log")
    assert open_bundle(folder).logs is not None
    streams = open_bundle(folder).logs.streams(LogQuery())  # type: ignore[union-attr]
    found = {(s.origin.agent, s.origin.pod, s.origin.container, s.origin.previous): _text(s) for s in streams}
    assert found == {
        ("search", "search-7d9f-abcde", "main", False): b"one\n",
        ("search", "search-7d9f-abcde", "main", True): b"zero\n",
        ("other-0", "other-0", "side", False): b"two\n",
    }


def test_a_container_that_was_asked_for_is_the_only_one(folder: Path, write: Write) -> None:
    write("logs/agents/a/main.log", "one\n")
    write("logs/agents/a/side.log", "two\n")
    streams = open_bundle(folder).logs.streams(LogQuery(container="side"))  # type: ignore[union-attr]
    assert [_text(s) for s in streams] == [b"two\n"]


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    ("text", "tail", "expected"),
    [
        (b"a\nb\nc\n", 2, b"b\nc\n"),
        (b"a\nb\nc", 2, b"b\nc"),
        (b"a\nb\n", 9, b"a\nb\n"),
        (b"a\nb\n", 0, b""),
        (b"", 3, b""),
        (b"\n\n\n", 1, b"\n"),
        (b"x" * 3_000_000 + b"\n" + b"y" * 3_000_000 + b"\n", 1, b"y" * 3_000_000 + b"\n"),
    ],
)
def test_tail_is_the_last_lines(
    folder: Path, write: Write, packed: bool, text: bytes, tail: int, expected: bytes
) -> None:
    write("logs/agents/a/main.log.gz" if packed else "logs/agents/a/main.log", gzip.compress(text) if packed else text)
    (stream,) = open_bundle(folder).logs.streams(LogQuery(tail=tail))  # type: ignore[union-attr]
    assert _text(stream) == expected


def test_gzip_that_was_cut_off_gives_what_it_holds_and_then_fails(folder: Path, write: Write) -> None:
    lines = b"".join(b"%d\n" % n for n in range(500_000))
    write("logs/agents/a/main.log.gz", gzip.compress(lines)[:-2000])
    (stream,) = open_bundle(folder).logs.streams(LogQuery())  # type: ignore[union-attr]
    pieces: list[bytes] = []
    with pytest.raises(SourceError) as caught:
        pieces.extend(stream.chunks())
    got = b"".join(pieces)
    assert caught.value.code == "truncated"
    assert lines.startswith(got)
    assert got


@pytest.mark.parametrize("name", ["pods", "events", "deployments", "replicasets", "nodes"])
def test_a_broken_list_fails_only_its_own_question(folder: Path, write: Write, name: str) -> None:
    for one in ("pods", "events", "deployments", "replicasets", "nodes"):
        write(f"kubernetes/{one}.json", {"items": []})
    write(f"kubernetes/{name}.json", '{"items": [\n{"metadata": ')
    cluster = open_bundle(folder).cluster
    for one in ("pods", "events", "deployments", "replicasets", "nodes"):
        if one == name:
            with pytest.raises(SourceError, match=rf"{name}\.json:2"):
                getattr(cluster, one)()
        else:
            assert getattr(cluster, one)() == []


def test_a_list_that_is_not_there_is_missing(folder: Path, write: Write) -> None:
    write("kubernetes/pods.json", {"items": []})
    with pytest.raises(SourceError) as caught:
        open_bundle(folder).cluster.nodes()  # type: ignore[union-attr]
    assert caught.value.code == "missing"


def test_the_agent_comes_from_label_then_owner_then_pod(folder: Path, write: Write) -> None:
    replicaset = {
        "metadata": {
            "name": "triage-6b7f",
            "namespace": "agents",
            "ownerReferences": [{"kind": "Deployment", "name": "triage", "controller": True}],
        }
    }
    write("kubernetes/replicasets.json", {"items": [replicaset]})
    pods = [
        pod("a", {"agent_name": "labelled", "app.kubernetes.io/name": "later"}),
        pod("b", {"app": "agent"}, ("ReplicaSet", "triage-6b7f")),
        pod("c", {"app": "agent", "pod-template-hash": "5c9"}, ("ReplicaSet", "search-5c9")),
        pod("d", {}, ("StatefulSet", "memory")),
        pod("e", {"agent": " "}),
    ]
    write("kubernetes/pods.json", {"items": pods})
    for name in ("a", "b", "c", "d", "e", "triage-6b7f-x2x4z", "unknown-6b7f-x2x4z"):
        write(f"logs/agents/{name}/main.log", "line\n")
    streams = open_bundle(folder).logs.streams(LogQuery())  # type: ignore[union-attr]
    assert {s.origin.pod: s.origin.agent for s in streams} == {
        "a": "labelled",
        "b": "triage",
        "c": "search",
        "d": "memory",
        "e": "e",
        "triage-6b7f-x2x4z": "triage",
        "unknown-6b7f-x2x4z": "unknown-6b7f-x2x4z",
    }


def test_the_order_of_the_agents_name_can_be_set(folder: Path, write: Write) -> None:
    write("kubernetes/pods.json", {"items": [pod("a", {"agent": "first", "team": "blue"})]})
    write("logs/agents/a/main.log", "line\n")
    (stream,) = open_bundle(folder, parse_order(["label:team", "pod"])).logs.streams(LogQuery())  # type: ignore[union-attr]
    assert stream.origin.agent == "blue"
    with pytest.raises(InputError):
        parse_order(["team"])


def test_a_recording_can_be_narrowed(folder: Path, write: Write) -> None:
    other = pod("far-0", {"app": "agent"})
    other["metadata"]["namespace"] = "else"
    write(
        "kubernetes/pods.json",
        {"items": [pod("a", {"app": "agent", "team": "blue"}), pod("b", {"app": "agent"}), other]},
    )
    for place in ("agents/a", "agents/b", "else/far-0"):
        write(f"logs/{place}/main.log", "line\n")
        write(f"logs/{place}/side.log", "line\n")

    def found(**asked: Any) -> tuple[set[str], set[str]]:
        sources = connect(Request(bundle=folder, **asked))
        assert sources.cluster is not None
        assert sources.logs is not None
        streams = sources.logs.streams(LogQuery())
        return {p.name for p in sources.cluster.pods()}, {f"{s.origin.pod}/{s.origin.container}" for s in streams}

    assert found()[0] == {"a", "b", "far-0"}
    assert found(namespaces=("else",), narrow={"namespace"}) == ({"far-0"}, {"far-0/main", "far-0/side"})
    assert found(selector="team=blue", container="side", narrow={"selector", "container"}) == ({"a"}, {"a/side"})
    assert found(namespaces=("agents",), narrow={"namespace"}, all_namespaces=True)[0] == {"a", "b", "far-0"}
    assert found(namespaces=("else",), selector="team=blue", container="side")[0] == {"a", "b", "far-0"}
    with pytest.raises(InputError, match="namespace nowhere is not in it"):
        found(namespaces=("nowhere",), narrow={"namespace"})


def _line(name: str, values: list[Any], **labels: str) -> str:
    return json.dumps({"metric": {"__name__": name, **labels}, "values": values}) + "\n"


def test_samples_are_found_by_name_label_and_time(folder: Path, write: Write) -> None:
    end = parse_time("2026-03-03T11:00:00Z").timestamp()
    values = [[end - 4000, "1"], [end - 3700, "2"], [end - 60, "NaN"], [end, "4"], [end + 1, "5"]]
    text = (
        _line("agent_tasks_total", values, agent_name="a") + "\n" + _line("agent_tasks_total", values, agent_name="b")
    )
    write("metrics/samples.jsonl", text + _line("other", values, agent_name="a"))
    metrics = open_bundle(folder).metrics
    assert metrics is not None
    assert list(metrics.names()) == ["agent_tasks_total", "other"]
    (series,) = metrics.series(["agent_tasks_total"], _window(), {"agent_name": "a"})
    assert [s.time - end for s in series.samples] == [-3700, -60, 0]
    assert series.samples[-1].value == 4.0
    assert len(metrics.series(["agent_tasks_total", "other", "none"], _window(), {})) == 3


def test_a_missed_scrape_does_not_cost_the_baseline(folder: Path, write: Write) -> None:
    start = parse_time("2026-03-03T10:00:00Z").timestamp()
    values = [[start - 5000, "1"], [start - 900, "2"], [start + 60, "5"]]
    text = _line("m", values, x="gap") + _line("m", values[2:], x="born") + _line("m", values[:2], x="gone")
    write("metrics/samples.jsonl", text)
    found = open_bundle(folder).metrics.series(["m"], _window(), {})  # type: ignore[union-attr]
    assert {s.labels["x"]: [(p.time - start, p.value) for p in s.samples] for s in found} == {
        "gap": [(-300, 2.0), (60, 5.0)],
        "born": [(60, 5.0)],
    }


def test_lines_of_one_series_join_in_order_of_time(folder: Path, write: Write) -> None:
    end = parse_time("2026-03-03T11:00:00Z").timestamp()
    write(
        "metrics/samples.jsonl", _line("m", [[end, "3"], [end - 20, "1"]], x="y") + _line("m", [[end - 10, "2"]], x="y")
    )
    (series,) = open_bundle(folder).metrics.series(["m"], _window(), {})  # type: ignore[union-attr]
    assert [s.value for s in series.samples] == [1.0, 2.0, 3.0]


@pytest.mark.parametrize(
    "broken",
    [
        '{"metric": {"__name__": "m"}, "values": [[1, "2"',
        '{"metric": {"__name__": "m"}, "values": [[1]]}',
        "[]",
        '{"metric": {"__name__": "m", ]}',
        '{"metric": 3, "values": []}',
    ],
)
def test_a_broken_sample_line_is_an_error_that_names_it(folder: Path, write: Write, broken: str) -> None:
    write("metrics/samples.jsonl", _line("n", [[1, "2"]]) + broken + "\n")
    with pytest.raises(SourceError, match=r"samples\.jsonl:2"):
        open_bundle(folder).metrics.series(["m"], _window("1970-01-01T00:00:01Z"), {})  # type: ignore[union-attr]


def test_raw_promql_is_refused(folder: Path, write: Write) -> None:
    write("metrics/samples.jsonl", _line("n", [[1, "2"]]))
    with pytest.raises(SourceError) as caught:
        open_bundle(folder).metrics.query("up", 0)  # type: ignore[union-attr]
    assert caught.value.code == "unsupported"


def test_spans_are_read_with_their_resource(folder: Path, write: Write) -> None:
    start = int(parse_time("2026-03-03T10:30:00Z").timestamp() * 1_000_000_000)
    span = {
        "traceId": "AB" * 16,
        "spanId": "cd" * 8,
        "name": "tool.search_kb",
        "startTimeUnixNano": str(start),
        "endTimeUnixNano": str(start + 2_500_000_000),
        "status": {"code": 2, "message": "timeout"},
        "attributes": [
            {"key": "gen_ai.usage.input_tokens", "value": {"intValue": "7"}},
            {"key": "ok", "value": {"boolValue": False}},
        ],
        "events": [{"timeUnixNano": str(start), "name": "retry", "attributes": []}],
    }
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "search"}}]}
    line = {"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": [span]}]}]}
    write("traces/spans.jsonl", json.dumps(line) + "\n")
    traces = open_bundle(folder).traces
    assert traces is not None
    (found,) = traces.spans(_window())
    assert (found.service, found.status, found.message, found.trace_id) == ("search", "error", "timeout", "ab" * 16)
    assert found.end - found.start == pytest.approx(2.5)
    assert found.attributes == {"gen_ai.usage.input_tokens": 7, "ok": False}
    assert found.events[0][1] == "retry"
    assert list(traces.spans(_window(end="2026-03-03T10:20:00Z"))) == []


def test_a_broken_span_line_is_named(folder: Path, write: Write) -> None:
    write("traces/spans.jsonl", '{"resourceSpans": []}\n{"resourceSp')
    with pytest.raises(SourceError, match=r"spans\.jsonl:2"):
        list(open_bundle(folder).traces.spans(None))  # type: ignore[union-attr]


def test_probes_and_quota(folder: Path, write: Write) -> None:
    write(
        "probes.json",
        [
            {
                "tool": "search_kb",
                "target": "http://kb:8000/health",
                "from": {"agent": "search", "pod": "s-0"},
                "via": "exec",
                "ok": False,
                "status": 503,
                "latencyMs": 12.5,
                "error": "503",
                "at": "2026-03-03T10:59:00Z",
            }
        ],
    )
    limit = {"model": "m", "type": "requests_per_minute", "limit": 50, "remaining": 0, "reset": "6m0s"}
    write(
        "quota.json", [{"provider": "anthropic", "source": "headers", "at": "2026-03-03T10:59:00Z", "limits": [limit]}]
    )
    sources = open_bundle(folder)
    (probe,) = sources.probes.probes()  # type: ignore[union-attr]
    assert (probe.agent, probe.pod, probe.ok, probe.status, probe.latency_ms) == ("search", "s-0", False, 503, 12.5)
    (reading,) = sources.quota.quota()  # type: ignore[union-attr]
    assert (reading.limits[0].limit, reading.limits[0].remaining, reading.limits[0].reset) == (50.0, 0.0, "6m0s")
    write("quota.json", {"provider": "x"})
    with pytest.raises(SourceError):
        open_bundle(folder).quota.quota()  # type: ignore[union-attr]


def test_config_documents(folder: Path, write: Write) -> None:
    write("config/a.yaml", "agent: {name: a}\n")
    write("config/notes.md", "no")
    assert open_bundle(folder).config.documents() == [("config/a.yaml", "agent: {name: a}\n")]  # type: ignore[union-attr]


@pytest.mark.parametrize("prefix", ["", "./", "incident/"])
def test_a_tar_file_is_the_same_as_its_folder(folder: Path, write: Write, tmp_path: Path, prefix: str) -> None:
    write("logs/agents/a/main.log", "one\n")
    packed = tmp_path / "b.tar.gz"
    with tarfile.open(packed, "w:gz") as tar:
        tar.add(folder, arcname=prefix or ".")
    sources = open_bundle(packed)
    assert [_text(s) for s in sources.logs.streams(LogQuery())] == [b"one\n"]  # type: ignore[union-attr]
    assert sources.window == open_bundle(folder).window


def _tar(path: Path, *members: tuple[tarfile.TarInfo, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for info, data in members:
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return path


def _member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


@pytest.mark.parametrize(
    "evil",
    [
        _member("../outside.txt"),
        _member("a/../../outside.txt"),
        _member("/tmp/outside.txt"),
        _member("logs", tarfile.SYMTYPE, "/etc"),
        _member("logs/x", tarfile.LNKTYPE, "../../etc/passwd"),
        _member("pipe", tarfile.FIFOTYPE),
    ],
)
def test_a_tar_file_that_leads_out_is_refused(tmp_path: Path, evil: tarfile.TarInfo) -> None:
    good = (_member("bundle.json"), json.dumps(MANIFEST).encode())
    with pytest.raises(InputError):
        open_bundle(_tar(tmp_path / "evil.tar.gz", good, (evil, b"x" if evil.isreg() else b"")))
    assert not (tmp_path.parent / "outside.txt").exists()


def test_a_tar_file_that_unpacks_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundle_folder, "RATIO_FROM", 1024 * 1024)
    monkeypatch.setattr(bundle_folder, "MAX_RATIO", 50)
    bomb = (_member("logs/a/b/c.log"), b"\0" * 8 * 1024 * 1024)
    with pytest.raises(InputError, match="unpacks to more than"):
        open_bundle(_tar(tmp_path / "bomb.tar.gz", (_member("bundle.json"), json.dumps(MANIFEST).encode()), bomb))


@pytest.mark.parametrize(
    "content", [b"", b"not a tar", gzip.compress(b"not a tar either", mtime=0)], ids=["empty", "text", "gzip"]
)
def test_a_file_that_is_no_tar_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.tar.gz"
    path.write_bytes(content)
    with pytest.raises(InputError):
        open_bundle(path)


def test_a_tar_file_that_was_cut_off_is_refused(folder: Path, write: Write, tmp_path: Path) -> None:
    write("logs/agents/a/main.log", "".join(f"{n * 7919}\n" for n in range(50_000)))
    packed = tmp_path / "b.tar.gz"
    with tarfile.open(packed, "w:gz") as tar:
        tar.add(folder, arcname=".")
    packed.write_bytes(packed.read_bytes()[: packed.stat().st_size // 2])
    with pytest.raises(InputError):
        open_bundle(packed)


def test_a_link_in_a_folder_leads_nowhere(folder: Path, write: Write, tmp_path: Path) -> None:
    secret = tmp_path / "outside.log"
    secret.write_text("secret\n")
    write("logs/agents/a/main.log", "one\n")
    (folder / "logs/agents/a/link.log").symlink_to(secret)
    (folder / "probes.json").symlink_to(secret)
    sources = open_bundle(folder)
    assert [s.origin.container for s in sources.logs.streams(LogQuery())] == ["main"]  # type: ignore[union-attr]
    assert sources.probes is None
