"""Whose fault an error text speaks of, in the words that SDKs, HTTP clients and agents print."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentctl.analysis.symptoms import provider_of_model, read_symptom

TOOLS = frozenset({"search_kb", "create_ticket"})
CASES = [
    ("Rate limit exceeded: 5 tickets in last hour", "own-limit", "", ""),
    ("Budget exceeded: $50.01 spent today, limit $50", "own-limit", "", ""),
    (
        "Error code: 429 - {'type': 'error', 'error': {'type': 'rate_limit_error', 'message': 'too fast'}}",
        "rate-limit",
        "anthropic",
        "",
    ),
    (
        "Rate limit reached for gpt-4o in organization org-1 on tokens per min (TPM): Limit 30000",
        "rate-limit",
        "openai",
        "",
    ),
    (
        "429 RESOURCE_EXHAUSTED. Quota exceeded for metric: generativelanguage.googleapis.com/generate_requests_per_minute",
        "rate-limit",
        "google",
        "",
    ),
    (
        "An error occurred (ThrottlingException) when calling the InvokeModel operation: slow down",
        "rate-limit",
        "bedrock",
        "",
    ),
    (
        "Error code: 401 - {'type': 'error', 'error': {'type': 'authentication_error', 'message': 'invalid x-api-key'}}",
        "credential",
        "anthropic",
        "",
    ),
    (
        "Incorrect API key provided: sk-***. You can find your API key at https://platform.openai.com/account/api-keys.",
        "credential",
        "openai",
        "",
    ),
    ("Your credit balance is too low to access the Anthropic API.", "quota", "anthropic", ""),
    (
        "You exceeded your current quota, please check your plan and billing details. insufficient_quota",
        "quota",
        "openai",
        "",
    ),
    (
        "Error code: 529 - {'type': 'error', 'error': {'type': 'overloaded_error', 'message': 'Overloaded'}}",
        "overload",
        "anthropic",
        "",
    ),
    ("search_kb: connection refused", "connection", "", "search_kb"),
    ("tool 'crm_lookup' returned 503", "server-error", "", "crm_lookup"),
    ("ReadTimeout: tool=search_kb after 30.0s", "timeout", "", "search_kb"),
    ("", "timeout", "", ""),
    ("tool arguments failed validation: 'priority' is not one of [1, 2]", "other", "", ""),
    ("KeyError: 'choices'", "code", "", ""),
    ("run queued: 10/10 runs active, 3 waiting", "concurrency", "", ""),
]


@pytest.mark.parametrize(("text", "kind", "provider", "tool"), CASES)
def test_a_text_names_its_kind_and_its_target(text: str, kind: str, provider: str, tool: str) -> None:
    found = read_symptom(text, TOOLS)
    assert (found.kind, found.provider, found.tool) == (kind, provider, tool)


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("HTTPConnectionPool(host='kb-service', port=8000): Max retries exceeded", "kb-service"),
        ("503 Server Error: Service Unavailable for url: http://crm.internal:8080/x", "crm.internal"),
        ("Cannot connect to host kb-service:8000 ssl:default", "kb-service"),
        ("Timeout reading from redis-memory:6379", "redis-memory"),
    ],
)
def test_a_text_names_its_host(text: str, host: str) -> None:
    assert read_symptom(text).host == host


def test_a_provider_named_in_a_tools_query_is_not_to_blame() -> None:
    found = read_symptom("503 for url http://kb-service:8000/search?q=anthropic", TOOLS)
    assert (found.provider, found.host) == ("", "kb-service")


@pytest.mark.parametrize(
    ("model", "provider"),
    [
        ("claude-sonnet-4-20260514", "anthropic"),
        ("gpt-4o", "openai"),
        ("gemini-2.5-pro", "google"),
        ("bedrock/anthropic.claude-v2", "bedrock"),
        ("house-model", ""),
    ],
)
def test_a_model_belongs_to_its_provider(model: str, provider: str) -> None:
    assert provider_of_model(model) == provider


@given(st.text(max_size=300))
def test_any_text_has_a_kind(text: str) -> None:
    assert read_symptom(text, TOOLS).kind
