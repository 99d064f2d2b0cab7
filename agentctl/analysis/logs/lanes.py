"""The fast way from blocks of lines to a tally: lines in the commonest layouts are taken many at a time.

A layout's regular expression takes the lines that are whole records below warning in printable ASCII: plain ones,
`TOOL_CALL:` and `LLM_CALL`. Every other line goes, in its turn, the long way of `assemble`, so what comes out is the
same to the last digit; a property test holds the two together.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal

from agentctl.analysis.logs.assemble import Assembler
from agentctl.analysis.logs.calls import note_calls
from agentctl.analysis.logs.digest import MODEL_CALL, NO_MINUTE, DearCall, LlmTotals
from agentctl.analysis.logs.fields import Fields
from agentctl.analysis.logs.layouts import HEADS, Row, layout
from agentctl.analysis.logs.line import split_stamp
from agentctl.analysis.logs.markers import read_marker
from agentctl.analysis.logs.records import lines_of
from agentctl.analysis.logs.structured import read_json
from agentctl.analysis.logs.tally import Tally
from agentctl.analysis.logs.text import ids_in
from agentctl.analysis.logs.times import read_minute
from agentctl.model.records import LogRecord, Origin, ToolCall

# A run's id is read out of the text wherever it stands.
_RUN = re.compile(rb"run_id|runId")
_SAMPLE = 2000
_STAMPED_OBJECT = re.compile(r"(?:(\d{4}-\d\d-\d\dT\d\d:\d\d):([0-5]\d(?:\.\d{1,9})?)Z )?(?=\{)", re.ASCII)
_OBJECT = re.compile(_STAMPED_OBJECT.pattern.encode())
_BELOW = frozenset({"DEBUG", "INFO"})
_MICRO = 6


class Lanes:
    """Feeds the blocks of one stream into a tally."""

    def __init__(self, origin: Origin, tally: Tally) -> None:
        self._origin = origin
        self._cell = (origin.agent, origin.pod)
        self._tally = tally
        self._main = Assembler(origin)
        self._assemblers = {origin: self._main}
        # A minute's number, whether it lies in the window (None = in part), and its first second in unix time.
        self._minutes: dict[bytes, tuple[int, bool | None, float]] = {b"": (NO_MINUTE, True, 0.0)}
        self._head: tuple[str, bool] = ("default", True)

    def feed(self, block: bytes) -> None:
        """Take a block of whole lines."""
        rows = self._split(block)
        if rows is not None:
            self._walk(rows)
        elif _OBJECT.match(block) and self._objects(block):
            return
        else:
            self._long_way(block)

    def finish(self) -> None:
        """No more lines come."""
        out: list[LogRecord] = []
        for assembler in self._assemblers.values():
            assembler.finish(out)
        self._count(out)

    def _long_way(self, block: bytes) -> None:
        out: list[LogRecord] = []
        for raw in lines_of(block):
            self._tally.lines += 1
            self._feed_line(raw, out)
        self._count(out)

    def _objects(self, block: bytes) -> bool:
        """Take a block that is mostly JSON objects; False if it is not text at all."""
        try:
            text = block.decode()
        except UnicodeDecodeError:
            return False
        out: list[LogRecord] = []
        for line in text.removesuffix("\n").split("\n"):
            self._tally.lines += 1
            record = self._object(line)
            if record is None:
                self._feed_line(line.encode(), out)
                continue
            if not self._main.idle:
                self._main.pass_quiet(out)
                self._count(out)
            self._tally.add(record)
        self._count(out)
        return True

    def _object(self, line: str) -> LogRecord | None:
        """A JSON line below warning as a record; None if it is anything else."""
        found = _STAMPED_OBJECT.match(line)
        start = read_minute(found[1]) if found and found[1] else 0.0
        if found is None or start is None:
            return None
        fields = read_json(line[found.end() :], not found[1])
        if fields is None or fields.level not in _BELOW or "log" in (fields.data or ()):
            return None
        time = start + float(found[2]) if found[1] else fields.time
        marker, message = read_marker(fields.message, fields.data)
        ids = fields.agent, fields.trace_id, fields.run_id
        return LogRecord(time, fields.level, message, self._origin, self._tally.lines, *ids, marker, fields.traceback)

    def _feed_line(self, raw: bytes, out: list[LogRecord]) -> None:
        origin, stamp, text = split_stamp(raw, self._origin)
        assembler = self._main if origin is self._origin else self._assemblers.get(origin)
        if assembler is None:
            assembler = self._assemblers[origin] = Assembler(origin)
        assembler.feed_text(origin, stamp, text, self._tally.lines, out)

    def _count(self, out: list[LogRecord]) -> None:
        for record in out:
            self._tally.add(record)
        out.clear()

    def _split(self, block: bytes) -> list[Row] | None:
        """The block's lines as rows of its layout; None if they all must go the long way."""
        found = self._recognised(block[:_SAMPLE])
        if found is None or _RUN.search(block):
            return None
        rows: list[Row] = layout(*found).findall(block if block.endswith(b"\n") else block + b"\n")
        if any(self._minute(minute)[1] is None for minute in {row[0] for row in rows}):
            return None
        self._tick(rows)
        return rows

    def _recognised(self, sample: bytes) -> tuple[str, bool] | None:
        """The layout that most of the first lines are in: the one of the block before, if it still is."""
        lines = [line + b"\n" for line in sample.split(b"\n")[:12] if line]
        choices = [self._head, *((head, stamped) for head in HEADS for stamped in (True, False))]
        for choice in choices:
            found = [layout(*choice).match(line) for line in lines]
            if sum(bool(f and f[f.re.groups] is None) for f in found) * 3 >= len(lines) > 0:
                self._head = choice
                return choice
        return None

    def _minute(self, text: bytes) -> tuple[int, bool | None, float]:
        known = self._minutes.get(text)
        if known is None:
            start = read_minute(text.decode())
            if start is None:
                known = (NO_MINUTE, None, 0.0)
            else:
                number = int(start // 60)
                known = (number, self._tally.span.holds_minute(number), start)
            self._minutes[text] = known
        return known

    def _time(self, row: Row) -> float | None:
        """When a row was written, as `read_time` reads it."""
        return self._minutes[row[0]][2] + float(row[1][1:].replace(b",", b".")) if row[0] else None

    def _tick(self, rows: Sequence[Row]) -> None:
        """Count the quiet rows by minute, and note the first and the last time."""
        tally, inside = self._tally, []
        for text, count in Counter([row[0] for row in rows if row[2]]).items():
            number, state, _ = self._minute(text)
            if not state:
                tally.outside += count
                continue
            tally.minute(self._cell, number)[0] += count
            if text:
                inside.append(text)
            else:
                tally.undated += count
        if not inside:
            return
        first, last = min(inside), max(inside)
        if tally.first is None or self._minute(first)[2] <= tally.first:
            tally.seen(self._extreme(first, rows, min))
        if tally.last is None or self._minute(last)[2] + 60 > tally.last:
            tally.seen(self._extreme(last, rows, max))

    def _extreme(self, minute: bytes, rows: Sequence[Row], pick: Callable[[Iterable[bytes]], bytes]) -> float:
        """The first or last time of the quiet rows in a minute; `:05.25` sorts as text as it does as a number."""
        seconds = b"\n".join([row[1] for row in rows if row[0] == minute and row[2]])
        second = pick(seconds.replace(b",", b".").split(b"\n"))
        return self._minute(minute)[2] + float(second[1:])

    def _walk(self, rows: Sequence[Row]) -> None:
        """Take the rows that are not quiet in their order, with the quiet ones that end a record; calls many at a time."""
        tally, main = self._tally, self._main
        out: list[LogRecord] = []
        idle, before = main.idle, tally.lines
        self._models(rows, before + 1)
        calls = [at for at, row in enumerate(rows) if row[7]]
        # How many of `calls` are counted, and the row up to which the last call is known.
        counted = known = 0
        at = self._next_odd(rows, 0) if idle else 0
        while at < len(rows):
            row = rows[at]
            if not row[2]:
                tally.lines = before + at + 1
                if row[9]:
                    self._loud(row, out)
                else:
                    self._feed_line(row[11], out)
                idle = False
            else:
                main.pass_quiet(out)
                idle = main.idle
            if out:
                self._last_call(rows, known, at)
                known = at
                if any(isinstance(record.marker, ToolCall) for record in out):
                    # Arguments are compared within a minute, so calls are counted in the order in which they came.
                    upto = bisect_left(calls, at)
                    self._tools(rows, calls[counted:upto])
                    counted = upto
                self._count(out)
            at = self._next_odd(rows, at + 1) if idle else at + 1
        self._last_call(rows, known, len(rows))
        self._tools(rows, calls[counted:])
        tally.lines = before + len(rows)

    @staticmethod
    def _next_odd(rows: Sequence[Row], at: int) -> int:
        """The next row that is not quiet, from one on; the number of rows where there is none."""
        return next((i for i in range(at, len(rows)) if not rows[i][2]), len(rows))

    def _last_call(self, rows: Sequence[Row], start: int, end: int) -> None:
        """Note the last call of some rows, if there is one."""
        for at in range(end - 1, start - 1, -1):
            row = rows[at]
            if row[3] or row[7]:
                self._tally.last_call = MODEL_CALL if row[3] else row[7].decode()
                return

    def _tools(self, rows: Sequence[Row], places: Sequence[int]) -> None:
        """Count the tool calls at some places, each tool's a minute at a time."""
        found: dict[bytes, tuple[bytes, list[bytes]]] = {}
        for at in places:
            row = rows[at]
            known = found.get(row[7])
            if known is None or known[0] != row[0]:
                if known is not None:
                    self._tool(row[7], *known)
                known = found[row[7]] = (row[0], [])
            known[1].append(row[8])
        for tool, (minute, arguments) in found.items():
            self._tool(tool, minute, arguments)

    def _tool(self, tool: bytes, minute: bytes, arguments: Sequence[bytes]) -> None:
        number, inside, _ = self._minutes[minute]
        if inside:
            totals, seen = self._tally.tools.open((*self._cell, tool.decode()), number)
            note_calls(totals, seen, list(map(bytes.rstrip, arguments)))

    def _models(self, rows: Sequence[Row], line: int) -> None:
        """Count the model calls; `line` is the first row's number."""
        calls: dict[tuple[bytes, bytes], list[int]] = {}
        for at in [at for at, row in enumerate(rows) if row[3]]:
            key = rows[at][3], rows[at][0]
            if key in calls:
                calls[key].append(at)
            else:
                calls[key] = [at]
        for (model, minute), places in calls.items():
            number, inside, _ = self._minutes[minute]
            if not inside:
                continue
            mine = [rows[at] for at in places]
            micros = [int(row[6].replace(b".", b"")) for row in mine]
            read, written = sum([int(row[4]) for row in mine]), sum([int(row[5]) for row in mine])
            cost = Decimal(sum(micros)).scaleb(-_MICRO)
            self._tally.llm.count((*self._cell, model.decode()), number, LlmTotals(len(places), read, written, cost, 0))
            self._offer(mine, micros, [line + at for at in places])

    def _offer(self, rows: Sequence[Row], micros: Sequence[int], lines: Sequence[int]) -> None:
        """Offer the calls that may be among the dearest; the floor rises while they come."""
        llm = self._tally.llm
        floor = _micro(llm.floor)
        if max(micros) < floor:
            return
        for row, micro, line in zip(rows, micros, lines, strict=True):
            if micro >= floor:
                llm.offer(self._dear(row, micro, line))
                floor = _micro(llm.floor)

    def _loud(self, row: Row, out: list[LogRecord]) -> None:
        """A warning or error in the layout: a record that may be followed by its traceback."""
        message = row[10].decode()
        trace_id, run_id = ids_in(message)
        time = self._time(row)
        stamp = time if self._head[1] else None
        fields = Fields(message, row[9].decode(), time, None, trace_id, run_id)
        self._main.feed_loud(stamp, fields, self._tally.lines, out)

    def _dear(self, row: Row, micro: int, line: int) -> DearCall:
        cost = Decimal(micro).scaleb(-_MICRO)
        return DearCall(cost, *self._cell, row[3].decode(), int(row[4]), int(row[5]), self._time(row), None, None, line)


def _micro(floor: Decimal) -> int:
    """A cost in millionths of a dollar, rounded down; 0 for a floor that is none."""
    return int(floor.scaleb(_MICRO)) if floor > 0 else 0
