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
_KEY_BEGINS, _KEY_ENDS = b"-----begin", b"-----end"
_END = re.compile(rb"-----END [A-Z ]*PRIVATE KEY-----")
_SECRET_NAME = re.compile(
    r"(?i)(?:api|access|secret|private|admin|auth|encryption|signing)[-_.]?key|_key$|token|secret|passw|credential|(?:^|[-_])dsn$"
)
_NOT_SECRET = re.compile(
    r"(?i)tokens|secretname|secretref|secretkeyref|tokenexpiration|imagepullsecret|_file$|_path$|_url$"
)
_ASSIGNED = rb"[\"']?\s*[:=]"
# Words without which no pattern of agentctl.model.redaction matches, in lower case, and what must stand around the frequent ones.
_WORDS: tuple[tuple[bytes, re.Pattern[bytes] | None], ...] = (
    *(
        (word, re.compile(rb"(?<![a-z0-9_])" + re.escape(word)))
        for word in (
            b"sk-",
            b"sk_",
            b"rk_",
            b"xox",
            b"hf_",
            b"r8_",
            b"eyj",
            b"akia",
            b"asia",
            b"aiza",
            b"gsk_",
            b"xai-",
            b"pplx-",
        )
    ),
    *((word, None) for word in (b"ghp_", b"gho_", b"ghu_", b"ghs_", b"ghr_", b"github_pat_", b"glpat-")),
    *((word, None) for word in (b"bearer", b"authorization", _KEY_BEGINS)),
    (b"://", re.compile(rb"://[^\s/@]*@")),
    *((word, re.compile(word + _ASSIGNED)) for word in (b"key", b"secret", b"token", b"password", b"passwd")),
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
        return _redacted_text(value, name)
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


def _redacted_text(value: str, name: str) -> str:
    if value and is_secret_name(name) and not value.isdigit():
        return MASK
    flag, equals, _ = value.partition("=")
    if equals and flag.startswith("-") and is_secret_name(flag):
        return f"{flag}={MASK}"
    return redact(value)


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
    """Whole lines with their secrets masked. Only lines that may hold one are looked at closely: nearly all do not."""
    out: list[bytes] = []
    done = 0
    for start, end in _suspects(block):
        masked = redact(block[start:end].decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
        out += (block[done:start], masked)
        done = end
    return b"".join((*out, block[done:])) if out else block


def _suspects(block: bytes) -> list[tuple[int, int]]:
    """The (start, end) of the lines that may hold a secret, in order; a private key is one of them from its first line to its last."""
    low = block.lower()
    found: set[tuple[int, int]] = set()
    for word, check in _WORDS:
        at = low.find(word)
        while at >= 0:
            following = at + 1
            if check is None or check.match(low, at):
                line = _line_at(low, at)
                found.add(line)
                following = line[1]
            at = low.find(word, max(following, at + 1))
    merged: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _line_at(low: bytes, at: int) -> tuple[int, int]:
    """The line around a place; for the start of a private key, up to the line with its end."""
    start = low.rfind(b"\n", 0, at) + 1
    if low.startswith(_KEY_BEGINS, at):
        last = low.find(_KEY_ENDS, at)
        at = last if last >= 0 else len(low)
    end = low.find(b"\n", at)
    return start, end + 1 if end >= 0 else len(low)


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
