"""Findings with their source lines, written without rich: carets under the fault, nothing from outside acts."""

from __future__ import annotations

import pytest

from agentctl.render.blocks import Command, Heading, Source, Text
from agentctl.render.formats import Page
from agentctl.render.lines import to_lines

PIPE = Page(100_000, False, True)


def test_the_caret_stands_under_the_fault() -> None:
    assert to_lines([Source(7, "  name: x", 9, 10)], PIPE) == "     7 |   name: x\n       |         ^\n"


@pytest.mark.parametrize(
    ("line", "start", "end", "caret"), [("a: \x1b[1mx", 4, 9, "^^^^^^^^"), ("\ta: b", 5, 6, "^"), ("", 1, 2, "^")]
)
def test_escapes_move_the_caret_with_the_text(line: str, start: int, end: int, caret: str) -> None:
    shown, marks = to_lines([Source(1, line, start, end)], PIPE).splitlines()
    assert "\x1b" not in shown
    assert marks.strip(" |") == caret
    assert marks.index("^") <= len(shown) + 1


def test_of_a_very_long_line_the_part_around_the_fault_is_shown() -> None:
    line = "a" * 5000 + "FAULT" + "b" * 5000
    shown, marks = to_lines([Source(1, line, 5001, 5006)], PIPE).splitlines()
    assert len(shown) < 420
    assert shown[marks.index("^") : marks.rindex("^") + 1] == "FAULT"


def test_a_secret_in_a_line_is_masked() -> None:
    secret = "sk-" + "ant-" + "x" * 40
    assert secret not in to_lines(
        [Source(1, f"key: {secret}", 6, 50), Text(secret), Heading(secret), Command(secret)], PIPE
    )


def test_colour_only_where_it_is_asked_for_and_ascii_where_there_is_nothing_else() -> None:
    blocks = [Heading("wrong → right", "bad"), Text("ä", indent=2)]
    assert to_lines(blocks, PIPE) == "wrong → right\n  ä\n"
    assert to_lines(blocks, Page(80, True, True)).startswith("\x1b[1;31mwrong")
    assert to_lines(blocks, Page(80, False, False)) == "wrong > right\n  \\xe4\n"


def test_long_text_is_folded_in_a_terminal_only() -> None:
    text = "word " * 40
    assert max(map(len, to_lines([Text(text, indent=4)], Page(40, False, True)).splitlines())) <= 40
    assert to_lines([Text(text)], PIPE).count("\n") == 1
