"""What a model's name says; the price list stays behind a short list of our own."""

from __future__ import annotations

import subprocess
import sys

import pytest
from genai_prices.data import providers

from agentctl.governance.rules.models import PRICED, floats, has_price


@pytest.mark.parametrize("model", PRICED)
def test_every_family_that_we_take_as_priced_is_in_the_price_list(model):
    found = [provider.find_model(model) for provider in providers]
    assert any(one is not None and one.prices for one in found)


@pytest.mark.parametrize(
    ("model", "moves"),
    [
        ("claude-sonnet-4-20260514", False),
        ("claude-sonnet-4-6", False),
        ("claude-3-5-sonnet-20241022", False),
        ("claude-3-5-sonnet-latest", True),
        ("claude-sonnet-4", True),
        ("claude-sonnet-4-5", True),
        ("anthropic/claude-3-7-sonnet", True),
        ("gpt-4o", True),
        ("openai/gpt-4o", True),
        ("gpt-4o-2024-11-20", False),
        ("gpt-4-0613", False),
        ("gemini-1.5-pro", True),
        ("gemini-1.5-pro-002", False),
        ("gemini-2.5-pro", False),
        ("mistral-large-latest", True),
        ("mistral-large-2411", False),
        ("llama3:latest", True),
        ("our-own-model", False),
    ],
)
def test_floating_names(model, moves):
    assert floats(model) is moves


@pytest.mark.parametrize(
    ("model", "priced"),
    [
        ("claude-sonnet-4-20260514", True),
        ("us.anthropic.claude-3-5-sonnet-20241022-v2:0", True),
        ("llama-3.3-70b-versatile", True),
        ("gpt-99", False),
        ("our-own-model", False),
        ("claude-poem-4-20260514", False),
        ("", False),
    ],
)
def test_prices(model, priced):
    assert has_price(model) is priced


def test_a_well_known_model_does_not_load_the_price_list():
    code = (
        "import sys; from agentctl.governance.rules.models import has_price;"
        "assert has_price('claude-sonnet-4-20260514'); assert 'genai_prices' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
