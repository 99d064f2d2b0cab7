"""Lines of plain text: Python's logging in its usual layouts, uvicorn, gunicorn, celery, loguru, structlog, klog, log4j.

The level is read only where a layout puts it: a word in the text (`saw ERROR in the answer`) is no level.
"""

from __future__ import annotations

import re

from agentctl.analysis.logs.fields import Fields
from agentctl.analysis.logs.levels import LEVELS, level_of
from agentctl.analysis.logs.times import read_time

_UPPER = "|".join(sorted((w for w in LEVELS if w not in ("DEFAULT", "FAIL", "FINE", "SPAM")), key=len, reverse=True))
_ANY = rf"(?i:{_UPPER}|FAIL)"
# At the very start of an untimed line only the common words count: `ALERT threshold reached` is text.
_COMMON = "CRITICAL|WARNING|DEBUG|ERROR|FATAL|TRACE|INFO|WARN|CRIT|ERR"
_TIMED = re.compile(
    r"\[?(?P<time>\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:\s?(?:Z|UTC|[+-]\d\d:?\d\d)\b)?)"
    rf"(?:: (?P<celery>{_UPPER})/[^\]\s]*)?\]?(?P<gap>\t|[\s|:\-]*)",
    re.ASCII,
)
_BIT = r"(?:\[[^\]\n]{0,80}\]|\d{1,10}|-{1,3}|\|)"
_FORMS = tuple(
    re.compile(pattern, re.ASCII | re.DOTALL)
    for pattern in (
        rf"(?P<level>{_UPPER}):[\w.\-/<>]*:(?P<rest>.*)",
        rf"(?P<level>{_UPPER}):(?:\s+|$)(?P<rest>.*)",
        rf"(?P<level>{_UPPER}):(?=[^/\s])(?P<rest>.*)",
        rf"(?P<level>(?-i:{_UPPER.lower()})):\s+(?P<rest>.*)",
        rf"(?:{_BIT}\s?){{0,3}}[\[(<]\s*(?P<level>{_ANY})\s*[\])>]:?(?:\s+[-|:])?(?:\s+|$)(?P<rest>.*)",
        rf"(?:\S{{1,80}}\s{{1,8}}[-|]\s{{1,8}}){{0,3}}?\[?(?P<level>{_UPPER})\]?\s{{0,8}}[-|](?:\s+|$)(?P<rest>.*)",
    )
)
_BARE = re.compile(rf"(?P<level>{_COMMON})(?:\s+|$)(?P<rest>.*)", re.ASCII | re.DOTALL)
# With a time of its own before it, a thread, a process number and one name may stand before the level.
_LATER = re.compile(
    rf"(?:{_BIT}\s{{1,8}}){{0,3}}?(?:[\w./\-]{{1,80}}:?\s{{1,8}})??(?:{_BIT}\s{{1,8}}){{0,3}}?(?P<level>{_UPPER})(?::|\s|$)\s*(?P<rest>.*)",
    re.ASCII | re.DOTALL,
)
# Levels in small letters. `error connecting to x` after a time is text, so a logger's name, a colon or padding must follow.
_SMALL = rf"(?P<level>(?i:{_COMMON}))"
_SMALL_NAMED = re.compile(rf"{_SMALL}:[\w.\-/<>]+:(?P<rest>.*)", re.ASCII | re.DOTALL)
_SMALL_LATER = (
    re.compile(
        rf"(?:\S{{1,80}}\s{{1,8}}[-|]\s{{1,8}}){{0,3}}?{_SMALL}\s{{0,8}}[-|](?:\s+|$)(?P<rest>.*)", re.ASCII | re.DOTALL
    ),
    re.compile(
        rf"{_SMALL}(?::(?:\s+|$)|\s{{2,8}}|\s(?=(?:root|\w{{1,40}}[.\-_/][\w./\-]{{1,80}})\s))(?P<rest>.*)",
        re.ASCII | re.DOTALL,
    ),
)
_PIPES = re.compile(rf"(?:[^|\s]{{1,80}}\|){{0,3}}?(?P<level>{_UPPER})\|(?P<rest>.*)", re.ASCII | re.DOTALL)
# `%(levelname)8s`: the level ends in column 8.
_RIGHT = re.compile(rf"(?=\s{{1,4}}\S)(?=.{{8}}\s) *(?:{_COMMON}) ", re.ASCII)
_ZAP = re.compile(rf"(?P<level>{_ANY})\t(?P<rest>.*)", re.ASCII | re.DOTALL)
_KLOG = re.compile(
    r"(?P<level>[IWEF])\d{4} \d\d:\d\d:\d\d\.\d{1,9}\s+\d+ [^\]\s]{1,200}\] (?P<rest>.*)", re.ASCII | re.DOTALL
)
_KLOG_LEVELS = {"I": "INFO", "W": "WARNING", "E": "ERROR", "F": "FATAL"}
# What layouts put between level and message: loguru's place, Spring's process and thread.
_PLACE = re.compile(
    r"[\w.<>]{1,200}:[\w<>]{1,100}:\d{1,6} - |\d{1,10} --- \[[^\]\n]{0,80}\] \S{1,200}\s{0,80}: ", re.ASCII
)
_START = re.compile(rf"[\[(<\d]|[IWEF]\d{{4}} |{_ANY}|\S{{1,80}}\s{{1,8}}[-|]\s", re.ASCII)
_IDS = re.compile(r"\b(trace_id|traceId|trace\.id|run_id|runId)[=:]\s?\"?([\w.:\-]{1,128})", re.ASCII)


