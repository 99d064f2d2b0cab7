"""Each form of line says the same: level, message, time, ids."""

import json

import pytest

from agentctl.analysis.logs.records import records
from agentctl.model.records import LogRecord, Origin

ORIGIN = Origin(agent="triage", pod="triage-1")
NOON = 1772539200.0


def read(text: str | bytes) -> list[LogRecord]:
    return list(records([text if isinstance(text, bytes) else text.encode()], ORIGIN))


@pytest.mark.parametrize(
    ("line", "level", "message", "time"),
    [
        ("ERROR:enterprise-agent:msg", "ERROR", "msg", None),
        ("msg", None, "msg", None),
        ("2026-03-03 12:00:00,123 - name - ERROR - msg", "ERROR", "msg", NOON + 0.123),
        ("2026-03-03 12:00:00,123 ERROR name: msg", "ERROR", "name: msg", NOON + 0.123),
        ("[2026-03-03 12:00:00] ERROR msg", "ERROR", "msg", NOON),
        ("2026-03-03T12:00:00Z ERROR msg", "ERROR", "msg", NOON),
        ("2026-03-03T13:00:00+01:00 ERROR msg", "ERROR", "msg", NOON),
        ("INFO:     Started server", "INFO", "Started server", None),
        ("[2026-03-03 12:00:00 +0000] [1] [INFO] Booting", "INFO", "Booting", NOON),
        ("[2026-03-03 12:00:00,500: ERROR/ForkPoolWorker-1] Task x", "ERROR", "Task x", NOON + 0.5),
        ("2026-03-03 12:00:00.123 | CRITICAL | mod:func:12 - msg", "CRITICAL", "msg", NOON + 0.123),
        ("2026-03-03 12:00:00 [\x1b[31merror    \x1b[0m] msg", "ERROR", "msg", NOON),
        ("2026-03-03T12:00:00.000Z\terror\tmsg", "ERROR", "msg", NOON),
        ("2026/03/03 12:00:00 [warn] msg", "WARNING", "msg", NOON),
        ("E0303 12:00:00.123456       1 loop.go:12] msg", "ERROR", "msg", None),
        ("2026-03-03 12:00:00 [main] ERROR c.f.Bar - msg", "ERROR", "c.f.Bar - msg", NOON),
        ("2026-03-03T12:00:00.000Z ERROR 1 --- [main] c.f.Bar : msg", "ERROR", "msg", NOON),
        ("   ERROR msg", "ERROR", "msg", None),
        ("fatal: msg", "FATAL", "msg", None),
        ("2026-03-03T12:00:00.5Z ERROR:a:msg", "ERROR", "msg", NOON + 0.5),
        ("2026-03-03T12:00:00.5Z stdout F ERROR:a:msg", "ERROR", "msg", NOON + 0.5),
        ("2026-03-03T12:00:00Z 2025-01-01 00:00:00,1 - a - ERROR - msg", "ERROR", "msg", NOON),
        ('level=error msg="a \\"b\\"" ts=2026-03-03T12:00:00Z', "ERROR", 'a "b"', NOON),
        ('{"level": "error", "message": "msg", "timestamp": "2026-03-03T12:00:00Z"}', "ERROR", "msg", NOON),
        ('{"severity": "CRITICAL", "msg": "msg", "ts": 1772539200.0}', "CRITICAL", "msg", NOON),
        ('{"lvl": "err", "event": "msg", "time": 1772539200000}', "ERROR", "msg", NOON),
        ('{"level": 60, "msg": "msg", "@timestamp": "2026-03-03T12:00:00Z"}', "FATAL", "msg", NOON),
        ('{"levelno": 40, "message": "msg"}', "ERROR", "msg", None),
        ('{"log": {"level": "warn"}, "message": "msg"}', "WARNING", "msg", None),
        ('{"log": "ERROR:a:msg\\n", "stream": "stderr", "time": "2026-03-03T12:00:00Z"}', "ERROR", "msg", NOON),
        ("2026-03-03 12:00:00,123 error enterprise-agent msg", "ERROR", "enterprise-agent msg", NOON + 0.123),
        ("2026-03-03 12:00:00,123 - enterprise-agent - Critical - msg", "CRITICAL", "msg", NOON + 0.123),
        ("2026-03-03 12:00:00.123 | error    | mod:func:12 - msg", "ERROR", "msg", NOON + 0.123),
        ("2026/03/03 12:00:00 Error: msg", "ERROR", "msg", NOON),
        ("2026/03/03 12:00:00 error rate is low", None, "error rate is low", NOON),
        ("error:root:msg", "ERROR", "msg", None),
        ("\ufeffERROR:root:msg", "ERROR", "msg", None),
        ("INFO msg\r", "INFO", "msg", None),
        ("\x00\x00ERROR:a:msg", "ERROR", "msg", None),
    ],
)
def test_a_line_in_each_form(line, level, message, time):
    (record,) = read(line)
    assert (record.level, record.message) == (level, message)
    assert record.time == (None if time is None else pytest.approx(time, abs=1e-6))


