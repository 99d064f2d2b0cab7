"""A line of samples of which only a stretch of time is wanted: the stretch is found by halving, and only it is parsed.

A week of a series is 45 kB of text; the last hour of it is 300 bytes. Prometheus prints samples in order of time, which is spot-checked here.
"""

from __future__ import annotations

import json
from typing import Any

# Shorter lines are parsed as a whole.
WORTH_IT = 8192
_SPOTS = 8


def stretch(line: bytes, since: float, until: float) -> dict[str, Any] | None:
    """`{"metric": …, "values": […]}` with the samples in (since, until] only; None where the line is not of the plain form
    (`metric` first, then `values` in order of time), or is broken, and must be parsed as a whole."""
    named = line.find(b'"values"')
    first, last = line.find(b"[[", named), line.rfind(b"]]")
    if len(line) < WORTH_IT or named < 0 or first < 0 or last <= first or line[last + 2 :].strip() != b"}":
        return None
    if line[named + 8 : first].strip() != b":":
        return None
    try:
        return _read(line, named, first + 1, last + 1, since, until)
    except (ValueError, RecursionError):
        return None


def _read(line: bytes, named: int, first: int, last: int, since: float, until: float) -> dict[str, Any] | None:
    if not _in_order(line, first, last):
        return None
    head: dict[str, Any] = json.loads(line[:named].rstrip().rstrip(b",") + b"}")
    begin, end = _after(line, first, last, since), _after(line, first, last, until)
    head["values"] = json.loads(b"[" + line[begin:end].rstrip().rstrip(b",") + b"]")
    return head


def _after(line: bytes, low: int, high: int, moment: float) -> int:
    """Where the first sample later than `moment` begins; `high` where there is none."""
    end = high
    while low < high:
        place, time = _next(line, (low + high) // 2, end)
        if place < 0 or time > moment:
            high = (low + high) // 2
        else:
            low = place + 1
    place, _ = _next(line, low, end)
    return end if place < 0 else place


def _next(line: bytes, at: int, end: int) -> tuple[int, float]:
    """(place, time) of the first sample that begins at or after a place; (-1, 0) where there is none."""
    place = line.find(b"[", at, end)
    if place < 0:
        return -1, 0.0
    return place, float(line[place + 1 : line.find(b",", place, end)])


def _in_order(line: bytes, first: int, last: int) -> bool:
    spots = (_next(line, first + (last - first) * n // _SPOTS, last) for n in range(_SPOTS))
    times = [time for place, time in spots if place >= 0]
    return times == sorted(times)
