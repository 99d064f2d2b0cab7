"""The fast way from blocks of lines to a tally: lines in the commonest layouts are taken many at a time.

A layout's regular expression takes the lines that are whole records below warning in printable ASCII: plain ones,
`TOOL_CALL:` and `LLM_CALL`. Every other line goes, in its turn, the long way of `assemble`, so what comes out is the
same to the last digit; a property test holds the two together.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache

from agentctl.analysis.logs.assemble import Assembler
from agentctl.analysis.logs.digest import NO_MINUTE, DearCall
from agentctl.analysis.logs.line import split_stamp
from agentctl.analysis.logs.records import lines_of
from agentctl.analysis.logs.tally import Tally
from agentctl.analysis.logs.times import read_minute, read_time
from agentctl.model.records import LogRecord, Origin

_DATE = rb"[12]\d{3}-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)"
_HOUR = rb"(?:[01]\d|2[0-3]):[0-5]\d"
_STAMP = rb"(" + _DATE + rb"T" + _HOUR + rb")(:[0-5]\d(?:\.\d{1,9})?)Z "
_OWN = rb"(" + _DATE + rb" " + _HOUR + rb")(:[0-5]\d(?:[,.]\d{1,9})?)"
_OWN_TOO = _DATE + rb" " + _HOUR + rb":[0-5]\d(?:[,.]\d{1,9})?"
_MARKERS = rb"TOOL_CALL|LLM_CALL|BLOCKED|Attempt"
# A logger's name; a word in capitals may be a level, so it is left to the long way.
_NAME = rb"(?!" + _MARKERS + rb"|[A-Z]+\b)[A-Za-z][\w.\-]{0,60}"
_QUIET = rb"(INFO|DEBUG)"
# The usual layouts: what stands between the time and the message.
_HEADS = {
    "default": _QUIET + rb":" + _NAME + rb":",
    "dashes": rb" - " + _NAME + rb" - " + _QUIET + rb" - ",
    "spaces": rb" " + _QUIET + rb" {1,4}(?:\[" + _NAME + rb"\] |" + _NAME + rb": )?",
}
_REST = (
    rb"(?:LLM_CALL model=([\w.\-:/@]{1,100}) input_tokens=(\d{1,12}) output_tokens=(\d{1,12}) cost=\$(\d{1,8}\.\d{6})"
    rb"|TOOL_CALL: ([\w.\-]{1,100})((?: [!-~][ -~]{0,2000})?)"
    # A plain message; what may be a marker with a name before it goes the long way.
    rb"|(?!" + _MARKERS + rb"|[\[|(<\-]|[\w./\-<>]{1,80}(?::|\s{1,80}[-|]))[!-~][ -~]{0,4000})"
)
# A run's id is read out of the text wherever it stands.
_RUN = re.compile(rb"run_id|runId")
_SAMPLE = 2000
Row = tuple[bytes, ...]
_MICRO = 6


@lru_cache(maxsize=16)
def _layout(head: str, stamped: bool) -> re.Pattern[bytes]:
    """Splits a line into (minute, second, level, model, input, output, cost, tool, arguments, other)."""
    own = head != "default"
    front = _STAMP + (_OWN_TOO if own else b"") if stamped else (_OWN if own else rb"()()")
    return re.compile(rb"(?:" + front + _HEADS[head] + _REST + rb"|([^\n]*))\n")


class Lanes:
    """Feeds the blocks of one stream into a tally."""

    def __init__(self, origin: Origin, tally: Tally) -> None:
        self._origin = origin
        self._cell = (origin.agent, origin.pod)
        self._tally = tally
        self._main = Assembler(origin)
        self._assemblers = {origin: self._main}
        self._minutes: dict[bytes, tuple[int, bool | None]] = {b"": (NO_MINUTE, True)}
        self._head: tuple[str, bool] | None = None

    def feed(self, block: bytes) -> None:
        """Take a block of whole lines."""
        rows = self._split(block)
        if rows is None:
            self._long_way(block)
        else:
            self._walk(rows)

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
        rows: list[Row] = _layout(*found).findall(block if block.endswith(b"\n") else block + b"\n")
        minutes = Counter(row[0] for row in rows if row[2])
        states = [self._minute(minute)[1] for minute in minutes]
        if any(state is None for state in states):
            return None
        self._tick(minutes, rows)
        return rows

    def _recognised(self, sample: bytes) -> tuple[str, bool] | None:
        """The layout that most of the first lines are in: the one of the block before, if it still is."""
        lines = [line + b"\n" for line in sample.split(b"\n")[:12] if line]
        choices = [(head, stamped) for head in _HEADS for stamped in (True, False)]
        if self._head is not None:
            choices.insert(0, self._head)
        for choice in choices:
            layout = _layout(*choice)
            if sum(bool(found and found[3]) for found in map(layout.match, lines)) * 3 >= len(lines) > 0:
                self._head = choice
                return choice
        return None

    def _minute(self, text: bytes) -> tuple[int, bool | None]:
        """A minute's number, and whether all, nothing or a part (None) of it lies in the window."""
        known = self._minutes.get(text)
        if known is None:
            start = read_minute(text.decode())
            number = NO_MINUTE if start is None else int(start // 60)
            known = self._minutes[text] = (number, None if start is None else self._tally.span.holds_minute(number))
        return known

    def _tick(self, minutes: Counter[bytes], rows: Sequence[Row]) -> None:
        """Count the fast rows by minute."""
        inside = []
        for text, count in minutes.items():
            number, state = self._minute(text)
            if not state:
                self._tally.outside += count
                continue
            self._tally.minute(self._cell, number)[0] += count
            if text:
                inside.append(text)
            else:
                self._tally.undated += count
        if inside:
            self._span(min(inside), rows, min)
            self._span(max(inside), rows, max)

    def _span(self, minute: bytes, rows: Sequence[Row], extreme: type | object) -> None:
        """Note the first or last time in a minute, if the tally does not reach beyond that minute anyway."""
        start = self._minute(minute)[0] * 60.0
        first, last = self._tally.first, self._tally.last
        if first is not None and last is not None and first < start and last >= start + 60:
            return
        seconds = {row[1][:3] for row in rows if row[0] == minute and row[2]}
        second = extreme(seconds)  # type: ignore[operator]
        for text in {row[1] for row in rows if row[0] == minute and row[2] and row[1][:3] == second}:
            time = read_time((minute + text).decode())
            if time is not None:
                self._tally.seen(time)

    def _walk(self, rows: Sequence[Row]) -> None:
        """Take the rows in their order."""
        tally, main, minutes, tools = self._tally, self._main, self._minutes, self._tally.tools
        agent, pod = self._cell
        out: list[LogRecord] = []
        calls: dict[tuple[bytes, bytes], list[int]] = {}
        floor = int(tally.llm.floor.scaleb(_MICRO)) if tally.llm.floor > 0 else 0
        idle = main.idle
        first_line = tally.lines
        for at, row in enumerate(rows, 1):
            minute, second, quiet, model, read, written, cost, tool, arguments, other = row
            if not quiet:
                tally.lines = first_line + at
                self._feed_line(other, out)
                idle = False
                continue
            if not idle:
                main.pass_quiet(out)
                idle = main.idle
                if out:
                    self._count(out)
            if model:
                micro = int(cost.replace(b".", b""))
                key = (model, minute)
                totals = calls.get(key)
                if totals is None:
                    if not minutes[minute][1]:
                        continue
                    totals = calls[key] = [0, 0, 0, 0]
                totals[0] += 1
                totals[1] += int(read)
                totals[2] += int(written)
                totals[3] += micro
                if micro >= floor:
                    tally.llm.offer(self._dear(row, micro, first_line + at))
                    floor = int(tally.llm.floor.scaleb(_MICRO)) if tally.llm.floor > 0 else 0
            elif tool:
                number, inside = minutes[minute]
                if inside:
                    tools.count((agent, pod, tool.decode()), number, arguments.rstrip())
        tally.lines = first_line + len(rows)
        self._count(out)
        for (model, minute), (count, read_sum, written_sum, micro) in calls.items():
            key_of = (agent, pod, model.decode())
            tally.llm.count(key_of, minutes[minute][0], (count, read_sum, written_sum, Decimal(micro).scaleb(-_MICRO), 0))

    def _dear(self, row: Row, micro: int, line: int) -> DearCall:
        agent, pod = self._cell
        time = read_time((row[0] + row[1]).decode()) if row[0] else None
        return DearCall(Decimal(micro).scaleb(-_MICRO), agent, pod, row[3].decode(), int(row[4]), int(row[5]), time, None, None, line)
