"""What a Prometheus on its worst days becomes: one clear error with a stable code, in time, and nothing leaked."""

from __future__ import annotations

import json
import socket
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agentctl.cli.app import run
from agentctl.model.errors import InputError, SourceError
from agentctl.model.report import Window
from agentctl.sources.prometheus import PrometheusSource
from agentctl.sources.prometheus_access import PrometheusAccess

sys.path.insert(0, str(Path(__file__).resolve().parent))

import prometheus_server as fake

WINDOW = Window(datetime.fromtimestamp(1_000_000, UTC), datetime.fromtimestamp(1_003_600, UTC))
NAMES = ("agent_cost_total_usd", "agent_cost_total_usd_total")


def ask(url: str, **more: object) -> PrometheusSource:
    source = PrometheusSource(PrometheusAccess(url, timeout=0.7, **more))
    source.series(NAMES, WINDOW, {})
    return source


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (fake.reply(401, b"no"), "unauthorized"),
        (fake.reply(403, b"no"), "forbidden"),
        (fake.reply(404, b"404 page not found"), "not-found"),
        (fake.reply(429, b"slow down"), "rate-limited"),
        (fake.reply(500, b"oops"), "server-error"),
        (fake.reply(503, b"starting"), "server-error"),
        (fake.reply(503, {"status": "error", "errorType": "timeout", "error": "query timed out"}), "timeout"),
        (fake.reply(400, {"status": "error", "errorType": "bad_data", "error": "parse error"}), "bad-query"),
        (fake.reply(403, {"kind": "Status", "status": "Failure", "message": "cannot get services/proxy"}), "forbidden"),
        (fake.reply(503, {"kind": "Status", "status": "Failure", "message": "no endpoints"}), "server-error"),
        (fake.reply(200, b"<html>Sign in</html>"), "bad-answer"),
        (fake.reply(200, {"status": "success"}), "bad-answer"),
        (
            fake.reply(200, {"status": "success", "data": {"resultType": "matrix", "result": [{"values": 1}]}}),
            "bad-answer",
        ),
        (fake.reply(200, b'{"status":"success","data":', length=500), "truncated"),
        (fake.reply(200, b'{"status":"success","data":'), "truncated"),
        (fake.reply(204, b""), "bad-answer"),
        (fake.trickle(chunked=False), "timeout"),
        (fake.trickle(chunked=True), "timeout"),
        (fake.silence, "timeout"),
        (fake.hang_up, "unreachable"),
    ],
)
def test_every_fault_has_its_code(answer: fake.Answer, code: str) -> None:
    with fake.serving(answer) as server, pytest.raises(SourceError) as caught:
        ask(server.url)
    assert caught.value.code == code
    assert "\n" not in caught.value.message


def test_a_closed_port_is_unreachable() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(SourceError) as caught:
        ask(url)
    assert caught.value.code == "unreachable"


def test_a_name_that_does_not_resolve() -> None:
    with pytest.raises(SourceError) as caught:
        ask("http://prometheus.invalid:9090")
    assert caught.value.code == "dns"


def test_a_server_that_does_not_speak_tls() -> None:
    with fake.serving(fake.reply(200, fake.EMPTY)) as server, pytest.raises(SourceError) as caught:
        ask(server.url.replace("http:", "https:"))
    assert caught.value.code == "tls"


def test_one_failure_is_one_request() -> None:
    with fake.serving(fake.reply(503, b"busy")) as server:
        with pytest.raises(SourceError):
            ask(server.url)
        assert len(server.asked) == 1


def test_the_query_is_in_the_body_and_values_are_quoted() -> None:
    with fake.serving(fake.reply(200, fake.EMPTY)) as server:
        PrometheusSource(PrometheusAccess(server.url)).series(
            NAMES[:1], WINDOW, {"agent_name": 'a"}) or vector(1) #\n'}
        )
        asked = server.asked[0]
    assert asked.query == ""
    assert asked.form["query"] == ('{__name__="agent_cost_total_usd",agent_name="a\\"}) or vector(1) #\\n"}[3900000ms]')


def test_credentials_tenant_and_labels_are_sent() -> None:
    with fake.serving(fake.reply(200, fake.EMPTY)) as server:
        ask(server.url, token="t-1", org_id="team-a", labels={"cluster": "eu"})
        ask(server.url, user="u", password="p")
        first, second = server.asked
    assert first.headers["authorization"] == "Bearer t-1"
    assert first.headers["x-scope-orgid"] == "team-a"
    assert 'cluster="eu"' in first.form["query"]
    assert second.headers["authorization"].startswith("Basic ")


def test_a_netrc_file_adds_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with fake.serving(fake.reply(200, fake.EMPTY)) as server:
        ask(server.url)
        assert "authorization" not in server.asked[0].headers


def test_credentials_do_not_follow_a_redirect_to_another_origin() -> None:
    with fake.serving(fake.reply(200, fake.EMPTY)) as thief:
        moved = fake.reply(302, b"", Location=thief.url + "/api/v1/query")
        with fake.serving(moved) as server, pytest.raises(SourceError) as caught:
            ask(server.url, token="t-1")
        assert caught.value.code == "bad-answer"
        assert thief.asked == []


