"""Structured lines: JSON objects (also as docker, loguru, ECS and zap write them) and logfmt."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from agentctl.analysis.logs.fields import Fields
from agentctl.analysis.logs.levels import level_of, level_of_number
from agentctl.analysis.logs.times import read_number_time, read_time

_DECODER = json.JSONDecoder()
_LEVEL = (
    *("level", "severity", "levelname", "lvl", "log.level", "severity_text", "severityText", "loglevel", "log_level"),
    *("levelno", "severity_number", "severityNumber"),
)
_MESSAGE = ("message", "msg", "event", "text", "body", "log")
_TIME = ("timestamp", "time", "ts", "@timestamp", "asctime", "datetime", "date")
_TRACE = ("trace_id", "traceId", "traceID", "trace.id", "otelTraceID", "dd.trace_id", "logging.googleapis.com/trace")
_AGENT = ("agent", "agent_name", "agentName", "agent.name", "gen_ai.agent.name")
_RUN = ("run_id", "runId", "run.id")
_STACK = (
    "traceback",
    "exception",
    "exc_info",
    "exc_text",
    "stack",
    "stack_trace",
    "stacktrace",
    "error.stack_trace",
    "err.stack",
    "exception.stacktrace",
)
_LOGFMT = re.compile(r"([A-Za-z_@][\w.@/\-]*)=(?:\"((?:[^\"\\]|\\.)*)\"|(\S*))(?:\s+|$)", re.ASCII)
_LOGFMT_HINT = re.compile(r"[A-Za-z_@][\w.@/\-]{0,60}=\S", re.ASCII)
_NUMBER = re.compile(r"\d{9,19}(\.\d{1,9})?", re.ASCII)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}


def read_json(text: str, timed: bool = True) -> Fields | None:
    """A JSON object as fields; None if the text is none. Its time is only read if `timed`."""
    try:
        data, end = _DECODER.raw_decode(text)
    except (ValueError, RecursionError):
        return None
    if end != len(text) and not text[end:].isspace():
        return None
    if not isinstance(data, dict) or not data:
        return None
    inner = data.get("record")
    if isinstance(inner, dict) and "level" in inner and "message" in inner:
        data = inner
    return _fields(data, text, timed)


def read_logfmt(text: str, timed: bool = True) -> Fields | None:
    """`level=error msg="…" trace_id=…` as fields; None unless all of the text is pairs and a level or message is among them."""
    if _LOGFMT_HINT.match(text) is None:
        return None
    data: dict[str, Any] = {}
    at = 0
    for found in _LOGFMT.finditer(text):
        if found.start() != at:
            return None
        key, quoted, plain = found.groups()
        data.setdefault(key, plain if quoted is None else _unescape(quoted))
        at = found.end()
    if at != len(text) or not any(k in data for k in (*_LEVEL, "msg", "message", "event")):
        return None
    return _fields(data, text, timed)


def _unescape(text: str) -> str:
    if "\\" not in text:
        return text
    return _ESCAPE.sub(lambda m: chr(int(m[1][1:], 16)) if len(m[1]) == 5 else _ESCAPES.get(m[1], m[1]), text)


class _Plan(NamedTuple):
    """Which of the keys that a kind of object has may hold what; objects with the same keys share one plan."""

    message: tuple[str, ...]
    level: tuple[str, ...]
    time: tuple[str, ...]
    agent: tuple[str, ...]
    trace: tuple[str, ...]
    run: tuple[str, ...]
    stack: tuple[str, ...]
    error: bool


@lru_cache(maxsize=1024)
def _plan(keys: tuple[str, ...]) -> _Plan:
    there = set(keys)

    def present(candidates: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(k for k in candidates if k in there or k.partition(".")[0] in there)

    message, level, time, agent = present(_MESSAGE), present(_LEVEL), present(_TIME), present(_AGENT)
    return _Plan(
        message, level, time, agent, present(_TRACE), present(_RUN), present(_STACK), "err" in there or "error" in there
    )


def _fields(data: Mapping[str, Any], text: str, timed: bool) -> Fields:
    plan = _plan(tuple(data))
    message = _first_text(data, plan.message)
    stack, error = _stack(data, plan) if plan.stack or plan.error else (None, None)
    if message is None:
        message = error or text
    return Fields(
        message,
        _level(data, plan.level),
        _time(data, plan.time) if timed else None,
        _name(data, plan.agent) if plan.agent else None,
        _name(data, plan.trace) if plan.trace else None,
        _name(data, plan.run) if plan.run else None,
        stack,
        data,
    )


def _look(data: Mapping[str, Any], key: str) -> Any:
    found = data.get(key)
    if found is None and "." in key:
        head, _, tail = key.partition(".")
        outer = data.get(head)
        found = outer.get(tail) if isinstance(outer, dict) else None
    return found


def _first_text(data: Mapping[str, Any], keys: Iterable[str]) -> str | None:
    for key in keys:
        value = data.get(key)
        if isinstance(value, str):
            return value
        if value is not None and not isinstance(value, (dict, list)):
            return str(value)
    return None


def _name(data: Mapping[str, Any], keys: Iterable[str]) -> str | None:
    for key in keys:
        value = data.get(key)
        if value.__class__ is str and value:
            return value
        value = _look(data, key)
        if isinstance(value, str) and value:
            return value
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
    return None


def _level(data: Mapping[str, Any], keys: Iterable[str]) -> str | None:
    for key in keys:
        value = _look(data, key)
        if isinstance(value, dict):
            value = value.get("name")
        if isinstance(value, str):
            found = level_of(value)
        elif isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1000:
            found = level_of_number(value, key)
        else:
            found = None
        if found:
            return found
    return None


def _time(data: Mapping[str, Any], keys: Iterable[str]) -> float | None:
    for key in keys:
        value = data.get(key)
        if isinstance(value, dict):
            value = value.get("timestamp")
        found = None
        if isinstance(value, str):
            found = read_time(value)
            if found is None and _NUMBER.fullmatch(value):
                found = read_number_time(float(value))
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            found = read_number_time(value)
        if found is not None:
            return found
    return None


def _stack(data: Mapping[str, Any], plan: _Plan) -> tuple[str | None, str | None]:
    """The traceback that the record carries, and the text of its error."""
    for key in plan.stack:
        value = _look(data, key)
        if isinstance(value, str) and value.strip():
            return value, None
        if isinstance(value, list) and value:
            value = value[0]
        if isinstance(value, dict):
            kind = value.get("exc_type") or value.get("type") or ""
            what = value.get("exc_value") or value.get("message") or value.get("value") or ""
            if kind or what:
                return f"{kind}: {what}", None
    error = data.get("err") or data.get("error")
    if isinstance(error, dict):
        kind, what = error.get("type") or error.get("name") or "", error.get("message") or ""
        return (f"{kind}: {what}".strip(": ") or None), str(what or kind)
    if isinstance(error, str):
        return (error if "\n" in error or "Traceback (" in error else None), error
    return None, None