@pytest.mark.parametrize(
    "line",
    [
        "retry after ERROR from upstream",
        "The tool answered: ERROR",
        "INFO:a:upstream said ERROR",
        "2026-03-03 12:00:00,1 INFO ERROR in the answer of the tool",
        "2026-03-03 12:00:00,1 - a - INFO - ERROR - nested",
        '{"level": "info", "message": "ERROR"}',
        "level=info msg=ERROR",
        "Error: looks like one",
        "ValueError: said in passing",
        "errors: 0",
        "error rate is fine",
        "2026-99-99T12:00:00Z nothing",
        '{"level": "info", "error": "x", "message": "recovered"}',
    ],
)
def test_the_word_error_in_the_text_is_no_error(line):
    assert [r.is_error for r in read(line)] == [False]


@pytest.mark.parametrize(
    ("word", "level"),
    [(w, "ERROR") for w in ("ERROR", "error", "Err", "SEVERE", "exception")]
    + [(w, "WARNING") for w in ("warn", "WARNING", "Warn")]
    + [(w, "CRITICAL") for w in ("crit", "emerg", "panic", "ALERT")]
    + [("FATAL", "FATAL"), ("trace", "DEBUG"), ("notice", "INFO"), ("nonsense", None)],
)
def test_levels_in_any_spelling(word, level):
    assert read(json.dumps({"level": word, "message": "m"}))[0].level == level


def test_ids_and_agent_of_structured_lines():
    body = {"level": "info", "message": "m", "agent": "billing", "run_id": "r-1", "traceId": "abc"}
    for line in (json.dumps(body), "level=info msg=m agent=billing run_id=r-1 traceId=abc"):
        (record,) = read(line)
        assert (record.who, record.run_id, record.trace_id) == ("billing", "r-1", "abc")
    assert read("INFO:a:m")[0].who == "triage"


def test_ids_in_plain_text():
    (record,) = read("2026-03-03 12:00:00,1 INFO [a] [trace_id=4bf92f span_id=0 run_id=r-9] - m")
    assert (record.trace_id, record.run_id) == ("4bf92f", "r-9")
    assert read("INFO:a:x trace_id=00000000")[0].trace_id is None


def test_the_pod_of_prefixed_lines_counts_where_the_stream_has_none():
    line = b"[pod/billing-5/agent] 2026-03-03T12:00:00Z ERROR:a:m\n"
    (record,) = records([line], Origin(agent="all", file="all.log"))
    assert (record.origin.pod, record.origin.container, record.who) == ("billing-5", "agent", "billing-5")
    (record,) = records([line], ORIGIN)
    assert record.origin == ORIGIN


def test_bytes_that_are_no_text_do_no_harm():
    found = read(b"ERROR:a:\xff\xfe\x00 bad\nINFO:a:next\n\n\n   \nlast")
    assert [(r.level, r.line) for r in found] == [("ERROR", 1), ("INFO", 2), (None, 6)]
    assert "bad" in found[0].message


def test_a_traceback_inside_a_structured_record():
    trace = 'Traceback (most recent call last):\n  File "a.py", line 1\nValueError: x'
    for key in ("exc_info", "exception", "stack", "error"):
        (record,) = read(json.dumps({"level": "error", "event": "failed", key: trace}))
        assert record.traceback == trace
    (record,) = read('{"level": "error", "msg": "m", "err": {"type": "TypeError", "message": "x"}}')
    assert record.traceback == "TypeError: x"
