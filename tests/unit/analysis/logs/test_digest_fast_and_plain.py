"""The fast way to a digest says exactly what reading record by record says, for any soup of lines."""

from dataclasses import fields
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentctl.analysis.logs.digest import LogDigest
from agentctl.analysis.logs.stream import StreamTally, plain_digest
from agentctl.model.records import Origin
from agentctl.model.report import Window

ORIGIN = Origin(agent="triage", namespace="agents", pod="triage-7d9f-x2x9z", container="agent")
START = datetime(2026, 3, 3, 12, 0, tzinfo=UTC)

seconds = st.integers(0, 400)
fractions = st.sampled_from(["", ".5", ".25", ".123456789", ".000001"])
levels = st.sampled_from(["INFO", "DEBUG", "WARNING", "ERROR", "CRITICAL", "NOTICE", "info", "TRACE"])
names = st.sampled_from(["enterprise-agent", "root", "a.b.c", "ERROR", "TOOL_CALL", "error", "Attempt", "LLM_CALL"])
messages = st.sampled_from(
    [
        "LLM_CALL model=claude-sonnet-4 input_tokens=120 output_tokens=7 cost=$0.012300",
        "LLM_CALL model=gpt-4o input_tokens=1 output_tokens=2 cost=$0.5",
        "LLM_CALL model=gpt-4o input_tokens=1 output_tokens=2 cost=unknown",
        "LLM_CALL model=gpt-4o input_tokens=9 output_tokens=2 cost=$1.000001 run_id=r-1",
        "LLM_CALL: model=gpt-4o input_tokens=9",
        "TOOL_CALL: search_kb query=how do I reset",
        "TOOL_CALL: search_kb query=how do I reset ",
        "TOOL_CALL: search_kb  query=how do I reset",
        "TOOL_CALL: search_kb",
        "TOOL_CALL: get_customer id=17 trace_id=abc",
        'TOOL_CALL: send {"to": "x", "n": 1}',
        "TOOL_CALL: tool=x",
        "TOOL_CALL: süß q=1",
        "BLOCKED: PII access for customer 17",
        "Attempt 2 failed: Error code: 429 - {'type': 'error'}",
        "Attempt 1 failed: ",
        "enterprise-agent: TOOL_CALL: search_kb q=1",
        "enterprise-agent TOOL_CALL: search_kb q=1",
        "enterprise-agent LLM_CALL model=m input_tokens=1 output_tokens=1 cost=$0.100000",
        "enterprise-agent Attempt 2 failed: refused",
        "skipped TOOL_CALL: search_kb q=1",
        "a.b TOOL_CALL: search_kb",
        "core - BLOCKED: x",
        "[core] LLM_CALL model=m input_tokens=1 output_tokens=1 cost=$0.1",
        " TOOL_CALL: indented",
        "- TOOL_CALL: x",
        "Tool search_kb failed for customer 4829: connection refused",
        "Task failed",
        "processed in 3.2s run_id=run-7 ok",
        "saw ERROR in upstream",
        "ERROR something",
        "INFO - ERROR - nested",
        "mod:fn:12 - TOOL_CALL: x",
        "12 --- [main] c.f.Bar : TOOL_CALL: x",
        "a.<locals>.b:f:1 - TOOL_CALL: x",
        "Traceback (most recent call last):",
        "boom: Traceback (most recent call last):",
        "naïve ünïcode",
        "\x1b[31mred\x1b[0m",
        "tab\there",
        "",
        "x",
        "trailing  ",
        "carriage\r",
        "bell\x07 and nul\x00",
    ]
)
loose = st.sampled_from(
    [
        "Traceback (most recent call last):",
        '  File "agent.py", line 3, in run',
        "    raise ValueError(x)",
        "ValueError: bad 17",
        "KeyError",
        "During handling of the above exception, another exception occurred:",
        "  + Exception Group Traceback (most recent call last):",
        "  | ExceptionGroup: two (2 sub-exceptions)",
        "\tat com.foo.Bar.run(Bar.java:12)",
        "Caused by: java.io.IOException: y",
        "Error: cannot find",
        "future: <Task finished>",
        "",
        "   ",
        "plain text",
        '{"level": "error", "message": "Tool x failed", "agent": "other", "run_id": "r-2", "trace_id": "t1"}',
        '{"level": "info", "msg": "LLM_CALL model=m input_tokens=1 output_tokens=1 cost=$0.000001", "ts": 1772539230.5}',
        '{"broken": ',
        'level=error msg="boom" agent=a2 run_id=r-1',
        "[pod/other-pod/c] 2026-03-03T12:01:00Z ERROR:a:from another pod",
        "Exception in thread Thread-1 (w):",
        "   INFO indented record",
        "2026-03-03T99:99:99Z INFO:a:no such time",
        "2026-02-30 10:00:00,1 - a - INFO - no such day",
    ]
)


