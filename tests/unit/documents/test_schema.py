"""Schema violations: the quick gate agrees with the library, and every finding says where and what to write."""

from __future__ import annotations

import copy
import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from agentctl.documents import schema
from agentctl.documents.load import load_bytes
from agentctl.model.finding import Finding

FIXTURES = Path(__file__).parents[2] / "fixtures" / "governance"
NAMES = ("agent-config", "prompt", "orchestrator", "config", "otel-collector")
SEEDS = {
    "agent-config": yaml.safe_load((FIXTURES / "guide-long.yaml").read_text()) | {"x-a": 1},
    "prompt": yaml.safe_load((FIXTURES / "guide-prompt.yaml").read_text()),
    "orchestrator": {
        "orchestrator": {
            "agents": ["a", "b"],
            "routes": {"x": "a"},
            "handoffs": {"a": ["b"]},
            "max_agent_hops": 5,
            "fallback_agent": "b",
        }
    },
    "config": {"namespace": ["a"], "since": "1h", "rules": {"severity": {"AG301": "error"}}, "strict": True},
    "otel-collector": yaml.safe_load((FIXTURES / "guide-collector.yaml").read_text()),
}
SEEDS["agent-config"]["agent"]["tools"] = {
    "send_email": {"effects": ["write"], "endpoint": "https://x/y", "health": "/ok", "actions": ["a"]},
    "b": None,
}
JUNK = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 5), st.sampled_from([1.5, 3.0, float("nan"), float("inf"), 1e12, "", "x", "review", "/x"]),
    st.just([]), st.just({}), st.just(["x"]), st.just([1]), st.just({"x": 1}), st.just({True: 1}), st.just(datetime.date(2026, 1, 1)),
)  # fmt: skip
KEYS = st.sampled_from(["x", "name", "x-free", "max_a_per_hour", "default", 1, True, None, "agent", "tools", "effects"])


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    pairs = (
        list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else []
    )
    return [path, *(p for key, child in pairs for p in places(child, (*path, key)))]


def mutated(data: Any, draw: Any) -> Any:
    data = copy.deepcopy(data)
    for _ in range(draw(st.integers(0, 3))):
        path = draw(st.sampled_from(places(data)))
        if not path:
            continue
        parent = data
        for part in path[:-1]:
            parent = parent[part]
        action = draw(st.sampled_from(["set", "drop", "add"]))
        if action == "set":
            parent[path[-1]] = copy.deepcopy(draw(JUNK))
        elif action == "drop":
            del parent[path[-1]]
        elif isinstance(parent, dict):
            parent[draw(KEYS)] = copy.deepcopy(draw(JUNK))
    return data


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
@settings(max_examples=300, deadline=None)
def test_the_gate_agrees_with_the_library(name: str, data: st.DataObject) -> None:
    value = mutated(SEEDS[name], data.draw)
    assert schema._gate(name)(value) == schema._validator(name).is_valid(value)


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_schema_is_a_schema_and_its_gate_is_built(name: str) -> None:
    Draft202012Validator.check_schema(schema.schema(name))
    assert schema._gate(name)(SEEDS[name])
    assert not schema._gate(name)([1])


@given(data=st.data())
@settings(max_examples=200, deadline=None)
def test_whatever_is_wrong_is_said_at_a_place_in_the_file(data: st.DataObject) -> None:
    value = mutated(SEEDS["agent-config"], data.draw)
    if not isinstance(value, dict) or "agent" not in value:
        return
    text = yaml.safe_dump(value)
    loaded = load_bytes(text.encode(), "f.yaml", "governance")
    for document in loaded.documents:
        found = schema.violations(document)
        assert bool(found) != schema._gate("agent-config")(document.data)
        for finding in found:
            assert finding.location is not None
            assert 1 <= finding.location.line <= text.count("\n") + 1


def violations(text: str, kind: str = "") -> list[Finding]:
    loaded = load_bytes(text.encode(), "f", kind)
    return [f for d in loaded.documents for f in schema.violations(d)]


def test_a_key_at_the_top_that_lends_its_anchor_is_no_stray() -> None:
    base = "base: &b\n  max_retries: 3\nagent:\n  name: x\n"
    assert not violations(base + "  <<: *b\n")
    assert not violations("tools: &t [search_kb]\nagent: {name: x, allowed_tools: *t}\n")
    assert [f.code for f in violations(base)] == ["AG002"]
    assert [f.code for f in violations(base + "  model: a*b\n")] == ["AG002"]


