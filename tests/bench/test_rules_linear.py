"""The rules stay linear in the length of a document's lists: four times the names, about four times the work."""

from __future__ import annotations

from collections.abc import Callable
from time import process_time
from typing import Any

import pytest
import yaml

from agentctl.documents.load import load_bytes
from agentctl.governance.rules import RULES
from agentctl.governance.rules.base import Corpus

SIZE = 400


def governance(n: int) -> list[Any]:
    authority = {
        "autonomous": [f"read_sensors_of_{i}" for i in range(n)],
        "requires_human_review": [f"write_thing_{i}_over_500" for i in range(n)],
        "forbidden": [f"delete_thing_{i}" for i in range(n)],
    }
    limits = {f"max_thing{i}s_per_hour": 5 for i in range(n)}
    tools = {f"query_{i}": {"effects": ["raw-query"], "limited_by": f"max_q{i}_per_day"} for i in range(n)}
    allowed = [*(f"read_sensor_{i}" for i in range(n)), *tools]
    agent = {
        "name": "a",
        "allowed_tools": allowed,
        "tools": tools,
        "decision_authority": authority,
        "rate_limits": limits,
    }
    return [{"agent": {**agent, "data_access": {"allow_pii": False}}}]


def prompt(n: int) -> list[Any]:
    text = "\n".join(f"Call make_thing_{i}(x). Delete thing {i}. {{{{ user_{i} }}}}" for i in range(n))
    authority = {"forbidden": [f"delete_thing_{i}" for i in range(n)]}
    agent = {"name": "p", "allowed_tools": ["a_b"], "decision_authority": authority}
    return [{"agent": agent}, {"prompt": {"name": "p", "system_prompt": text}}]


def orchestrator(n: int) -> list[Any]:
    names = [f"agent_{i}" for i in range(n)]
    handoffs = {name: [names[(i + 1) % n], names[i * 7 % n]] for i, name in enumerate(names)}
    return [
        {"orchestrator": {"agents": names, "routes": {f"r{i}": f"agents_{i}" for i in range(n)}, "handoffs": handoffs}}
    ]


def seconds(made: list[Any]) -> float:
    loaded = load_bytes(yaml.safe_dump_all(made).encode(), "x.yaml")
    assert not loaded.findings
    corpus = Corpus(loaded.documents)
    start = process_time()
    found = sum(1 for rule in RULES for _ in rule.check(corpus))
    assert found
    return process_time() - start


@pytest.mark.parametrize("make", [governance, prompt, orchestrator])
def test_four_times_the_names_take_about_four_times_as_long(make: Callable[[int], list[Any]]):
    seconds(make(20))
    small = min(seconds(make(SIZE)) for _ in range(2))
    assert seconds(make(SIZE * 4)) < 9 * small
