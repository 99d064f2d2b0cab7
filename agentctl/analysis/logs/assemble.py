"""Lines put together: a traceback belongs to the record that announces it, else it is an error of its own.

A record announces a traceback if it is the line before it, is a warning or worse, and was not written more than GAP
seconds earlier (where both carry the platform's stamp). Indented lines continue the record before them.
"""

from __future__ import annotations

from enum import Enum

from agentctl.analysis.logs import tracebacks as shape
from agentctl.analysis.logs.fields import Fields
from agentctl.analysis.logs.levels import RANK
from agentctl.analysis.logs.line import read_fields, split_stamp
from agentctl.analysis.logs.markers import read_marker
from agentctl.analysis.logs.text import is_right_aligned, states_level
from agentctl.model.records import LogRecord, Marker, Origin

GAP = 5.0
_TRACE_LINES = 400
_LINE_LIMIT = 4096
_MORE_LINES = 50
_STRANGERS = 100
_LOUD = RANK["WARNING"]


class _Mode(Enum):
    """Where in a traceback the last line stood."""

    NONE = 0
    FRAMES = 1
    AFTER = 2
    CHAINED = 3


class _Open:
    """A record whose lines may not be complete."""

    __slots__ = ("fields", "line", "more", "origin", "own", "stamp", "trace")

    def __init__(self, origin: Origin, stamp: float | None, fields: Fields, line: int, own: bool = False) -> None:
        self.origin = origin
        self.stamp = stamp
        self.fields = fields
        self.line = line
        self.own = own
        self.more: list[str] = []
        self.trace: list[str] = []

    @property
    def loud(self) -> bool:
        return RANK[self.fields.level] >= _LOUD

    def append_trace(self, text: str) -> None:
        self.trace.append(text[:_LINE_LIMIT])
        if len(self.trace) > _TRACE_LINES:
            del self.trace[_TRACE_LINES // 2 : -_TRACE_LINES // 4]

    def close(self) -> LogRecord:
        """The record as it stands."""
        fields = self.fields
        trace = "\n".join(self.trace) or fields.traceback
        if self.own:
            message = shape.last_error(trace or "") or fields.message
            return self._record(fields._replace(message=message, level="ERROR"), None, message, trace)
        marker, message = read_marker(fields.message, fields.data)
        if self.more:
            message = "\n".join([message, *self.more])
        return self._record(fields, marker, message, trace)

    def _record(self, fields: Fields, marker: Marker | None, message: str, trace: str | None) -> LogRecord:
        time = self.stamp if self.stamp is not None else fields.time
        return LogRecord(
            time,
            fields.level,
            message,
            self.origin,
            self.line,
            fields.agent,
            fields.trace_id,
            fields.run_id,
            marker,
            trace,
        )


class Assembler:
    """Takes the lines of one container in order and hands out whole records."""

    def __init__(self, origin: Origin) -> None:
        self.origin = origin
        self._last: _Open | None = None
        self._tentative: tuple[_Open, str] | None = None
        self._mode = _Mode.NONE
        self._strangers = 0
        self._seen = False

    def feed(self, raw: bytes, line: int, out: list[LogRecord]) -> None:
        """Take one line (without its newline) as it came; whole records are appended to `out`."""
        origin, stamp, text = split_stamp(raw, self.origin)
        self.feed_text(origin, stamp, text, line, out)

    def feed_text(self, origin: Origin, stamp: float | None, text: str, line: int, out: list[LogRecord]) -> None:
        """Take one line whose stamp is already split off."""
        if not text or text.isspace():
            self._blank(out)
            return
        if self._mode is not _Mode.NONE and self._in_traceback(origin, stamp, text, line, out):
            return
        if self._tentative is not None and self._confirmed(text, out):
            return
        if self._starts_traceback(origin, stamp, text, line, out) or self._continues(origin, stamp, text, line, out):
            return
        self._record(origin, stamp, text, line, out)

    def pass_quiet(self, out: list[LogRecord]) -> None:
        """A whole record below warning went by, seen by somebody else."""
        self._seen = True
        if self._mode in (_Mode.FRAMES, _Mode.CHAINED):
            self._stranger(out)
        else:
            self._flush(out)

    def feed_loud(self, stamp: float | None, fields: Fields, line: int, out: list[LogRecord]) -> None:
        """Take a warning or error that somebody else has read; no traceback or text before it goes on."""
        self._open(_Open(self.origin, stamp, fields, line), out)

    @property
    def idle(self) -> bool:
        """Whether `pass_quiet` would do nothing."""
        return self._seen and self._last is None and self._tentative is None

    def finish(self, out: list[LogRecord]) -> None:
        """No more lines come."""
        self._flush(out)

    def _blank(self, out: list[LogRecord]) -> None:
        if self._tentative is not None:
            self._keep_tentative(out)
        if self._mode is not _Mode.NONE and self._last is not None:
            self._last.append_trace("")

    def _flush(self, out: list[LogRecord]) -> None:
        if self._last is not None:
            out.append(self._last.close())
        if self._tentative is not None:
            out.append(self._tentative[0].close())
        self._last = self._tentative = None
        self._mode = _Mode.NONE

    def _stranger(self, out: list[LogRecord]) -> None:
        """A record of another process stands in the middle of a traceback."""
        self._strangers += 1
        if self._strangers > _STRANGERS:
            self._flush(out)

    def _in_traceback(self, origin: Origin, stamp: float | None, text: str, line: int, out: list[LogRecord]) -> bool:
        """Whether the line was taken into the open traceback, or dealt with beside it."""
        last = self._last
        if last is None:  # pragma: no cover - a mode is never set without a record
            return False
        if text[0] in " \t":
            if is_right_aligned(text):
                self._mode = _Mode.NONE
                return False
            if shape.GROUP_START.match(text):
                chained, self._mode = self._mode is _Mode.CHAINED, _Mode.NONE
                if not chained:
                    return False
                self._mode = _Mode.AFTER
            last.append_trace(text)
            return True
        if self._mode is _Mode.AFTER:
            return self._after(last, text)
        if self._mode is _Mode.CHAINED and shape.PYTHON_START.match(text):
            self._mode = _Mode.FRAMES
            last.append_trace(text)
            return True
        if shape.PYTHON_START.match(text):
            self._mode = _Mode.NONE
            return False
        fields = read_fields(text)
        if fields.level is not None and RANK[fields.level] < _LOUD:
            out.append(_Open(origin, stamp, fields, line).close())
            self._stranger(out)
            return True
        if fields.level is None and fields.data is None and shape.PYTHON_END.match(text):
            last.append_trace(text)
            self._mode = _Mode.AFTER
            return True
        self._mode = _Mode.NONE
        return False

    def _after(self, last: _Open, text: str) -> bool:
        if shape.CHAIN.match(text):
            self._mode = _Mode.CHAINED
        elif not shape.CAUSED_BY.match(text):
            self._mode = _Mode.NONE
            return False
        last.append_trace(text)
        return True

    def _starts_traceback(
        self, origin: Origin, stamp: float | None, text: str, line: int, out: list[LogRecord]
    ) -> bool:
        if text[0] == "T":
            starts, mode = shape.PYTHON_START.match(text), _Mode.FRAMES
        elif text[0] in " \t+":
            starts, mode = shape.GROUP_START.match(text), _Mode.AFTER
            if not starts and not self._seen:
                starts, mode = shape.FRAME.match(text), _Mode.FRAMES
        else:
            return False
        if not starts:
            return False
        self._open_trace(origin, stamp, line, out)
        if self._last is not None:
            self._last.append_trace(text)
        self._mode, self._strangers = mode, 0
        return True

    def _open_trace(self, origin: Origin, stamp: float | None, line: int, out: list[LogRecord]) -> None:
        """Make `last` the record that the traceback belongs to: the one that announces it, or a new one."""
        last = self._last
        if last is not None and not last.trace and not _apart(last.stamp, stamp):
            if last.loud:
                return
            if last.fields.level is None and shape.ANNOUNCEMENT.match(last.fields.message):
                last.own = True
                return
        self._flush(out)
        self._seen = True
        self._last = _Open(origin, stamp, Fields("traceback"), line, own=True)

    def _continues(self, origin: Origin, stamp: float | None, text: str, line: int, out: list[LogRecord]) -> bool:
        last = self._last
        if text[0] not in " \t":
            if last is not None and last.loud and shape.ASYNCIO_DETAIL.match(text) and len(last.more) < _MORE_LINES:
                last.more.append(text[:_LINE_LIMIT])
                return True
            return False
        if not self._seen or states_level(text.lstrip()):
            return False
        if last is not None:
            if shape.AT.match(text) and last.loud:
                last.append_trace(text)
                self._mode = _Mode.AFTER
            elif len(last.more) < _MORE_LINES:
                last.more.append(text[:_LINE_LIMIT])
        return True

    def _confirmed(self, text: str, out: list[LogRecord]) -> bool:
        """Whether an `at …` line shows that the bare exception line before it began a trace."""
        tentative = self._tentative
        if tentative is None or not shape.AT.match(text):
            self._keep_tentative(out)
            return False
        record, first = tentative
        self._tentative = None
        last = self._last
        if last is None or not last.loud or last.trace or _apart(last.stamp, record.stamp):
            self._flush(out)
            record.own = True
            self._last = last = record
        last.append_trace(first)
        last.append_trace(text)
        self._mode = _Mode.AFTER
        return True

    def _keep_tentative(self, out: list[LogRecord]) -> None:
        """The bare exception line was a record like any other."""
        if self._tentative is not None:
            record, self._tentative = self._tentative[0], None
            self._flush(out)
            self._last = record

    def _record(self, origin: Origin, stamp: float | None, text: str, line: int, out: list[LogRecord]) -> None:
        fields = read_fields(text, stamp is None)
        record = _Open(origin, stamp, fields, line)
        self._seen = True
        if fields.level is None and fields.data is None and shape.EXCEPTION_LINE.match(text):
            self._mode = _Mode.NONE
            self._tentative = (record, text)
            return
        self._open(record, out)

    def _open(self, record: _Open, out: list[LogRecord]) -> None:
        fields = record.fields
        self._flush(out)
        self._seen = True
        self._last = record
        if record.loud and fields.data is None and shape.ENDS_WITH_HEADER.search(fields.message):
            record.append_trace("Traceback (most recent call last):")
            self._mode, self._strangers = _Mode.FRAMES, 0


def _apart(before: float | None, after: float | None) -> bool:
    return before is not None and after is not None and abs(after - before) > GAP
