"""Secrets are built here at run time, so that no scanner takes this file for a leak."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentctl.model import redaction
from agentctl.model.redaction import MASK, find_secrets, redact

LONG = "Ab3" * 12
KEYS = {
    "anthropic": "sk-" + "ant-api03-" + LONG,
    "openai": "sk-" + "proj-" + LONG,
    "github": "ghp" + "_" + LONG,
    "aws": "AKIA" + "ABCDEFGH12345678",
    "google": "AIza" + LONG,
    "slack": "xox" + "b-" + "1234567890-" + LONG,
    "huggingface": "hf" + "_" + LONG,
    "jwt": "eyJ" + LONG + "." + LONG + "." + LONG,
}


@pytest.mark.parametrize("name", KEYS)
def test_the_key_formats_of_well_known_providers_are_masked(name: str) -> None:
    text = redact(f"calling with {KEYS[name]} now")
    assert KEYS[name] not in text
    assert text == f"calling with {MASK} now"


@pytest.mark.parametrize(
    ("template", "kept"),
    [
        ("Authorization: Bearer {}", "Authorization: Bearer "),
        ("curl -H 'Authorization: Basic {}'", "curl -H"),
        ("ANTHROPIC_API_KEY={}", "ANTHROPIC_API_KEY="),
        ("MY_SERVICE_API_KEY: {}", "MY_SERVICE_API_KEY: "),
        ('{{"api_key": "{}"}}', '"api_key": "'),
        ("password='{}'", "password="),
        ("postgres://agent:{}@db:5432/x", "postgres://agent:"),
        ("x-api-key: {}", "x-api-key: "),
    ],
)
def test_what_is_assigned_to_a_secret_name_is_masked(template: str, kept: str) -> None:
    secret = "correct-horse-battery"
    text = redact(template.format(secret))
    assert secret not in text
    assert kept in text


def test_ordinary_text_stays_as_it_is() -> None:
    lines = [
        "LLM_CALL model=claude-sonnet-4-20260514 input_tokens=1200 output_tokens=300 cost=$0.008100",
        "TOOL_CALL: search_kb query=how do I reset my password",
        "GET https://kb-service:8000/health 200",
        "max_tokens=512 tokens: 17",
        "the secretary of the keyboard society",
    ]
    assert [redact(line) for line in lines] == lines


@given(st.text(), st.sampled_from(sorted(KEYS)), st.text())
def test_masking_twice_changes_nothing_more(before: str, name: str, after: str) -> None:
    once = redact(f"{before} {KEYS[name]} {after}")
    assert KEYS[name] not in once
    assert redact(once) == once


def test_the_place_of_a_secret_is_its_value_alone() -> None:
    text = f"key={KEYS['anthropic']}"
    [(name, start, end)] = find_secrets(text)[:1]
    assert name == "anthropic"
    assert text[start:end] == KEYS["anthropic"]


def test_the_quick_look_misses_no_word_that_a_pattern_needs() -> None:
    for words in redaction._WORDS.values():
        assert all(redaction.suspicious(f"a {word} b") for word in words)
