"""Logs from Loki, spans from Jaeger and Tempo."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from typing import Any

import pytest

from agentctl.model.errors import InputError, SourceError
from agentctl.model.report import Window
from agentctl.sources import loki, traces
from agentctl.sources.connect import connect
from agentctl.sources.protocols import LogQuery, Sources
from agentctl.sources.request import Request

from .http_server import Asked, answering_with

START = 1772532000
NANO = 1_000_000_000
WINDOW = Window(datetime.fromtimestamp(START, UTC), datetime.fromtimestamp(START + 3600, UTC))


class Store:
    """As much of Loki as is asked for: entries of (nanoseconds, line) by pod."""

    def __init__(
        self,
        entries: dict[str, list[tuple[int, str]]],
        labels: tuple[str, ...] = ("namespace", "pod", "container", "app"),
    ) -> None:
        self.entries = entries
        self.labels = labels

    def __call__(self, asked: Asked) -> tuple[int, Any]:
        if asked.path.endswith("/labels"):
            return 200, {"status": "success", "data": list(self.labels)}
        if asked.path.endswith("/series"):
            return 200, {"status": "success", "data": [self._labels(pod) for pod in self.entries]}
        pod = re.search(r'pod="([^"]+)"', asked.query["query"])
        assert pod
        start, end, limit = (int(asked.query[k]) for k in ("start", "end", "limit"))
        found = [e for e in sorted(self.entries[pod[1]]) if start <= e[0] < end]
        found = found[-limit:][::-1] if asked.query["direction"] == "backward" else found[:limit]
        result = [{"stream": self._labels(pod[1]), "values": [[str(at), line] for at, line in found]}]
        return 200, {"status": "success", "data": {"resultType": "streams", "result": result}}

    def _labels(self, pod: str) -> dict[str, str]:
        return {
            "namespace": "agents",
            "pod": pod,
            "container": "main",
            "app": "agent",
            "agentctl_dev_agent": pod.split("-")[0],
        }


def _sources(url: str, **more: Any) -> Sources:
    return connect(Request(loki_url=url, environ={"HOME": "/nowhere"}, request_timeout=3.0, **more))


def _lines(sources: Sources, query: LogQuery) -> dict[str, bytes]:
    assert sources.logs is not None
    return {s.origin.pod: b"".join(s.chunks()) for s in sources.logs.streams(query)}


def test_lines_come_as_kubectl_prints_them() -> None:
    store = Store({"search-0": [((START + 1) * NANO + 5, "one"), ((START + 2) * NANO, "two\n")], "triage-0": []})
    with answering_with(store) as server:
        sources = _sources(server.url)
        found = _lines(sources, LogQuery(window=WINDOW))
        assert found == {
            "search-0": b"2026-03-03T10:00:01.000000005Z one\n2026-03-03T10:00:02.000000000Z two\n",
            "triage-0": b"",
        }
        assert {s.origin.agent for s in sources.logs.streams(LogQuery(window=WINDOW))} == {"search", "triage"}  # type: ignore[union-attr]
        asked = next(a for a in server.asked if a.path.endswith("/series"))
        assert asked.query["match[]"] == '{namespace=~"agents", app="agent"}'
        assert _lines(sources, LogQuery(window=WINDOW, tail=1))["search-0"] == b"2026-03-03T10:00:02.000000000Z two\n"


@pytest.mark.parametrize("spread", [1, 3, 1000])
def test_pages_join_without_a_gap_or_a_repeat(monkeypatch: pytest.MonkeyPatch, spread: int) -> None:
    monkeypatch.setattr(loki, "PAGE", 7)
    entries = [
        ((START + 1) * NANO + n // spread * 10 if spread < 1000 else (START + 1) * NANO + n, f"line {n}")
        for n in range(50)
    ]
    with answering_with(Store({"search-0": entries})) as server:
        said = _lines(_sources(server.url), LogQuery(window=WINDOW))["search-0"].decode()
    assert sorted(re.findall(r"line (\d+)", said), key=int) == [str(n) for n in range(50)]


def test_more_lines_in_one_instant_than_a_page_holds_are_said_to_be_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loki, "PAGE", 7)
    with answering_with(Store({"search-0": [((START + 1) * NANO, f"line {n}") for n in range(50)]})) as server:
        with pytest.raises(SourceError) as caught:
            _lines(_sources(server.url), LogQuery(window=WINDOW))
        assert caught.value.code == "truncated"


def test_credentials_and_tenant_come_from_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    environ = {"HOME": "/nowhere", "AGENTCTL_LOKI_TOKEN": "to" + "ken", "AGENTCTL_LOKI_ORG_ID": "blue"}
    with answering_with(Store({"search-0": []})) as server:
        sources = connect(Request(loki_url=server.url, environ=environ))
        _lines(sources, LogQuery(window=WINDOW))
        assert {a.headers["Authorization"] for a in server.asked} == {"Bearer token"}
        assert {a.headers["X-Scope-Orgid"] for a in server.asked} == {"blue"}


def test_an_address_with_a_password_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        _sources("http://me:hunter2@loki:3100")
    assert "hunter2" not in caught.value.message


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ((401, {}), "unauthorized"),
        ((404, b"404 page not found"), "not-found"),
        ((429, b"too many outstanding requests"), "rate-limited"),
        ((500, b"boom"), "server-error"),
        ((302, b""), "bad-answer"),
        ((200, b"<html>login</html>"), "bad-answer"),
        ((200, b'{"status": "succ'), "truncated"),
        ((200, {"data": 3}), "bad-answer"),
        ((200, {"status": "success", "data": ["job"]}), "empty"),
    ],
)
def test_failures_of_loki(answer: tuple[int, Any], code: str) -> None:
    with answering_with(lambda asked: answer) as server, pytest.raises(SourceError) as caught:
        _lines(_sources(server.url), LogQuery(window=WINDOW))
    assert caught.value.code == code
    assert "Loki" in caught.value.message


def test_a_loki_that_does_not_answer() -> None:
    def slow(asked: Asked) -> tuple[int, Any]:
        time.sleep(3)
        return 200, {}

    with answering_with(slow) as server, pytest.raises(SourceError) as caught:
        connect(Request(loki_url=server.url, environ={"HOME": "/"}, request_timeout=0.3)).logs.streams(LogQuery())  # type: ignore[union-attr]
    assert caught.value.code == "timeout"


def _jaeger_trace(number: int) -> dict[str, Any]:
    tags = [
        {"key": "error", "type": "bool", "value": True},
        {"key": "gen_ai.agent.name", "type": "string", "value": "search"},
    ]
    span = {
        "traceID": f"{number:x}",
        "spanID": "cd" * 8,
        "operationName": "agent.run",
        "references": [{"refType": "CHILD_OF", "spanID": "ef" * 8}],
        "startTime": (START + 10) * 1_000_000 + number,
        "duration": 2_500_000,
        "tags": tags,
        "logs": [{"timestamp": START * 1_000_000, "fields": [{"key": "event", "value": "retry"}]}],
        "processID": "p1",
    }
    return {"traceID": f"{number:x}", "spans": [span], "processes": {"p1": {"serviceName": "search", "tags": []}}}


class Jaeger:
    """Jaeger's query API over so many traces."""

    def __init__(self, count: int) -> None:
        self.traces = [_jaeger_trace(n) for n in range(1, count + 1)]

    def __call__(self, asked: Asked) -> tuple[int, Any]:
        if asked.path == "/api/services":
            return 200, {"data": ["jaeger", "search"]}
        start, end, limit = (int(asked.query[k]) for k in ("start", "end", "limit"))
        found = [t for t in self.traces if start <= t["spans"][0]["startTime"] < end]
        return 200, {"data": found[:limit]}