@st.composite
def lines(draw):
    moment = START + timedelta(seconds=draw(seconds))
    head = draw(st.sampled_from(["stamp", "none", "stamp", "cri"]))
    shape = draw(st.sampled_from(["default", "default", "dashes", "spaces", "named", "bracket", "loose"]))
    own = moment.strftime("%Y-%m-%d %H:%M:%S") + draw(st.sampled_from(["", ",123", ".5", ",9"]))
    text = {
        "default": lambda: f"{draw(levels)}:{draw(names)}:{draw(messages)}",
        "dashes": lambda: f"{own} - {draw(names)} - {draw(levels)} - {draw(messages)}",
        "spaces": lambda: f"{own} {draw(levels):<8} {draw(messages)}",
        "named": lambda: f"{own} {draw(levels)} {draw(names)}: {draw(messages)}",
        "bracket": lambda: f"{own} {draw(levels):<8} [{draw(names)}] {draw(messages)}",
        "loose": lambda: draw(loose),
    }[shape]()
    if head == "none":
        return text
    middle = " stdout F" if head == "cri" else ""
    return f"{moment.strftime('%Y-%m-%dT%H:%M:%S')}{draw(fractions)}Z{middle} {text}"


@st.composite
def logs(draw):
    """Mostly one layout, as real logs are, with strangers in between."""
    kind = draw(st.sampled_from(["any", "default", "dashes", "spaces", "bracket", "stamped-default", "stamped-dashes"]))
    out = []
    for _ in range(draw(st.integers(0, 40))):
        if kind == "any" or draw(st.integers(0, 5)) == 0:
            out.append(draw(lines()))
            continue
        moment = START + timedelta(seconds=draw(seconds))
        own = moment.strftime("%Y-%m-%d %H:%M:%S") + draw(st.sampled_from(["", ",123", ".5", ",9"]))
        level, message = draw(levels), draw(messages)
        text = {
            "default": f"{level}:{draw(names)}:{message}",
            "dashes": f"{own} - {draw(names)} - {level} - {message}",
            "spaces": f"{own} {level} {message}",
            "bracket": f"{own} {level:<8} [{draw(names)}] {message}",
        }[kind.removeprefix("stamped-")]
        out.append(
            f"{moment.strftime('%Y-%m-%dT%H:%M:%S')}{draw(fractions)}Z {text}" if kind.startswith("stamped") else text
        )
    return "\n".join(out).encode() + (b"\n" if draw(st.booleans()) else b"")


windows = st.none() | st.tuples(seconds, seconds).map(
    lambda s: Window(START + timedelta(seconds=min(s)), START + timedelta(seconds=max(s)))
)


def fast_digest(data: bytes, window: Window | None, size: int) -> LogDigest:
    tally = StreamTally(ORIGIN, window)
    for block in tally.blocks([data[i : i + size] for i in range(0, len(data), size)], size=size):
        tally.feed(block)
    return tally.digest()


@settings(max_examples=600, deadline=None)
@given(logs(), windows, st.integers(1, 4000))
def test_the_fast_digest_is_the_plain_one(data, window, size):
    plain = plain_digest([data], ORIGIN, window)
    fast = fast_digest(data, window, size)
    for field in fields(LogDigest):
        assert getattr(fast, field.name) == getattr(plain, field.name), field.name


@pytest.mark.parametrize("layout", ["default", "dashes", "spaces"])
def test_long_logs_in_one_layout_take_the_fast_way(layout, monkeypatch):
    """Otherwise the test above would compare the long way with itself."""
    from agentctl.analysis.logs.lanes import Lanes

    head = {
        "default": "INFO:a:",
        "dashes": "2026-03-03 12:00:00,1 - a - INFO - ",
        "spaces": "2026-03-03 12:00:00,1 INFO [a] ",
    }[layout]
    data = "".join(f"{head}processed {i}\n" for i in range(5000)).encode()
    fed = []
    long_way = Lanes._feed_line
    monkeypatch.setattr(Lanes, "_feed_line", lambda self, raw, out: (fed.append(raw), long_way(self, raw, out))[1])
    assert fast_digest(data, None, 1 << 16).records == 5000
    assert not fed


def test_most_errors_come_first_and_the_counts_add_up():
    data = (
        b"".join(b"ERROR:a:Tool x failed for %d\n" % i for i in range(10))
        + b"ERROR:a:Tool y failed\n" * 3
        + b"INFO:a:fine\n" * 7
    )
    digest = fast_digest(data, None, 100)
    assert [(g.template, g.count) for g in digest.groups] == [("Tool x failed for <n>", 10), ("Tool y failed", 3)]
    assert digest.errors == 13 == sum(n for g in digest.groups for m in g.cells.values() for n in m.values())
    assert digest.records == 20 == digest.lines
