"""Text from outside is data in every format."""

import csv
import io
import json
import math
from decimal import Decimal
from pathlib import Path

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from agentctl.model.finding import Finding, Location, Remediation, Severity
from agentctl.model.report import Report, Target, verdict
from agentctl.render.blocks import Block, Cell, Column, Command, Heading, Source, Table, Text
from agentctl.render.formats import UNLIMITED, Page, render

SCHEMA = json.loads((Path(__file__).parents[3] / "schemas" / "report.schema.json").read_text())
PIPE = Page(UNLIMITED, color=False, utf8=True)
NASTY = "[bold red]x[/] \x1b[31m \x07 | `code` <b> {}"


def report(message: str = "wrong", **data: object) -> Report:
    place = Location("agent.yaml", 3, 5, "/agent/name", 3, 9)
    found = Finding("AG101", Severity.WARNING, "agent/x", message, ("line 3",), Remediation("write x"), place)
    return Report("validate", Target("files", "agent.yaml"), findings=(found,), data=data)


def blocks(_report: Report, _wide: bool) -> list[Block]:
    rows = [[Cell(NASTY), Cell("$1.00", "bad")], [Cell("y" * 300), Cell("?")]]
    return [
        Heading(NASTY),
        Text(NASTY, indent=2),
        Table([Column("agent"), Column("usd", right=True)], rows, [Cell("sum"), Cell("≥ $1.00")]),
        Source(3, "  name: " + NASTY, 9, 12),
        Command("agentctl explain AG101"),
    ]


def show(name: str, page: Page = PIPE) -> str:
    return render(report(), verdict(report()), name, blocks, page)


@pytest.mark.parametrize("name", ["table", "wide", "csv", "markdown"])
def test_no_escape_sequence_from_outside_gets_through(name: str) -> None:
    text = show(name)
    assert "\x1b" not in text
    assert "\x07" not in text
    assert "\\x1b[31m" in text.replace("\\\\", "\\").replace("\\[", "[")


def test_markup_is_shown_not_interpreted() -> None:
    assert "[bold red]x[/]" in show("table")
    assert "[bold red]x[/]" in show("table", Page(200, color=True, utf8=True))


def test_a_pipe_gets_whole_cells_and_no_colour() -> None:
    assert "y" * 300 in show("table")


def test_a_terminal_gets_lines_that_fit() -> None:
    assert max(len(line) for line in show("table", Page(80, color=False, utf8=True)).splitlines()[:-3]) <= 80


def test_without_utf8_the_text_is_ascii() -> None:
    text = show("table", Page(UNLIMITED, color=False, utf8=False))
    assert text.isascii()
    assert ">= $1.00" in text


def test_csv_is_read_back_and_holds_no_formula() -> None:
    rows = list(csv.reader(io.StringIO(show("csv"))))
    assert rows[0] == ["agent", "usd"]
    assert rows[2] == ["y" * 300, "?"]
    evil = Table([Column("a")], [[Cell("=1+1")], [Cell("-$2.00")], [Cell("@x")]])
    lines = render(report(), verdict(report()), "csv", lambda _r, _w: [evil], PIPE).splitlines()
    assert lines[1:] == ["'=1+1", "-$2.00", "'@x"]


@given(st.text(), st.floats(), st.decimals(allow_nan=False, allow_infinity=False, places=6))
def test_the_envelope_is_valid_whatever_it_holds(text: str, number: float, money: Decimal) -> None:
    made = report(message=text or "x", ratio=number, usd=money, names=[text])
    data = json.loads(render(made, verdict(made), "json", blocks, PIPE))
    jsonschema.validate(data, SCHEMA)
    assert data["data"]["ratio"] == (number if math.isfinite(number) else None)
    assert Decimal(data["data"]["usd"]) == money


def test_yaml_says_the_same_as_json() -> None:
    made = report(usd=Decimal("1.10"))
    as_json = json.loads(render(made, verdict(made), "json", blocks, PIPE))
    assert yaml.safe_load(render(made, verdict(made), "yaml", blocks, PIPE)) == as_json
    assert as_json["data"]["usd"] == "1.10"


def test_secrets_leave_in_no_format() -> None:
    secret = "sk-" + "ant-" + "Zz9" * 12
    made = report(message=f"key {secret}")
    shown = [
        render(made, verdict(made), name, lambda r, _w: [Text(r.findings[0].message)], PIPE)
        for name in ("json", "yaml", "table", "markdown")
    ]
    assert not [text for text in shown if secret in text]
