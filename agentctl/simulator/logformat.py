"""Log lines as the usual set-ups print them: Python's default, with a time stamp, JSON lines, logfmt, structlog, and mixed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple


class Line(NamedTuple):
    """One record before it is formatted. `time` is unix seconds; `fields` hold agent, run_id and trace_id where known."""

    time: float
    level: str
    logger: str
    message: str
    fields: Mapping[str, str]
    traceback: str | None = None


Format = Callable[[Line], str]


@lru_cache(maxsize=256)
def second_text(second: int) -> tuple[str, str]:
    """A unix second in UTC as a date and time with a space, and with a `T`; pods print in the same second over and over."""
    text = datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%d %H:%M:%S")
    return text, text.replace(" ", "T")


def _stamp(time: float) -> tuple[str, str]:
    return second_text(int(time))


def _millis(time: float) -> int:
    return int((time - int(time)) * 1000)


def basic(line: Line) -> str:
    """`logging.basicConfig()`: `LEVEL:name:message`."""
    return _with(f"{line.level}:{line.logger}:{line.message}", line.traceback)


def asctime(line: Line) -> str:
    """`%(asctime)s - %(name)s - %(levelname)s - %(message)s`."""
    return _with(
        f"{_stamp(line.time)[0]},{_millis(line.time):03d} - {line.logger} - {line.level} - {line.message}",
        line.traceback,
    )


def padded(line: Line) -> str:
    """`%(asctime)s %(levelname)-8s [%(name)s] %(message)s`."""
    return _with(
        f"{_stamp(line.time)[0]},{_millis(line.time):03d} {line.level:<8} [{line.logger}] {line.message}",
        line.traceback,
    )


def json_lines(line: Line) -> str:
    """What python-json-logger prints with fields renamed to lower case words."""
    body = {
        "timestamp": f"{_stamp(line.time)[1]}.{_millis(line.time):03d}Z",
        "level": line.level,
        "logger": line.logger,
        "message": line.message,
        **line.fields,
    }
    if line.traceback:
        body["exc_info"] = line.traceback
    return json.dumps(body, ensure_ascii=False)


def structlog(line: Line) -> str:
    """structlog's JSONRenderer: `event`, lower-case level, the exception as a string."""
    body = {**line.fields, "event": line.message, "level": line.level.lower(), "logger": line.logger}
    body["timestamp"] = f"{_stamp(line.time)[1]}.{_millis(line.time):03d}000Z"
    if line.traceback:
        body["exception"] = line.traceback
    return json.dumps(body, ensure_ascii=False)


def logfmt(line: Line) -> str:
    """`ts=… level=… logger=… msg="…"`, quotes and newlines escaped."""
    parts = [
        f"ts={_stamp(line.time)[1]}.{_millis(line.time):03d}Z",
        f"level={line.level.lower()}",
        f"logger={line.logger}",
        f"msg={_quote(line.message)}",
    ]
    parts += [f"{key}={_quote(value)}" for key, value in line.fields.items()]
    if line.traceback:
        parts.append(f"err={_quote(line.traceback)}")
    return " ".join(parts)


def json_logger(line: Line) -> str:
    """python-json-logger with the attribute names of `logging` as they are; the traceback under `exc_info`."""
    body = {
        "asctime": f"{_stamp(line.time)[0]},{_millis(line.time):03d}",
        "levelname": line.level,
        "name": line.logger,
        "message": line.message,
    }
    return json.dumps({**body, **line.fields, **({"exc_info": line.traceback} if line.traceback else {})})


def cloud(line: Line) -> str:
    """What Google's agents expect: `severity`, `time`, and the traceback as a part of the message."""
    body = {
        "severity": line.level,
        "time": f"{_stamp(line.time)[1]}.{_millis(line.time):03d}Z",
        "message": _with(line.message, line.traceback),
    }
    return json.dumps({**body, "logger": line.logger, **line.fields}, ensure_ascii=False)


def loguru(line: Line) -> str:
    """loguru's default: `time | LEVEL    | module:function:line - message`."""
    where = f"{line.logger.replace('-', '_')}:run:{80 + len(line.logger)}"
    return _with(
        f"{_stamp(line.time)[0]}.{_millis(line.time):03d} | {line.level:<8} | {where} - {line.message}", line.traceback
    )


def worker(line: Line) -> str:
    """Celery's: `[time: LEVEL/Process] message`."""
    return _with(
        f"[{_stamp(line.time)[0]},{_millis(line.time):03d}: {line.level}/MainProcess] {line.message}", line.traceback
    )


def mixed(line: Line) -> str:
    """Two set-ups in one process: the agent's logger prints time stamps, the libraries' loggers fall back to the default."""
    return padded(line) if line.logger.startswith(("enterprise", "agent")) else basic(line)


def _with(text: str, traceback: str | None) -> str:
    return f"{text}\n{traceback}" if traceback else text


def _quote(text: str) -> str:
    if text and not any(c in ' "=\n\t\\' for c in text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'


FORMATS: dict[str, Format] = {
    "basic": basic,
    "asctime": asctime,
    "padded": padded,
    "json": json_lines,
    "structlog": structlog,
    "logfmt": logfmt,
    "mixed": mixed,
    "json-logger": json_logger,
    "cloud": cloud,
    "loguru": loguru,
    "worker": worker,
}
