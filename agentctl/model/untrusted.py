"""Text from outside (logs, labels, traces, documents) is data: control characters are made visible."""

from __future__ import annotations

import re

# C0 and C1 controls, DEL, bidirectional overrides, zero-width characters, line separators, lone surrogates.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")


def visible(text: str, *, keep_newlines: bool = False) -> str:
    """Show control characters as escapes (`\\x1b`, `\\u202e`), so that nothing from outside moves the cursor."""

    def escape(match: re.Match[str]) -> str:
        char = match.group()
        if keep_newlines and char == "\n":
            return char
        named = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
        code = ord(char)
        return named.get(char) or (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}")

    return _CONTROL.sub(escape, text)


def shorten(text: str, limit: int) -> str:
    """Cut text to `limit` characters with an ellipsis that counts as one of them."""
    return text if len(text) <= limit else text[: max(limit - 1, 0)] + "…"
