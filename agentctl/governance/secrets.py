"""Secrets in governance documents: the key formats of providers, secret-looking settings, and long random strings.

Made for texts that people write, where a false alarm fails a build: placeholders, references, digests, identifiers and
prose are none. `agentctl.model.redaction`, which masks text on its way out, errs to the other side.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from agentctl.model.redaction import MASK, find_secrets, suspicious

# Formats that say little by themselves: what stands in the place of the secret must look like one.
_WEAK = frozenset({"assignment", "bearer", "authorization", "url-password"})
_PLACEHOLDER = re.compile(
    r"(?i)[<>{}$%*\s]|\.\.\.|…|your|example|placeholder|change-?_?me|replace|redacted|dummy|sample|todo|insert|secret-?_?name|^x+$"
)
# A key format speaks for itself, unless the rest says that it is none.
_NO_KEY = re.compile(
    r"(?i)[<>{}$*]|\.\.\.|…|your[_-]|example|placeholder|change-?_?me|redacted|dummy|insert[_-]|[_-]here$"
)
_RANDOM = re.compile(r"[A-Za-z0-9+/_\-]{32,}={0,2}")
_KEY_WORD = re.compile(r"(?i)credential|auth\b")
_HEX = re.compile(r"(?:0x)?[0-9a-fA-F-]+")
_SECRET_KEY = re.compile(
    r"(?i)(?:^|[_\-.])(?:api[_\-]?key|secret(?:[_\-]?key)?|access[_\-]?key|private[_\-]?key|password|passwd|token|credentials?|"
    r"client[_\-]?secret|auth)$"
)
# A setting as a line of YAML or JSON writes it; `value` beside a `name` has that name.
_SETTING = re.compile(
    r"(?:\bname[\"']?\s*:\s*[\"']?(?P<name>[\w.\-]{1,100})[\"']?\s*,\s*)?"
    r"[\"']?(?P<key>\b[\w.\-]{1,100})[\"']?\s*[:=]\s*[\"']?(?P<value>[^\s\"',}\]]{8,})"
)
# What is long and random by nature, and public.
_PUBLIC_KEY = re.compile(
    r"(?i)(?:^|[_\-.])(?:ca|cert|certificate|ca[_\-]?bundle|public[_\-]?key|checksum|digest|sha\d*|hash|etag)$"
)
_DIGEST = re.compile(r"sha\d+-")
_RANDOM_ENTROPY = 4.0
_RANDOM_LENGTH = 28
_RANDOM_CHANGES = 0.22
_SETTING_ENTROPY = 3.0


class Secret(NamedTuple):
    """A secret at [start, end) of a text. `format` names what gave it away; the value itself is not kept."""

    format: str
    start: int
    end: int


def may_hold_secrets(raw: bytes) -> bool:
    """A quick look at a whole file: whether anything in it could be a secret. An escape may hide one, so it always could."""
    if b"\\" in raw:
        return True
    text = raw.decode("utf-8", "replace")
    return suspicious(text.lower()) or _KEY_WORD.search(text) is not None or _RANDOM.search(text) is not None


def secrets_in(text: str, key: str = "") -> list[Secret]:
    """The secrets of a text, in order, none overlapping another. `key` is the setting whose value the text is, if any."""
    found = sorted(_candidates(text, key), key=lambda s: (s.start, -s.end))
    out: list[Secret] = []
    for secret in found:
        if not out or secret.start >= out[-1].end:
            out.append(secret)
    return out


def masked(text: str) -> str:
    """The text with every secret in it masked."""
    for secret in reversed(secrets_in(text)):
        text = text[: secret.start] + MASK + text[secret.end :]
    return text


def blanked(line: str) -> str:
    """A line of a file with every secret in it as asterisks of the same length, so that columns stay what they are."""
    found = [*secrets_in(line)]
    for match in _SETTING.finditer(line):
        key = match["name"] if match["name"] and match["key"] == "value" else match["key"]
        offset = match.start("value")
        found += [Secret(s.format, s.start + offset, s.end + offset) for s in secrets_in(match["value"], key)]
    for secret in found:
        line = line[: secret.start] + "*" * (secret.end - secret.start) + line[secret.end :]
    return line


def entropy(text: str) -> float:
    """Shannon entropy in bits a character."""
    counts = Counter(text)
    return -sum(n / len(text) * math.log2(n / len(text)) for n in counts.values())


def _candidates(text: str, key: str) -> Iterator[Secret]:
    if len(text) < 8:
        return
    for name, start, end in find_secrets(text):
        value = text[start:end]
        if _plausible(value) if name in _WEAK else not _NO_KEY.search(value):
            yield Secret(name, start, end)
    if _SECRET_KEY.search(key) and _plausible(text):
        yield Secret("assignment", 0, len(text))
    if not _PUBLIC_KEY.search(key):
        for match in _RANDOM.finditer(text) if len(text) >= 32 else ():
            if _is_random(match.group()):
                yield Secret("high-entropy", *match.span())


def _plausible(value: str) -> bool:
    """A value of a secret-looking setting that is neither a placeholder, nor a reference, nor a word."""
    if len(value) < 8 or _PLACEHOLDER.search(value):
        return False
    has_digit, has_letter = any(c.isdigit() for c in value), any(c.isalpha() for c in value)
    return has_digit and has_letter and entropy(value) >= _SETTING_ENTROPY and not _is_name(value)


def _is_name(value: str) -> bool:
    """`prod/agent/db-password-2`, `my-secret-v1`: words with separators, as names of secrets are."""
    parts = re.split(r"[-_./:]", value)
    return len(parts) > 1 and all(
        part.isalpha() or len(part) <= 3 or re.fullmatch(r"[a-z]+\d{1,4}|\d{4,8}", part) for part in parts
    )


def _is_random(value: str) -> bool:
    """Random text changes between letters, digits and capitals all the time; words, paths and numbers hardly ever."""
    if _HEX.fullmatch(value) or _PLACEHOLDER.search(value) or _DIGEST.match(value):
        return False
    if sum(len(piece) >= 4 and piece.isalpha() for piece in re.split(r"[-_/]", value)) > 1:
        return False
    kinds = [0 if char.isdigit() else 2 if char.isupper() else 1 for char in value if char.isalnum()]
    if len(kinds) < _RANDOM_LENGTH or kinds.count(0) < 3 or entropy(value) < _RANDOM_ENTROPY:
        return False
    # A capital that begins a word is no change: `SupportAgent` changes once.
    changes = sum(a != b and (a, b) != (2, 1) for a, b in pairwise(kinds))
    return changes >= _RANDOM_CHANGES * len(kinds)
