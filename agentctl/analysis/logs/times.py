"""Times as log lines write them, in unix seconds UTC. A time without a zone is taken as UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache

# RFC 3339 as the platform writes it: (minute, seconds, zone).
STAMP = r"(\d{4}-\d\d-\d\dT\d\d:\d\d):(\d\d(?:\.\d{1,9})?)(Z|[+-]\d\d:\d\d)"
_TIME = re.compile(
    r"\s*(\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d):(\d\d)(?:[.,](\d{1,9})\d*)?\s?(Z|UTC|[+-]\d\d:?\d\d)?\s*",
    re.IGNORECASE | re.ASCII,
)


def read_time(text: str) -> float | None:
    """`2026-03-03T12:00:00.123456789Z`, `2026-03-03 12:00:00,123`, with `/` too; None for anything else."""
    found = _TIME.fullmatch(text)
    if found is None:
        return None
    minute, second, fraction, zone = found.groups()
    base = read_minute(minute)
    if base is None or int(second) > 60:
        return None
    return base + float(f"{second}.{fraction or 0}") - read_offset(zone)


def read_number_time(value: float) -> float | None:
    """Unix seconds, milliseconds, microseconds or nanoseconds, told apart by size; None out of the years 2001 to 2286."""
    for unit in (1, 1_000, 1_000_000, 1_000_000_000):
        if 1e9 <= value / unit < 1e10:
            return value / unit
    return None


@lru_cache(maxsize=4096)
def read_minute(text: str) -> float | None:
    """`2026-03-03T12:00`, or with a space, as unix seconds; None for no such minute."""
    try:
        moment = datetime.strptime(text.replace("/", "-").replace("t", "T").replace("T", " "), "%Y-%m-%d %H:%M")
        return moment.replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None


@lru_cache(maxsize=64)
def read_offset(zone: str | None) -> float:
    """`+02:00` in seconds; 0 for `Z`, `UTC` and none."""
    if not zone or zone[0] not in "+-":
        return 0.0
    digits = zone[1:].replace(":", "")
    seconds = int(digits[:2]) * 3600 + int(digits[2:]) * 60
    return float(-seconds if zone[0] == "-" else seconds)