def test_a_redirect_within_the_origin_is_followed() -> None:
    def answer(handler: object, asked: fake.Asked) -> None:
        moved = fake.reply(308, b"", Location="/prom/api/v1/query")
        (moved if asked.path == "/api/v1/query" else fake.reply(200, fake.EMPTY))(handler, asked)

    with fake.serving(answer) as server:
        ask(server.url, token="t-1")
        assert [a.path for a in server.asked] == ["/api/v1/query", "/prom/api/v1/query"]


def test_warnings_of_a_partial_answer_are_kept() -> None:
    with fake.serving(fake.reply(200, {**fake.EMPTY, "warnings": ["store 10.0.0.1 is down"]})) as server:
        assert ask(server.url).warnings == ("store 10.0.0.1 is down",)


def test_samples_are_cut_to_the_window_whatever_the_server_includes() -> None:
    values = [[999_700, "1"], [999_701, "2"], [1_003_600, "3"], [1_003_601, "4"]]
    matrix = {"resultType": "matrix", "result": [{"metric": {"__name__": NAMES[0]}, "values": values}]}
    with fake.serving(fake.reply(200, {"status": "success", "data": matrix})) as server:
        found = PrometheusSource(PrometheusAccess(server.url)).series(NAMES, WINDOW, {})
    assert [s.value for s in found[0].samples] == [2.0, 3.0]


def test_a_question_too_large_is_asked_in_halves() -> None:
    def answer(handler: object, asked: fake.Asked) -> None:
        whole = "[3900000ms]" in asked.form["query"]
        error = {"status": "error", "errorType": "execution", "error": "query processing would load too many samples"}
        fake.reply(422, error)(handler, asked) if whole else fake.reply(200, fake.EMPTY)(handler, asked)

    with fake.serving(answer) as server:
        ask(server.url)
        assert len(server.asked) == 3


def test_threads_do_not_share_a_session() -> None:
    with fake.serving(fake.reply(200, {"status": "success", "data": ["up"]})) as server:
        source = PrometheusSource(PrometheusAccess(server.url))
        failed: list[Exception] = []

        def work() -> None:
            try:
                for _ in range(5):
                    source.names()
            except Exception as error:
                failed.append(error)

        threads = [threading.Thread(target=work) for _ in range(8)]
        [t.start() for t in threads]
        [t.join() for t in threads]
    assert failed == []
    assert len(server.asked) == 40


@pytest.mark.parametrize("url", ["prometheus:9090", "ftp://x", "http://", "http://user:pw@host:9090"])
def test_an_address_that_is_none(url: str) -> None:
    with pytest.raises(InputError):
        PrometheusAccess(url)


def test_raw_promql_carries_the_labels_or_is_refused() -> None:
    with fake.serving(fake.reply(200, fake.EMPTY)) as server:
        source = PrometheusSource(PrometheusAccess(server.url, labels={"cluster": "eu"}))
        source.query("sum(up) / count(up)", 0.0)
        assert server.asked[-1].form["query"] == 'sum(up{cluster="eu"}) / count(up{cluster="eu"})'
        with pytest.raises(SourceError) as caught:
            source.query("sum(up", 0.0)
    assert caught.value.code == "unsupported"
    assert len(server.asked) == 1


def test_a_partial_answer_makes_money_a_lower_bound(capsys: pytest.CaptureFixture[str]) -> None:
    def answer(handler: object, asked: fake.Asked) -> None:
        result = []
        if "cost" in asked.form.get("query", ""):
            labels = {"__name__": NAMES[0], "agent_name": "t"}
            values = [[1_000_000 - 60, "1"], [1_003_500, "3"]]
            result = [{"metric": labels, "values": values}]
        body = {"status": "success", "data": {"resultType": "matrix", "result": result}, "warnings": ["store down"]}
        fake.reply(200, body)(handler, asked)

    span = ("--since-time", "1970-01-12T13:46:40Z", "--until", "1970-01-12T14:46:40Z")
    with fake.serving(answer) as server:
        assert run(["cost", "top", "--prometheus-url", server.url, *span, "-o", "json"]) == 0
    data = json.loads(capsys.readouterr().out)["data"]
    assert (data["total"]["usd"], data["total"]["quality"]) == ("2.0", "lower-bound")
    assert "the server warns: store down" in data["notes"]


@pytest.mark.parametrize(
    ("answer", "code"), [(fake.reply(403, b""), "forbidden"), (fake.reply(500, b""), "server-error")]
)
def test_a_server_that_refuses_is_exit_4(answer: fake.Answer, code: str, capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("top", "spikes", "budget", "forecast"):
        with fake.serving(answer) as server:
            assert run(["cost", command, "--prometheus-url", server.url, "-o", "json"]) == 4
        report = json.loads(capsys.readouterr().out)
        assert (report["status"], report["errors"][0]["code"]) == ("error", code)