def read_text(text: str) -> Fields:
    """A line of plain text as fields; a line in no known layout is a message without a level."""
    level, time, message = _head(text) if _START.match(text) else (None, None, text)
    trace_id, run_id = ids_in(message)
    return Fields(message, level, time, None, trace_id, run_id)


def states_level(text: str) -> bool:
    """Whether the text is in a layout that states a level."""
    return _START.match(text) is not None and _head(text)[0] is not None


def is_right_aligned(text: str) -> bool:
    """Whether an indented line is a record whose level was padded on the left."""
    found = _RIGHT.match(text)
    return found is not None and found.end() == 9


def _head(text: str) -> tuple[str | None, float | None, str]:
    timed = _TIMED.match(text)
    time = read_time(timed["time"]) if timed else None
    if timed is None or time is None:
        level, message = _level(text, timed=False)
        return level, None, message
    after = text[timed.end() :]
    if timed["celery"]:
        return level_of(timed["celery"]), time, after
    zap = _ZAP.match(after) if timed["gap"] == "\t" else None
    if zap:
        return level_of(zap["level"]), time, zap["rest"]
    level, message = _level(after, timed=True)
    return level, time, message


def _level(text: str, *, timed: bool) -> tuple[str | None, str]:
    for form in (*_FORMS, _PIPES, _LATER, _SMALL_NAMED, *_SMALL_LATER) if timed else (*_FORMS, _BARE, _SMALL_NAMED):
        found = form.match(text)
        if found:
            rest = found["rest"]
            place = _PLACE.match(rest)
            return level_of(found["level"]), rest[place.end() :] if place else rest
    klog = _KLOG.match(text)
    return (_KLOG_LEVELS[klog["level"]], klog["rest"]) if klog else (None, text)


def ids_in(message: str) -> tuple[str | None, str | None]:
    """`trace_id=…` and `run_id=…` anywhere in a message, each None if it is not there; an all-zero trace id is none."""
    if "trace" not in message and "run" not in message:
        return None, None
    trace_id = run_id = None
    for key, value in _IDS.findall(message[:16_384]):
        if key.startswith("run"):
            run_id = run_id or value
        elif value.strip("0"):
            trace_id = trace_id or value
    return trace_id, run_id
