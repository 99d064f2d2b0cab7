"""Our own words for a locale that has nothing but ASCII."""

from __future__ import annotations

_ASCII = str.maketrans(
    {
        "→": ">",
        "…": "...",
        "≥": ">=",
        "≤": "<=",
        "×": "x",
        "·": "-",
        "–": "-",
        "—": "-",
        "−": "-",
        "✓": "ok",
        "✗": "x",
        "Δ": "+/-",
    }
    | dict(zip("▁▂▃▄▅▆▇█", "_.-~=+*#", strict=True))
)


def in_ascii(text: str) -> str:
    """The text with signs replaced by words or escapes, so that any terminal shows it."""
    if text.isascii():
        return text
    return text.translate(_ASCII).encode("ascii", "backslashreplace").decode()
