import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from agentctl.model.untrusted import shorten, visible


@given(st.text())
def test_nothing_that_moves_the_cursor_is_left(text: str) -> None:
    shown = visible(text)
    assert not [c for c in shown if unicodedata.category(c) in ("Cc", "Cs") or c in "\u202e\u2066\u200b\u2028"]


def test_escapes_are_visible_and_newlines_may_stay() -> None:
    assert visible("\x1b[31mred\x07\n") == "\\x1b[31mred\\x07\\n"
    assert visible("a\n\tb", keep_newlines=True) == "a\n\\tb"
    assert visible("abc\u202etxt.exe") == "abc\\u202etxt.exe"


@given(st.text(), st.integers(min_value=1, max_value=50))
def test_shortened_text_fits(text: str, limit: int) -> None:
    assert len(shorten(text, limit)) <= limit
