"""What one line states, whatever its form, and the dispatch between the forms."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple


class Fields(NamedTuple):
    """What a line states; None where it does not. `data` are all fields of a structured line."""

    message: str
    level: str | None = None
    time: float | None = None
    agent: str | None = None
    trace_id: str | None = None
    run_id: str | None = None
    traceback: str | None = None
    data: Mapping[str, Any] | None = None


_ANSI = re.compile(r"\x1b(?:\[[0-9;:?<=>]*[ -/]*[@-~]|\][^\x07\x1b\n]{0,4096}(?:\x07|\x1b\\)?|[@-Z\\^_])")


def without_ansi(text: str) -> str:
    """The text without terminal escape sequences (colours, titles)."""
    return _ANSI.sub("", text) if "\x1b" in text else text
