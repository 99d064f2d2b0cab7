"""Conditions: what holds, what is missing, what is no expression."""

from __future__ import annotations

import subprocess
import sys

import pytest

from agentctl.runbook.conditions import ConditionError, MissingFact, compile_condition


@pytest.mark.parametrize(
    ("source", "facts", "expected"),
    [
        ("errors.total == 0", {"errors": {"total": 0}}, True),
        ("errors.ratio >= 0.2", {"errors": {"ratio": 0.1}}, False),
        ("errors.ratio < 1", {"errors": {"ratio": 0.5}}, True),
        ("size(spent) > 0", {"spent": ["a"]}, True),
        ("calls.exists(c, c.kind == 'tool' && c.errors > 2)", {"calls": [{"kind": "tool", "errors": 3}]}, True),
    ],
)
def test_a_condition_is_judged_by_the_facts(source: str, facts: dict[str, object], expected: bool) -> None:
    assert compile_condition(source).holds(facts) is expected


@pytest.mark.parametrize("facts", [{}, {"errors": {}}, {"errors": {"ratio": None}}])
def test_a_missing_fact_is_neither_true_nor_false(facts: dict[str, object]) -> None:
    with pytest.raises(MissingFact):
        compile_condition("errors.ratio > 0.1").holds(facts)


def test_what_is_no_yes_or_no_is_no_answer() -> None:
    with pytest.raises(MissingFact):
        compile_condition("errors + 1").holds({"errors": 1})


@pytest.mark.parametrize("source", ["errors.total ==", "a b", "open('/etc/passwd')", "(("])
def test_a_fault_is_told_in_one_line(source: str) -> None:
    with pytest.raises(ConditionError) as caught:
        compile_condition(source)
    assert "\n" not in str(caught.value)


def test_the_language_is_loaded_without_its_own_command_line() -> None:
    code = "import sys; from agentctl.runbook.conditions import compile_condition; compile_condition('a > 1'); print('cel.cli' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"
