"""Durations and points in time as kubectl and Prometheus write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0, "y": 31536000.0}
_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|[smhdwy])")


def parse_duration(text: str) -> timedelta:
    """Read `90s`, `15m`, `1h30m`, `2d`; raises ValueError for anything else, a zero length included."""
    word = text.strip()
    parts = _PART.findall(word)
    if not parts or "".join(n + u for n, u in parts) != word:
        raise ValueError(f"{text!r} is no duration: write 90s, 15m, 1h30m or 2d")
    seconds = sum(float(n) * _UNITS[u] for n, u in parts)
    if seconds <= 0:
        raise ValueError(f"{text!r} is no duration: it must be longer than zero")
    try:
        return timedelta(seconds=seconds)
    except OverflowError as error:
        raise ValueError(f"{text!r} is too long a duration") from error


def format_duration(span: timedelta | float) -> str:
    """Write a length as the shortest form a person reads: `45s`, `15m`, `1h30m`, `2d`, `2d3h`."""
    seconds = round(span.total_seconds() if isinstance(span, timedelta) else span)
    out = []
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        count, seconds = divmod(seconds, size)
        if count:
            out.append(f"{count}{unit}")
    return "".join(out[:2]) or "0s"


def parse_time(text: str) -> datetime:
    """Read an RFC 3339 time (`2026-03-03T10:00:00Z`) or unix seconds as UTC; raises ValueError otherwise.

    A time with no zone is taken as UTC.
    """
    word = text.strip()
    if re.fullmatch(r"[0-9]{9,11}(\.[0-9]+)?", word):
        return datetime.fromtimestamp(float(word), UTC)
    try:
        moment = datetime.fromisoformat(word)
    except ValueError:
        raise ValueError(f"{text!r} is no time: write 2026-03-03T10:00:00Z") from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def format_time(moment: datetime) -> str:
    """Write a time as RFC 3339 UTC with a `Z`, milliseconds only where there are any."""
    moment = moment.astimezone(UTC)
    text = moment.strftime("%Y-%m-%dT%H:%M:%S")
    millis = moment.microsecond // 1000
    return f"{text}.{millis:03d}Z" if millis else f"{text}Z"
