"""Secrets are masked wherever text leaves: output, bundles, error messages.

Formats of the providers are theirs as documented (Anthropic `sk-ant-`, OpenAI `sk-`/`sk-proj-`, GitHub `ghp_`, AWS `AKIA`, …).
"""

from __future__ import annotations

import re
from functools import cache

MASK = "***"

# Each pattern names the part to mask `secret`; where it has no such group the whole match is masked.
_PATTERNS: tuple[tuple[str, str], ...] = (
    ("private-key", r"-----BEGIN [A-Z ]*PRIVATE KEY-----(?P<secret>.*?)(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"),
    ("anthropic", r"\bsk-ant-[A-Za-z0-9_\-]{8,}"),
    ("openai", r"\bsk-(?:proj-|svcacct-|admin-|live-|test-)?[A-Za-z0-9_\-]{16,}"),
    ("stripe", r"\b[rs]k_(?:live|test)_[A-Za-z0-9]{10,}"),
    ("github", r"\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,})"),
    ("gitlab", r"\bglpat-[A-Za-z0-9_\-]{16,}"),
    ("aws", r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
    ("google", r"\bAIza[A-Za-z0-9_\-]{30,}"),
    ("slack", r"\bxox[abeoprs]-[A-Za-z0-9\-]{8,}"),
    ("huggingface", r"\bhf_[A-Za-z0-9]{20,}"),
    ("groq", r"\bgsk_[A-Za-z0-9]{20,}"),
    ("xai", r"\bxai-[A-Za-z0-9]{20,}"),
    ("perplexity", r"\bpplx-[A-Za-z0-9]{20,}"),
    ("replicate", r"\br8_[A-Za-z0-9]{20,}"),
    ("jwt", r"\beyJ[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]*"),
    ("authorization", r"(?i)\bauthorization[\"']?\s*[:=]\s*[\"']?(?:bearer|basic|token)\s+(?P<secret>[^\s\"',;]+)"),
    ("bearer", r"(?i)\bbearer\s+(?P<secret>[A-Za-z0-9._~+/\-]{6,}=*)"),
    ("url-password", r"(?i)\b[a-z][a-z0-9+.\-]*://[^\s/:@\"']*:(?P<secret>[^\s/@\"']+)@"),
    (
        "assignment",
        r"(?i)(?<![A-Za-z0-9])(?:api[_\-]?key|access[_\-]?key|secret[_\-]?key|secret|client[_\-]?secret|auth[_\-]?token|access[_\-]?token"
        r"|refresh[_\-]?token|password|passwd|x-api-key|private[_\-]?key|anthropic[_\-]key|openai[_\-]key)[\"']?\s*[:=]\s*"
        r"(?:\"(?P<dq>[^\"\n]{3,})\"|'(?P<sq>[^'\n]{3,})'|(?P<secret>[^\s\"',;&}\]]{3,}))",
    ),
)
# A cheap gate: a text with none of a pattern's words (in lower case) cannot hold it.
_WORDS: dict[str, tuple[str, ...]] = {
    "private-key": ("private key-----",),
    "anthropic": ("sk-ant-",),
    "openai": ("sk-",),
    "stripe": ("sk_live_", "sk_test_", "rk_live_", "rk_test_"),
    "github": ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
    "gitlab": ("glpat-",),
    "aws": ("akia", "asia"),
    "google": ("aiza",),
    "slack": ("xox",),
    "huggingface": ("hf_",),
    "groq": ("gsk_",),
    "xai": ("xai-",),
    "perplexity": ("pplx-",),
    "replicate": ("r8_",),
    "jwt": ("eyj",),
    "authorization": ("authorization",),
    "bearer": ("bearer",),
    "url-password": ("://",),
    "assignment": ("key", "secret", "token", "passw"),
}


@cache
def _compiled() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((name, re.compile(pattern, re.DOTALL)) for name, pattern in _PATTERNS)


def suspicious(low: str) -> bool:
    """Whether any of those words is there. Written out, since a loop over them costs ten times as much on a short text."""
    return (
        "key" in low
        or "secret" in low
        or "token" in low
        or "passw" in low
        or "://" in low
        or "sk-" in low
        or "k_live_" in low
        or "k_test_" in low
        or "bearer" in low
        or "authorization" in low
        or "ghp_" in low
        or "gho_" in low
        or "ghu_" in low
        or "ghs_" in low
        or "ghr_" in low
        or "github_pat_" in low
        or "glpat-" in low
        or "akia" in low
        or "asia" in low
        or "aiza" in low
        or "xox" in low
        or "hf_" in low
        or "gsk_" in low
        or "xai-" in low
        or "pplx-" in low
        or "r8_" in low
        or "eyj" in low
    )


def _candidates(text: str) -> list[tuple[str, re.Pattern[str]]]:
    low = text.lower()
    if not suspicious(low):
        return []
    return [(name, pattern) for name, pattern in _compiled() if any(word in low for word in _WORDS[name])]


def redact(text: str) -> str:
    """Mask every secret in the text. Idempotent; text without a secret comes back unchanged."""
    for _, pattern in _candidates(text):
        text = pattern.sub(_mask, text)
    return text


def find_secrets(text: str) -> list[tuple[str, int, int]]:
    """The secrets in a text as (format, start, end); used where a document must not hold any."""
    found = []
    for name, pattern in _candidates(text):
        for match in pattern.finditer(text):
            start, end = match.span(_group(match))
            if text[start:end] != MASK:
                found.append((name, start, end))
    return found


def _group(match: re.Match[str]) -> str | int:
    groups = match.re.groupindex
    return next((g for g in ("secret", "dq", "sq") if g in groups and match.group(g) is not None), 0)


def _mask(match: re.Match[str]) -> str:
    start, end = match.span(_group(match))
    whole = match.group()
    return whole[: start - match.start()] + MASK + whole[end - match.start() :]