def only(text: str, kind: str = "") -> tuple[int, int, str]:
    """Line, column and message of the only violation."""
    found = violations(text, kind)
    assert [f.code for f in found] == ["AG002"], [f.message for f in found]
    assert found[0].location is not None
    return found[0].location.line, found[0].location.column, found[0].message


A = "agent:\n  name: x\n"


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        (A + "  max_retrys: 3\n", 3, 3, ["`max_retrys`", "did you mean `max_retries`?"]),
        ("agent:\n  model: m\n", 1, 1, ["lacks the key `name`"]),
        ("agent:\n  nam: m\n", 2, 3, ["did you mean `name`?"]),
        (A + "  max_retries: three\n", 3, 16, ["a whole number", "the text `three`"]),
        (A + "  max_retries: 0o17\n", 3, 16, ["write 15"]),
        (A + "  cost_controls: {max_daily_spend_usd: $50}\n", 3, 40, ["write 50"]),
        (A + "  cost_controls: {alert_on_threshold: 80%}\n", 3, 39, ["write 0.8"]),
        (A + "  cost_controls: {max_daily_spend_usd: -5}\n", 3, 40, ["less than 0"]),
        (A + "  cost_controls: {max_daily_spend_usd: .inf}\n", 3, 40, ["more than"]),
        ("agent:\n  name: no\n", 2, 9, ["`no` as false", "quotes"]),
        ("agent:\n  name: 2026-01-31\n", 2, 9, ["date", "quotes"]),
        ("agent:\n  name: 123\n", 2, 9, ["number 123", "quotes"]),
        (A + "  on: 1\n", 3, 3, ["`on`", "quote it"]),
        (A + "  allowed_tools: a\n", 3, 18, ["a list"]),
        (A + "  allowed_tools:\n", 3, 17, ["empty"]),
        (A + "  allowed_tools:\n    - a\n    - yes\n", 5, 7, ["item 2", "`yes` as true"]),
        (A + "  allowed_tools:\n    - ''\n", 4, 7, ["empty"]),
        (A + "  rate_limits: {emails_per_hour: 3}\n", 3, 17, ["did you mean `max_emails_per_hour`?"]),
        (A + "  rate_limits: {max_emails_per_week: 3}\n", 3, 17, ["max_<noun>_per_"]),
        (A + "  data_access: {allow_pii: 'no'}\n", 3, 28, ["write false"]),
        (A + "  decision_authority: {default: reveiw}\n", 3, 33, ["did you mean `review`?"]),
        (A + "  tools: {t: {effects: [raw_query]}}\n", 3, 25, ["did you mean `raw-query`?"]),
        (A + "  tools: {t: {endpoint: kb-service}}\n", 3, 25, ["URL"]),
        (A + "toplevel: 1\n", 3, 1, ["at the top"]),
        ("agent: [a]\n", 1, 8, ["a mapping"]),
        ("agent:\n", 1, 7, ["empty"]),
        ("orchestrator: {max_agent_hops: 0}\n", 1, 32, ["less than 1"]),
        ("prompt: {name: p, temperature: hot}\n", 1, 32, ["a number"]),
    ],
)  # fmt: skip
def test_a_violation_has_its_place_and_says_what_to_write(text: str, line: int, column: int, words: list[str]) -> None:
    found = only(text)
    assert found[:2] == (line, column), found
    for word in words:
        assert word in found[2]


def test_the_guides_forms_are_valid() -> None:
    for name in ("guide-long", "guide-short", "guide-prompt", "guide-collector"):
        assert not violations((FIXTURES / f"{name}.yaml").read_text())


@pytest.mark.parametrize(
    "text",
    [
        A + "  rate_limits: {max_a_per_hour: 0}\n  max_concurrent_runs: -1\n",
        A + "  cost_controls: {alert_on_threshold: 80}\n",
        A + "  allowed_tools: ['*']\n",
        A + "  rate_limits: {max_a_per_hour: .inf}\n",
    ],
)
def test_what_a_rule_judges_is_not_preempted_by_the_schema(text: str) -> None:
    assert not violations(text)


def test_a_config_may_spell_its_keys_with_either_sign() -> None:
    assert not violations("prometheus_url: https://p\nfail-on: warning\n")
    assert only("prometheus_ulr: https://p\nnamespace: a\n", "config")[:2] == (1, 1)


def test_a_secret_in_the_wrong_place_is_not_shown() -> None:
    secret = "sk-" + "ant-" + "x" * 40
    assert secret not in only(A + f"  max_retries: {secret}\n")[2]


def test_the_list_of_violations_is_bounded() -> None:
    text = A + "".join(f"  unknown{i}: 1\n" for i in range(5000))
    assert len(violations(text)) == schema.MOST
