"""Secrets are masked on the way to the disk: streams of log bytes, and the objects of the Kubernetes API.

A secret may lie across two pieces of a stream, so a piece is only let go up to a line's end, and never in the middle of a key.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from agentctl.model.redaction import MASK, redact

_BLOCK = 256 * 1024
# A line or key longer than this is let go in parts: memory stays bounded whatever a server sends.
_MOST_HELD = 4 * 1024 * 1024
_BEGIN = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----")
_END = re.compile(rb"-----END [A-Z ]*PRIVATE KEY-----")
_SECRET_NAME = re.compile(
    r"(?i)(?:api|access|secret|private|admin|auth|encryption|signing)[-_.]?key|_key$|token|secret|passw|credential|(?:^|[-_])dsn$"
)
_NOT_SECRET = re.compile(
    r"(?i)tokens|secretname|secretref|secretkeyref|tokenexpiration|imagepullsecret|_file$|_path$|_url$"
)
# The whole manifest once more, secrets included, as text.
_DROPPED = frozenset({"kubectl.kubernetes.io/last-applied-configuration", "managedFields"})


def redacted_bytes(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes with every secret masked; bytes that are no UTF-8 pass unchanged."""
    held = b""
    for chunk in chunks:
        held += chunk
        if len(held) < _BLOCK:
            continue
        cut = _safe_cut(held)
        if cut:
            yield _redact(held[:cut])
            held = held[cut:]
    if held:
        yield _redact(held)


def redacted_object(value: Any, name: str = "") -> Any:
    """A Kubernetes object (or any JSON) with every secret masked, by the names of fields and variables and by their values."""
    if isinstance(value, str):
        return MASK if value and is_secret_name(name) and not value.isdigit() else redact(value)
    if isinstance(value, Mapping):
        env = value.get("name") if isinstance(value.get("value"), str) else None
        return {
            key: redacted_object(inner, str(env) if env is not None and key == "value" else str(key))
            for key, inner in value.items()
            if key not in _DROPPED
        }
    if isinstance(value, list):
        return _redacted_list(value, name)
    return value


def is_secret_name(name: str) -> bool:
    """Whether a variable or field of this name holds a secret (`ANTHROPIC_API_KEY`, not `MAX_TOKENS`)."""
    return bool(_SECRET_NAME.search(name)) and not _NOT_SECRET.search(name)


def _redacted_list(values: list[Any], name: str) -> list[Any]:
    """A list; after a bare flag such as `--api-key` the next word is its value."""
    out: list[Any] = []
    flag = ""
    for value in values:
        out.append(redacted_object(value, flag or name))
        bare = isinstance(value, str) and value.startswith("-") and "=" not in value
        flag = value.lstrip("-") if bare else ""
    return out


def _redact(block: bytes) -> bytes:
    return redact(block.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")


def _safe_cut(held: bytes) -> int:
    """How much may be let go: whole lines, and no private key that has not ended yet; 0 = nothing yet."""
    cut = held.rfind(b"\n") + 1
    last = None
    for last in _BEGIN.finditer(held):  # noqa: B007  the last one is wanted
        pass
    if last is not None and _END.search(held, last.end()) is None:
        cut = min(cut, held.rfind(b"\n", 0, last.start()) + 1)
    if cut == 0 and len(held) > _MOST_HELD:
        return max(held.rfind(b" "), len(held) // 2)
    return cut
