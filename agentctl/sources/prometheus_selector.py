"""PromQL selectors, built so that nothing in a name or value can break out of its quotes."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "\0": "\\x00"})
_PLAIN_LABEL = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def quote(value: str) -> str:
    """A string literal of PromQL."""
    return '"' + value.translate(_ESCAPES) + '"'


def selector(names: Sequence[str], matchers: Mapping[str, str]) -> str:
    """`{__name__="a",agent_name="triage"}`; several names as an anchored regex. Raises ValueError for a label that is no name."""
    several = "|".join(re.escape(n) for n in names)
    parts = [f"__name__={quote(names[0])}" if len(names) == 1 else f"__name__=~{quote(several)}"]
    for label, value in matchers.items():
        if not _PLAIN_LABEL.fullmatch(label):
            raise ValueError(f"{label!r} is no label name")
        parts.append(f"{label}={quote(value)}")
    return "{" + ",".join(parts) + "}"


def one_of(plain: str, label: str, values: Sequence[str]) -> str:
    """A selector with the label held to these values ("" = series without it)."""
    if not _PLAIN_LABEL.fullmatch(label):
        raise ValueError(f"{label!r} is no label name")
    return f"{plain[:-1]},{label}=~{quote('|'.join(map(re.escape, values)))}}}"


def range_of(seconds: float) -> str:
    """A range in whole milliseconds, rounded up: `3900000ms`."""
    return f"{max(math.ceil(seconds * 1000), 1)}ms"