def _traces(url: str) -> Sources:
    return connect(Request(traces_url=url, environ={"HOME": "/nowhere"}, request_timeout=3.0))


def test_spans_of_jaeger() -> None:
    with answering_with(Jaeger(1)) as server:
        sources = _traces(server.url)
        (span,) = sources.traces.spans(WINDOW)  # type: ignore[union-attr]
    assert (span.trace_id, span.parent_id, span.status, span.service) == ("1".zfill(32), "ef" * 8, "error", "search")
    assert span.end - span.start == pytest.approx(2.5)
    assert span.events[0][1] == "retry"
    assert span.attributes["gen_ai.agent.name"] == "search"
    assert sources.notes == {}


def test_a_limit_that_is_hit_is_split_or_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traces, "LIMIT", 20)
    spread = Jaeger(60)
    for n, trace in enumerate(spread.traces):
        trace["spans"][0]["startTime"] = (START + n * 60) * 1_000_000 + 5
    with answering_with(spread) as server:
        sources = _traces(server.url)
        assert len({s.trace_id for s in sources.traces.spans(WINDOW)}) == 60  # type: ignore[union-attr]
        assert sources.notes == {}
    with answering_with(Jaeger(60)) as server:
        sources = _traces(server.url)
        assert len(list(sources.traces.spans(WINDOW))) == 20  # type: ignore[union-attr]
        assert sources.notes["traces"].code == "truncated"


def test_spans_of_tempo() -> None:
    raw = {
        "traceId": "q6urq6urq6urq6urq6urqw==",
        "spanId": "zc3Nzc3Nzc0=",
        "name": "tool.x",
        "startTimeUnixNano": str(START * NANO),
    }

    def tempo(asked: Asked) -> tuple[int, Any]:
        if asked.path == "/api/echo":
            return 200, b"echo"
        if asked.path == "/api/search":
            return 200, {"traces": [{"traceID": "ab" * 16}]}
        if asked.path.startswith("/api/traces/"):
            return 200, {"batches": [{"resource": {}, "scopeSpans": [{"spans": [raw]}]}]}
        return 404, b"404 page not found"

    with answering_with(tempo) as server:
        (span,) = _traces(server.url).traces.spans(WINDOW)  # type: ignore[union-attr]
    assert (span.trace_id, span.span_id, span.name) == ("ab" * 16, "cd" * 8, "tool.x")


def test_what_is_neither_jaeger_nor_tempo() -> None:
    with answering_with(lambda asked: (404, b"nothing")) as server, pytest.raises(SourceError) as caught:
        list(_traces(server.url).traces.spans(WINDOW))  # type: ignore[union-attr]
    assert caught.value.code == "not-found"
