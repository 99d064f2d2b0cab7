"""Single figures of the digest, reckoned by hand."""

import json
import pickle
from decimal import Decimal

import pytest

from agentctl.analysis.logs.digest import DEAREST, NO_MINUTE, Counts, LlmTotals, ToolTotals
from agentctl.analysis.logs.stream import StreamTally, plain_digest
from agentctl.model.records import Origin

ORIGIN = Origin("triage", pod="triage-1")
CELL = ("triage", "triage-1")
MINUTE = 29542320


def fast_digest(data):
    tally = StreamTally(ORIGIN)
    for block in tally.blocks([data], size=5000):
        tally.feed(block)
    return tally.digest()


@pytest.fixture(params=[fast_digest, lambda data: plain_digest([data], ORIGIN)], ids=["fast", "plain"])
def digest_of(request):
    return lambda *lines: request.param("\n".join(lines).encode())


def at(second, text):
    return f"2026-03-03T12:{second // 60:02d}:{second % 60:02d}Z {text}"


def test_the_dearest_calls_come_first(digest_of):
    order = [(i * 7919) % 1000 for i in range(1000)]
    digest = digest_of(*(f"INFO:a:LLM_CALL model=m input_tokens=1 output_tokens=1 cost=$0.{n:06d}" for n in order))
    assert [c.cost for c in digest.dearest] == [Decimal(n).scaleb(-6) for n in range(999, 999 - DEAREST, -1)]
    assert all(order[c.line - 1] == int(c.cost.scaleb(6)) for c in digest.dearest)
    assert digest.llm == {(*CELL, "m"): {NO_MINUTE: LlmTotals(1000, 1000, 1000, Decimal("0.4995"), 0)}}


def test_unpriced_calls_are_counted_not_guessed(digest_of):
    digest = digest_of(
        at(1, "INFO:a:LLM_CALL model=m input_tokens=10 output_tokens=2 cost=$0.10"),
        at(2, "INFO:a:LLM_CALL model=m input_tokens=10 output_tokens=2 cost=unknown"),
        at(61, "INFO:a:LLM_CALL model=m"),
    )
    assert digest.llm[(*CELL, "m")] == {
        MINUTE: LlmTotals(2, 20, 4, Decimal("0.1"), 1),
        MINUTE + 1: LlmTotals(1, 0, 0, Decimal(0), 1),
    }


def test_repeats_are_equal_calls_within_a_minute(digest_of):
    call = "INFO:a:TOOL_CALL: search_kb query={}"
    digest = digest_of(
        *(at(s, call.format(q)) for s, q in [(1, "x"), (2, "x"), (3, "y"), (4, "x"), (61, "x"), (62, "z")])
    )
    assert digest.tools == {(*CELL, "search_kb"): {MINUTE: ToolTotals(4, 2), MINUTE + 1: ToolTotals(2, 0)}}


def test_the_earliest_trace_ids_are_kept(digest_of):
    order = [(i * 37) % 59 for i in range(59)]
    lines = [at(s, json.dumps({"level": "error", "msg": "Tool x failed", "trace_id": f"t{s:02d}"})) for s in order]
    (group,) = digest_of(*lines, *lines).groups
    assert group.trace_ids == [f"t{s:02d}" for s in range(20)]
    assert group.count == 118


def test_activity_and_runs(digest_of):
    body = {"level": "info", "agent": "billing", "run_id": "r1"}
    digest = digest_of(
        at(1, json.dumps(body | {"msg": "TOOL_CALL: search_kb q=1"})),
        at(2, json.dumps(body | {"msg": "LLM_CALL model=m input_tokens=3 output_tokens=4 cost=$0.5"})),
        at(3, json.dumps(body | {"msg": "Tool x failed", "level": "error"})),
        at(4, "WARNING:a:low on budget"),
    )
    assert digest.activity == {("billing", "triage-1"): {MINUTE: Counts(3, 1, 0)}, CELL: {MINUTE: Counts(1, 0, 1)}}
    run = digest.runs["r1"]
    assert (run.agent, run.records, run.errors, run.tools) == ("billing", 3, 1, {"search_kb": 1})
    assert run.llm == LlmTotals(1, 3, 4, Decimal("0.5"), 0)
    assert run.last_seen - run.first_seen == 2


def test_what_is_blocked_and_what_was_tried_again(digest_of):
    digest = digest_of(
        "WARNING:a:BLOCKED: PII access for customer 17",
        "WARNING:a:BLOCKED: PII access for customer 18",
        "WARNING:a:Attempt 1 failed: Error code: 429 - x",
        "WARNING:a:Attempt 2 failed: Error code: 429 - x",
        "WARNING:a:slow",
    )
    assert [(g.template, g.count) for g in digest.blocked] == [("PII access for customer <n>", 2)]
    assert [(g.template, g.count) for g in digest.attempts] == [("Error code: 429 - x", 2)]
    assert [(g.template, g.count) for g in digest.warnings] == [("slow", 1)]
    assert digest.errors == 0


def test_a_digest_goes_through_pickle(digest_of):
    digest = digest_of(at(1, "ERROR:a:x"), at(2, "INFO:a:TOOL_CALL: t"))
    assert pickle.loads(pickle.dumps(digest)) == digest
