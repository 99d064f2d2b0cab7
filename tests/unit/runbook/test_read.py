"""Reading runbooks: every fault at its place, and nothing but data in a message."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentctl.documents.load import load_bytes
from agentctl.model.errors import InputError
from agentctl.runbook.parameters import fill, values
from agentctl.runbook.read import examine, read_runbook
from agentctl.runbook.shipped import SHIPPED, shipped_runbook
from agentctl.runbook.spec import Parameter, Runbook

GOOD = """apiVersion: agentctl/v1
kind: Runbook
metadata: {name: mine, title: Mine}
spec:
  parameters: {since: {type: duration, default: 60m}}
  steps:
    - id: recent
      title: Recent
      use: logs
      timeout: 20s
      judge:
        - {when: "errors.total == 0", status: pass, message: "no errors in ${since}"}
        - {else: warn, message: "${errors.total} errors"}
"""


def faults(text: str) -> list[tuple[int, str]]:
    document = load_bytes(text.encode(), "mine.yaml", "runbook").documents[0]
    _, problems = examine(document)
    return [(p.location.line, p.message) for p in problems if p.location]


def test_a_good_runbook_has_no_faults_and_reads_as_written() -> None:
    runbook = read_runbook(load_bytes(GOOD.encode(), "mine.yaml").documents[0])
    assert (runbook.name, runbook.steps[0].timeout, runbook.parameters["since"].default) == ("mine", 20.0, "1h")
    assert [b.status for b in runbook.steps[0].judge] == ["pass", "warn"]


@pytest.mark.parametrize(
    ("old", "new", "line", "word"),
    [
        ("use: logs", "use: logz", 9, "did you mean 'logs'"),
        ("errors.total == 0", "errors.total ==", 12, "no CEL"),
        ("else: warn", 'when: "true", status: warn', 13, "must be an else"),
        ("status: pass", "status: passed", 12, "one of: pass"),
        ("timeout: 20s", "timeout: 20 parsecs", 10, "no duration"),
        ("${since}", "${sinze}", 12, "did you mean 'since'"),
        ("title: Recent", "titel: Recent", 8, "did you mean 'title'"),
        ("default: 60m", "default: soon", 5, "no duration"),
        ("apiVersion: agentctl/v1", "apiVersion: agentctl/v9", 1, "agentctl/v1"),
        ("      use: logs", "      use: logs\n      with: {level: loud}", 10, "one of: error, warning"),
    ],
)
def test_each_fault_is_told_at_its_line(old: str, new: str, line: int, word: str) -> None:
    found = faults(GOOD.replace(old, new))
    assert [(n, True) for n, _ in found if n == line][:1] == [(line, True)], found
    assert any(word in message for n, message in found if n == line), found


def test_two_steps_of_one_id_are_a_fault() -> None:
    step = GOOD[GOOD.index("    - id: recent") :]
    assert any("two steps" in message for _, message in faults(GOOD + step))


def test_an_invalid_runbook_is_an_input_error_that_names_file_line_and_column() -> None:
    with pytest.raises(InputError) as caught:
        read_runbook(load_bytes(GOOD.replace("use: logs", "use: logz").encode(), "mine.yaml").documents[0])
    assert caught.value.message.startswith("mine.yaml:9:")


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_runbook_is_valid(name: str) -> None:
    assert shipped_runbook(name).name == name


def test_parameters_are_checked_by_name_and_type() -> None:
    runbook = Runbook("r", "r", (), {"n": Parameter("n", "integer", 3), "must": Parameter("must", "string")})
    assert values(runbook, {"must": "x", "n": "5"}) == {"n": 5, "must": "x"}
    for given_values in ({"must": "x", "m": "1"}, {"must": "x", "n": "five"}, {}):
        with pytest.raises(InputError):
            values(runbook, given_values)


@given(st.text())
def test_what_is_filled_in_is_never_read_again(text: str) -> None:
    shown = fill("<${a}>", {"a": "${b}" + text, "b": "secret"})
    assert shown.startswith("<${b}")
    assert "secret" not in shown or "secret" in text


def test_control_characters_of_a_fact_are_shown_not_sent() -> None:
    assert "\x1b" not in fill("${a}", {"a": "\x1b[31mred"})


def test_what_nobody_knows_is_a_question_mark() -> None:
    assert fill("${a.b} of ${c}", {"a": {}}, {"c": 3}) == "? of 3"


@pytest.mark.parametrize(
    ("value", "shown"),
    [(107.0, "$107.00"), (45.4, "$45.40"), (0.000123, "$0.000123"), (12345.6, "$12345.60"), (None, "?"), ("x", "$x")],
)
def test_a_number_after_a_dollar_is_money(value: object, shown: str) -> None:
    assert fill("$${total}", {"total": value}) == shown
    assert fill("${total}", {"total": 107.0}) == "107"
