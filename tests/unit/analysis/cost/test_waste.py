"""What is waste, call by call."""

from __future__ import annotations

from decimal import Decimal

from agentctl.analysis.cost.waste import CUT, FAILED, HOPS, REPEATS, RETRIES, WasteTally
from agentctl.model.records import FailedAttempt, LlmCall, LogRecord, Marker, Origin, ToolCall

POD = Origin("desk", "agents", "desk-1", "agent")


def record(
    marker: Marker | None = None,
    run: str | None = "r1",
    level: str = "INFO",
    agent: str = "desk",
    trace: str | None = None,
) -> LogRecord:
    return LogRecord(1.0, level, "run failed: no such order", POD, 7, agent, trace, run, marker)


def call(usd: str | None = "0.10", output: int = 10) -> LlmCall:
    return LlmCall("m", 100, output, None if usd is None else Decimal(usd))


def tally(*records: LogRecord) -> list[tuple[str, str, str]]:
    found = WasteTally()
    for one in records:
        found.add(one)
    return [(w.agent, w.kind, f"{w.spent.quality} {w.spent.value}") for w in found.results()]


def test_a_run_that_went_well_wastes_nothing() -> None:
    assert tally(record(call()), record(call())) == []


def test_the_calls_of_a_failed_attempt_were_for_nothing() -> None:
    lines = record(call()), record(FailedAttempt(1, "503")), record(call("0.20")), record(call("0.30"))
    assert tally(*lines) == [("desk", RETRIES, "exact 0.10")]


def test_a_call_is_counted_once() -> None:
    lines = record(call()), record(FailedAttempt(1, "503")), record(call()), record(level="ERROR")
    assert tally(*lines) == [("desk", FAILED, "exact 0.10"), ("desk", RETRIES, "exact 0.10")]


def test_runs_do_not_mix() -> None:
    lines = record(call(), "r1"), record(call("0.50"), "r2"), record(FailedAttempt(1, "x"), "r1")
    assert tally(*lines) == [("desk", RETRIES, "exact 0.10")]


def test_without_run_ids_it_is_an_estimate() -> None:
    lines = (
        record(call("0.10"), None),
        record(call("0.30"), None),
        record(FailedAttempt(1, "x"), None),
        record(FailedAttempt(2, "x"), None),
    )
    assert tally(*lines) == [("desk", RETRIES, "estimated 0.400000000")]


def test_the_same_call_a_third_time_is_going_in_circles() -> None:
    search = ToolCall("search_kb", {"query": "x"})
    lines = [
        record(m) for m in (call(), search, call(), search, call(), search, call("0.07"), ToolCall("other", {}), call())
    ]
    assert tally(*lines) == [("desk", REPEATS, "exact 0.07")]


def test_agents_that_hand_a_trace_to_and_fro() -> None:
    lines = [record(call(), None, agent="ab"[i % 2], trace="t1") for i in range(14)]
    assert tally(*lines) == [("a", HOPS, "exact 0.20"), ("b", HOPS, "exact 0.20")]
    assert tally(*lines[:10]) == []


def test_answers_cut_off_at_their_longest() -> None:
    lines = [record(call(output=n), f"r{i}") for i, n in enumerate((50, 512, 300, 512, 512, 20))]
    assert tally(*lines) == [("desk", CUT, "estimated 0.30")]
    assert tally(*lines[:4], record(call(output=900), "r9")) == []


def test_calls_without_a_price_make_a_lower_bound() -> None:
    lines = record(call()), record(call(None)), record(level="ERROR")
    assert tally(*lines) == [("desk", FAILED, "lower-bound 0.10")]
