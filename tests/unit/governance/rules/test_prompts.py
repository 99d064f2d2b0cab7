"""Prompts: whose they are, and what their sentences ask for."""

from __future__ import annotations

import pytest

from agentctl.documents.load import load_bytes
from agentctl.governance.names import words
from agentctl.governance.rules.base import Corpus
from agentctl.governance.rules.prompts import agent_of, asks_consent, forbids, instructions, prompts, spoken


def bound(prompt: str, *agents: str) -> str | None:
    text = "\n---\n".join([*(f"agent: {{name: {name}}}" for name in agents), f"prompt: {prompt}"])
    corpus = Corpus(load_bytes(text.encode(), "x.yaml").documents)
    (one,) = prompts(corpus)
    agent = agent_of(corpus, one)
    return agent.policy.name if agent else None


@pytest.mark.parametrize(
    ("prompt", "agents", "agent"),
    [
        ("{name: triage_agent_v2}", ["triage-agent"], "triage-agent"),
        ("{name: triage-agent}", ["triage_agent"], "triage_agent"),
        ("{name: customer_support}", ["customer-support-v2"], "customer-support-v2"),
        ("{name: support_v2}", ["support-v1", "support-v2"], "support-v2"),
        ("{name: anything, agent: triage}", ["triage", "anything"], "triage"),
        ("{name: triage, agent: nobody}", ["triage"], None),
        ("{name: triage_v2b}", ["triage"], None),
        ("{name: triage}", ["triage-team"], None),
        ("{}", ["triage"], None),
    ],
)
def test_whose_a_prompt_is(prompt, agents, agent):
    assert bound(prompt, *agents) == agent


def test_the_nearest_file_describes_the_agent():
    documents = [
        *load_bytes(b"agent: {name: a, model: prod}", "prod/agent.yaml").documents,
        *load_bytes(b"agent: {name: a, model: dev}", "dev/agent.yaml").documents,
        *load_bytes(b"prompt: {name: a}", "dev/prompts/a.yaml").documents,
    ]
    corpus = Corpus(documents)
    (prompt,) = prompts(corpus)
    agent = agent_of(corpus, prompt)
    assert agent
    assert agent.policy.model == "dev"


def told(text: str) -> list[tuple[str, int]]:
    return [(one.text.strip(), one.line) for one in instructions(text)]


def test_sentences_and_their_lines():
    text = "First. Second one\ngoes on.\n\n- an item\n- another; with two parts\n"
    assert told(text) == [("First.", 0), ("Second one\ngoes on.", 0), ("an item", 3), ("another; with two parts", 4)]


@pytest.mark.parametrize(
    "text",
    [
        "Do not use send_email.",
        "You must never do this:\n- send_email\n- delete customer data. At no time, never.\n",
        "Forbidden tools:\n\n1. send_email\n2) bash\n",
        "Never: call send_email; call bash",
    ],
)
def test_what_is_forbidden_is_no_instruction(text):
    assert told(text) == []


def test_a_list_after_another_announcement_counts_again():
    text = "Never do this:\n- call bash. Ever so slightly.\nDo this:\n- call search_kb\n\nNo items here, not one.\nThen call it.\n"
    assert ("call search_kb", 3) in told(text)
    assert not any("bash" in sentence for sentence, _ in told(text))


@pytest.mark.parametrize(
    ("sentence", "name", "said"),
    [
        ("Delete the customer data.", "delete_customer_data", "Delete the customer data"),
        ("then delete all of the customer's data now", "delete_customer_data", "delete all of the customer's data"),
        ("approve refunds over $500", "approve_refund_over_500", "approve refunds over $500"),
        ("call delete_customer_data", "delete_customer_data", "delete_customer_data"),
        ("delete, then read customer data", "delete_customer_data", None),
        ("Delete. Customer data stays", "delete_customer_data", None),
        ("customer data", "delete_customer_data", None),
        ("delete", "delete", None),
        ("send emails", "send_email", "send emails"),
    ],
)
def test_how_prose_says_a_name(sentence, name, said):
    place = spoken(sentence, words(name))
    assert (sentence[place[0] : place[1]] if place else None) == said


def test_what_turns_an_instruction_round():
    assert forbids("Do NOT send an email")
    assert forbids("Avoid send_email")
    assert not forbids("Send an email")
    assert asks_consent("Send an email once a person has approved it")
    assert not asks_consent("Send an email at once")
