"""Errors of one kind have one template, errors of two kinds have two."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentctl.analysis.logs.templates import LIMIT, error_template, mask

SAME = [
    ("Tool search_kb failed for customer 4829 after 3.2s", "Tool search_kb failed for customer 17 after 450ms"),
    ("Task 7f3ac2d1-1111-2222-3333-444455556666 failed", "Task 00000000-aaaa-bbbb-cccc-444455556666 failed"),
    ("request req_011CSHoEeqs5C35K2UUqR7Fy refused", "request req_011CSHZZZqs5C35K2UUqR7Fy refused"),
    ("query failed for 'reset my password'", 'query failed for "where is my order?"'),
    ("no route to 10.2.3.4:54321", "no route to 10.99.0.1:80"),
    ("mail to alice@example.com bounced", "mail to bob.b@corp.example.org bounced"),
    ("lost at 2026-03-03T12:00:00Z", "lost at 2026-03-04T01:02:03.5Z"),
    ("lost at 2026-03-03 12:00:00,123", "lost at 2026-03-04 01:02:03,999"),
    ("object at 0x7f1c2b3d4e50", "object at 0x7f0000000000"),
    ("GET http://kb-service:8000/search/123?q=a failed", "GET http://kb-service:8000/search/9?q=b failed"),
    ("pod triage-7d9f8b6c5-x2x9z is gone", "pod triage-6c5d4f7b8-k8s2p is gone"),
    ("pod triage-10000000-bcdfg is gone", "pod triage-6c5d4f7b8-k8s2p is gone"),
    ("cust_00123 has no plan", "cust_9 has no plan"),
    ("spent $12.40 of $50.00", "spent $0.10 of $20.00"),
    ("Rate limit exceeded: 6 tickets in last hour", "Rate limit exceeded: 7 tickets in last hour"),
    (
        "Error code: 429 - {'type': 'error', 'error': {'type': 'rate_limit_error', 'message': 'limit of 40,000 tokens'}, 'request_id': 'req_011CSHoEeqs5'}",
        "Error code: 429 - {'type': 'error', 'error': {'type': 'rate_limit_error', 'message': 'limit of 80,000 tokens'}, 'request_id': 'req_011CSHoEeqs6'}",
    ),
]
DIFFERENT = [
    ("Tool search_kb failed", "Tool get_customer failed"),
    ("Tool 'search_kb' failed", "Tool 'get_customer' failed"),
    ("ValueError: bad", "KeyError: bad"),
    ("cannot reach kb-service:8000", "cannot reach crm-service:8000"),
    ("GET http://kb-service/health failed", "GET http://crm/health failed"),
    ("host='kb-service' is down", "host='crm' is down"),
    ("Error code: 429 - x", "Error code: 529 - x"),
    ("HTTP 503 from upstream", "HTTP 404 from upstream"),
    ("status=500", "status=401"),
    (
        "Client error '429 Too Many Requests' for url 'https://api.anthropic.com/v1'",
        "Client error '401 Unauthorized' for url 'https://api.anthropic.com/v1'",
    ),
    ("[Errno 111] Connection refused", "[Errno 110] Connection timed out"),
    ("[Errno 111] x", "[Errno 110] x"),
    ("model claude-sonnet-4-20260514 not found", "model claude-opus-4-20260514 not found"),
    ("model gpt-4 not found", "model gpt-5 not found"),
    ("'NoneType' object has no attribute 'content'", "'NoneType' object has no attribute 'usage'"),
    ('{"type":"error","error":{"type":"overloaded_error"}}', '{"type":"error","error":{"type":"api_error"}}'),
    (
        "NewConnectionError('<x>: [Errno 111] Connection refused')",
        "NewConnectionError('<x>: [Errno -2] Name or service not known')",
    ),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_one_kind(one, other):
    assert error_template(one) == error_template(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_two_kinds(one, other):
    assert error_template(one) != error_template(other)


def test_what_a_provider_said_stays_readable():
    body = "Error code: 401 - {'error': {'message': 'Incorrect API key provided. You can find it.', 'type': 'invalid_request_error', 'code': 'invalid_api_key'}}"
    assert error_template(body) == body


@pytest.mark.parametrize(
    "message",
    [
        "Task failed",
        "Unhandled exception in task 12",
        "Unexpected error:",
        "Agent run failed",
        "",
        "Exception in event loop",
    ],
)
def test_a_message_that_says_nothing_takes_the_exceptions_words(message):
    trace = 'Traceback (most recent call last):\n  File "a.py", line 3\n{}'
    one = error_template(message, trace.format("ValueError: bad 17"))
    assert one.endswith("ValueError: bad <n>")
    assert one == error_template(message, trace.format("ValueError: bad 18"))
    assert one != error_template(message, trace.format("KeyError: 17"))


def test_a_message_that_says_what_happened_needs_no_exception():
    assert (
        error_template("Tool search_kb failed", "Traceback (most recent call last):\nValueError: x")
        == "Tool search_kb failed"
    )


words = st.lists(
    st.sampled_from("Tool search_kb get_customer failed for customer with timeout in agent while calling".split()),
    min_size=1,
    max_size=8,
)


@given(words, st.integers(0, 10**9), st.integers(0, 10**9), st.uuids(), st.uuids())
def test_numbers_and_ids_make_no_difference(text, one, other, first, second):
    sentence = " ".join(text)
    assert mask(f"{sentence} {one} and {first}") == mask(f"{sentence} {other} and {second}")


@given(st.text(max_size=400))
def test_any_text_has_a_template(text):
    template = error_template(text)
    assert template
    assert len(template) <= LIMIT
    assert "\n" not in template


@given(words)
def test_plain_words_stay(text):
    assert mask(" ".join(text)) == " ".join(text)


@pytest.mark.parametrize(
    "hostile",
    ["'" * 3000, '"\\' * 2000, "a:" * 2000, "[" * 4000, "1-" * 2000, " " * 4000, "=" * 4000, "a=" * 3000, "A" * 4000],
)
def test_hostile_text_is_masked_in_bounded_work(hostile):
    assert len(error_template(hostile)) <= LIMIT
