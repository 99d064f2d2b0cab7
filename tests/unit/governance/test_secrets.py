"""Secrets in documents: what is one, and what only looks like one. All secrets here are put together at run time."""

from __future__ import annotations

import random
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentctl.governance.secrets import blanked, masked, secrets_in


def random_text(length: int, seed: int = 1, alphabet: str = string.ascii_letters + string.digits) -> str:
    return "".join(random.Random(seed).choices(alphabet, k=length))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("sk-" + "ant-" + "x" * 40, "anthropic"),
        ("key: " + "sk-" + "proj-" + random_text(40), "openai"),
        ("gh" + "p_" + random_text(36), "github"),
        ("AK" + "IA" + "Z7QW3ERT5YUI9OPA", "aws"),
        ("Authorization: Bearer " + random_text(30), "authorization"),
        ("redis://:" + "p9" + "Ks2vQx" + "@redis:6379/0", "url-password"),
        ("DB_PASSWORD=" + "p9" + "Ks2vQx", "assignment"),
        ("-----BEGIN " + "PRIVATE KEY-----\n" + random_text(64) + "\n-----END PRIVATE KEY-----", "private-key"),
        ("cursor " + random_text(40), "high-entropy"),
        ("cursor " + random_text(40, alphabet=string.ascii_lowercase + string.digits), "high-entropy"),
        ("cursor " + random_text(48, alphabet=string.ascii_letters + string.digits + "-_"), "high-entropy"),
    ],
)
def test_secrets_are_found(text, name):
    assert [secret.format for secret in secrets_in(text)] == [name]
    (secret,) = secrets_in(text)
    assert text[secret.start : secret.end] not in masked(text)


@pytest.mark.parametrize("key", ["api_key", "SLACK_TOKEN", "client-secret", "db.password"])
def test_a_setting_with_a_secret_name(key):
    assert secrets_in("p9" + "Ks2vQx", key)
    for harmless in (
        "${API_KEY}",
        "secretName",
        "from-environment",
        "change-me-1",
        "vault:prod/agent-key-2",
        "true",
        "****",
    ):
        assert not secrets_in(harmless, key)


@pytest.mark.parametrize(
    "text",
    [
        "sha256:" + "9f86d081884c7d659a2feaa0c55ad015" * 2,
        "3f2504e0-4f89-11d3-9a0c-0305e82c3301",
        "https://kb.example.internal/v1/projects/Team-Support-2026/collections/Articles_EN_2/search",
        "a_very_long_tool_name_with_many_words_and_2_numbers_3_in_it_4_and_5",
        "Bearer authentication is required",
        "password: required",
        "api_key=<your-api-key>",
        "sk-ant-your-key-here",
        "sk-ant-...",
        "AK" + "IAIOSFODNN7EXAMPLE",
        "postgres://user:${PASSWORD}@db/agents",
        "claude-sonnet-4-20260514",
        "x" * 200,
        "Projects/2026/InternationalizationSettings/V2/README_of_2024",
        "agent-support-7d9f8b6c5d-x2x9k-canary-eu-west-1b-2026-03-03",
        "sha512-" + "q7VbX2mK9dLw4TzR8nYc5HpG3sJf6QeA1uZo" * 2,
        "CustomerSupportAgentV2WithRetrievalAndEscalationPolicy2026",
        "arn:aws:iam::123456789012:role/AgentSupportServiceRoleForProduction",
    ],
)
def test_what_only_looks_like_one(text):
    assert secrets_in(text) == []


def test_a_certificate_is_public():
    assert not secrets_in(random_text(64), "caBundle")
    assert secrets_in(random_text(64), "notes")


@given(st.text(max_size=200), st.text(max_size=20))
def test_any_text(text, key):
    for secret in secrets_in(text, key):
        assert 0 <= secret.start < secret.end <= len(text)


@given(st.text(alphabet=string.printable, max_size=60), st.text(alphabet=string.printable, max_size=60))
def test_what_stands_around_a_key_does_not_hide_it(before, after):
    key = "sk-" + "ant-" + "q7Vb" * 8
    assert key not in masked(f"{before} {key} {after}")


@pytest.mark.parametrize(
    "line",
    [
        "description: uses @ today",
        "  api_key: @",
        'endpoint: "https://x/?token=@&y=1"',
        "- {name: API_KEY, value: @}",
        'autonomous: [@, "@"]  # @',
    ],
)
def test_a_line_is_blanked_without_moving_a_column(line):
    secret = random_text(40)
    shown = blanked(line.replace("@", secret))
    assert shown == line.replace("@", "*" * 40)


def test_a_short_password_is_blanked_by_its_setting():
    secret = "p9" + "Ks2vQx" + "7w"
    assert (
        blanked(f"- {{name: DB_PASSWORD, value: {secret}}}")
        == "- {name: DB_PASSWORD, value: " + "*" * len(secret) + "}"
    )
    assert blanked(f"db_password: {secret} # x") == "db_password: " + "*" * len(secret) + " # x"


@given(st.text(max_size=120))
def test_blanking_keeps_the_length(line):
    assert len(blanked(line)) == len(line)
