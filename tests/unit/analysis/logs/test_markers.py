"""The agents' own lines, in every form."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentctl.analysis.logs.markers import read_cost, read_marker
from agentctl.analysis.logs.records import records
from agentctl.model.records import Blocked, FailedAttempt, LlmCall, Origin, ToolCall

FORMS = [
    "INFO:enterprise-agent:{}",
    "{}",
    "2026-03-03 12:00:00,123 - enterprise-agent - INFO - {}",
    "2026-03-03 12:00:00,123 INFO enterprise-agent: {}",
    "2026-03-03 12:00:00,123 INFO enterprise-agent {}",
    "2026-03-03 12:00:00,123 INFO     [enterprise-agent] {}",
    "2026-03-03T12:00:00.123456789Z INFO:enterprise-agent:{}",
    "INFO:     {}",
    "json",
    "logfmt",
]


def render(form, message):
    if form == "json":
        return json.dumps({"level": "info", "message": message})
    if form == "logfmt":
        return "level=info msg=" + json.dumps(message, ensure_ascii=False)
    return form.format(message)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("message", "marker"),
    [
        ("TOOL_CALL: search_kb query=reset my password", ToolCall("search_kb", {"query": "reset my password"})),
        ("TOOL_CALL: create_ticket id=T-1 priority=high", ToolCall("create_ticket", {"id": "T-1", "priority": "high"})),
        ("TOOL_CALL: ping", ToolCall("ping", {})),
        (
            "LLM_CALL model=claude-sonnet-4-20260514 input_tokens=812 output_tokens=64 cost=$0.012300",
            LlmCall("claude-sonnet-4-20260514", 812, 64, Decimal("0.0123")),
        ),
        ("LLM_CALL model=m input_tokens=1 output_tokens=2 cost=unknown", LlmCall("m", 1, 2, None)),
        ("LLM_CALL model=m", LlmCall("m", None, None, None)),
        ("BLOCKED: PII access for customer 17", Blocked("PII access for customer 17")),
        ("Attempt 2 failed: Error code: 429", FailedAttempt(2, "Error code: 429")),
        ("Attempt 1/3 failed: x", FailedAttempt(1, "x")),
        ("Attempt 3 failed:", FailedAttempt(3, "")),
    ],
)
def test_markers_in_every_form(form, message, marker):
    (record,) = records([render(form, message).encode()], Origin("a"))
    assert record.marker == marker
    assert record.message == message


def test_calls_as_structured_fields():
    body = {"level": "info", "event": "TOOL_CALL", "tool": "search_kb", "query": "x", "n": 3}
    assert read_marker("TOOL_CALL", body)[0] == ToolCall("search_kb", {"query": "x", "n": "3"})
    body = {"event": "LLM_CALL", "model": "m", "input_tokens": 5, "output_tokens": 6, "cost_usd": 0.0123}
    assert read_marker("LLM_CALL", body)[0] == LlmCall("m", 5, 6, Decimal("0.0123"))


@pytest.mark.parametrize(
    "message",
    [
        "the TOOL_CALL: was odd today, BLOCKED: too",
        "skipped TOOL_CALL: x",
        "MY_TOOL_CALLS: x",
        "Attempting 2 things",
        "UNBLOCKED: x",
    ],
)
def test_mentions_are_no_markers(message):
    assert read_marker(message) == (None, message)


@given(st.decimals(0, 10**6, places=6))
def test_costs_are_read_exactly(cost):
    assert read_cost(f"${cost}") == cost
    assert read_cost(f"{cost}") == cost


@pytest.mark.parametrize(
    "text", ["unknown", "", "$", "?", "None", "nan", "-1", "$-0.5", "inf", "1e99", "$1_0", "9" * 50]
)
def test_no_cost_is_no_zero(text):
    assert read_cost(text) is None


@given(st.text(max_size=300))
def test_any_text_may_follow(text):
    for head in ("TOOL_CALL: x ", "LLM_CALL ", "BLOCKED: ", "Attempt 1 failed: "):
        read_marker(head + text)


@given(
    st.dictionaries(
        st.from_regex(r"[a-z_]{1,8}", fullmatch=True),
        st.from_regex(r"[a-z0-9]{1,8}( [a-z0-9]{1,8}){0,3}", fullmatch=True),
        max_size=4,
    )
)
def test_arguments_come_back(arguments):
    text = "TOOL_CALL: search_kb " + " ".join(f"{k}={v}" for k, v in arguments.items())
    assert read_marker(text.rstrip())[0] == ToolCall("search_kb", arguments)
