"""The exported Rego against the real engine: it answers as `decide()` does, on generated documents and questions."""

from __future__ import annotations

import itertools
import json
import subprocess
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from testbed import binaries

from agentctl.governance.decide import decide
from agentctl.governance.policy import Context
from agentctl.governance.read import policy_of
from agentctl.governance.rego import package, to_rego
from tests.unit.governance.test_diff import NAMES, documents

CONTEXTS: list[dict[str, Any]] = [
    {},
    *({"calls": {name: n}} for name in ("max_tickets_per_hour", "max_emails_per_day", "other") for n in (0, 1, 5, 10)),
    *({"daily_spend_usd": n} for n in (0, 1, 4.99, 5, 10)),
    *({"run_cost_usd": n} for n in (0, 1, 10)),
    *({"records": n} for n in (1, 2, 11)),
]
QUESTIONS = [
    {"tool": tool, "action": action, "context": context}
    for tool, action, context in itertools.product([*NAMES, "unheard_of"], [None, *NAMES, "unheard_of"], CONTEXTS)
]


@pytest.fixture(scope="module")
def opa() -> Path:
    try:
        return binaries.find("opa")
    except binaries.Missing as missing:
        pytest.skip(str(missing))


def expected(data: dict[str, Any], question: dict[str, Any]) -> str:
    asked = question["context"]
    money = {name: Decimal(str(asked[name])) for name in ("daily_spend_usd", "run_cost_usd") if name in asked}
    context = Context(calls=asked.get("calls", {}), records=asked.get("records"), **money)
    return decide(policy_of(data), question["tool"], question["action"], context).outcome


def answers(opa: Path, data: dict[str, Any]) -> list[str]:
    policy = policy_of(data)
    name = package(policy)
    ask = f"package ask\n\nanswers := [a | some q in data.questions; a := data.{name}.decision with input as q]\n"
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "policy.rego").write_text(to_rego(policy))
        Path(folder, "ask.rego").write_text(ask)
        Path(folder, "questions.json").write_text(json.dumps({"questions": QUESTIONS}))
        done = subprocess.run(
            [opa, "eval", "--data", folder, "--format", "raw", "data.ask.answers"],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    got: list[str] = json.loads(done.stdout)
    return got


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=documents)
def test_opa_answers_as_decide_does(opa: Path, data: dict[str, Any]) -> None:
    assert answers(opa, data) == [expected(data, question) for question in QUESTIONS]
