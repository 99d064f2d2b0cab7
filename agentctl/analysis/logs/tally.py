"""Records, or counts of many alike, summed up into a digest. One tally a stream; digests are merged afterwards."""

from __future__ import annotations

from collections.abc import Iterable
from math import inf

from agentctl.analysis.logs.calls import LlmTally, ToolTally, add_totals, totals_of
from agentctl.analysis.logs.digest import MODEL_CALL, NO_MINUTE, RUNS, Cell, Counts, LogDigest, RunTotals
from agentctl.analysis.logs.groups import Groups
from agentctl.model.records import ERROR_LEVELS, Blocked, FailedAttempt, LlmCall, LogRecord, ToolCall
from agentctl.model.report import Window


class Span:
    """A window as unix seconds: (start, end]; without a window everything lies in it."""

    __slots__ = ("end", "start")

    def __init__(self, window: Window | None) -> None:
        self.start = window.start.timestamp() if window else -inf
        self.end = window.end.timestamp() if window else inf

    def holds(self, time: float) -> bool:
        """Whether a time lies in the window."""
        return self.start < time <= self.end

    def holds_minute(self, minute: int) -> bool | None:
        """True or False if the whole minute lies in or out of the window, None if the window begins or ends in it."""
        first, next_first = minute * 60.0, minute * 60.0 + 60.0
        if self.start < first and next_first <= self.end:
            return True
        if next_first <= self.start or first > self.end:
            return False
        return None


class Tally:
    """Sums up the records of one stream."""

    def __init__(self, span: Span) -> None:
        self.span = span
        self.lines = self.cut = self.undated = self.outside = 0
        self.first: float | None = None
        self.last: float | None = None
        # Counts of one cell in one minute: [records, errors, warnings].
        self.activity: dict[Cell, dict[int, list[int]]] = {}
        self.errors, self.attempts, self.blocked, self.warnings = Groups(), Groups(), Groups(), Groups()
        self.tools = ToolTally()
        self.llm = LlmTally()
        self.runs: dict[str, RunTotals] = {}
        self.runs_left_out = 0
        # The tool, or MODEL_CALL, of the last call in the stream.
        self.last_call = ""

    def add(self, record: LogRecord) -> None:
        """Count one record, if it lies in the window."""
        time = record.time
        if time is None:
            minute = NO_MINUTE
            self.undated += 1
        elif self.span.holds(time):
            minute = int(time // 60)
            self.seen(time)
        else:
            self.outside += 1
            return
        cell = (record.agent or record.origin.agent, record.origin.pod)
        counts = self.minute(cell, minute)
        counts[0] += 1
        if record.run_id is not None:
            self._run(record, cell)
        if record.marker is not None:
            self._mark(record, cell, minute)
        if record.level in ERROR_LEVELS:
            counts[1] += 1
            self.errors.add(record, cell, minute, after=self.last_call)
        elif record.level == "WARNING":
            counts[2] += 1
            if record.marker is None:
                self.warnings.add(record, cell, minute, after=self.last_call)

    def seen(self, time: float) -> None:
        """Widen the time that the records span."""
        if self.first is None or time < self.first:
            self.first = time
        if self.last is None or time > self.last:
            self.last = time

    def minute(self, cell: Cell, minute: int) -> list[int]:
        """The counts of a cell in a minute, to be added to."""
        minutes = self.activity.get(cell)
        if minutes is None:
            minutes = self.activity[cell] = {}
        counts = minutes.get(minute)
        if counts is None:
            counts = minutes[minute] = [0, 0, 0]
        return counts

    def digest(self) -> LogDigest:
        """What the records came to."""
        counts = [c for minutes in self.activity.values() for c in minutes.values()]
        return LogDigest(
            lines=self.lines,
            records=sum(c[0] for c in counts),
            errors=sum(c[1] for c in counts),
            undated=self.undated,
            outside=self.outside,
            cut=self.cut,
            first_time=self.first,
            last_time=self.last,
            activity=_frozen(self.activity),
            groups=self.errors.finished(),
            attempts=self.attempts.finished(),
            blocked=self.blocked.finished(),
            warnings=self.warnings.finished(),
            tools=self.tools.totals(),
            llm=self.llm.totals(),
            dearest=self.llm.dearest(),
            runs=self.runs,
            runs_left_out=self.runs_left_out,
        )

    def _mark(self, record: LogRecord, cell: Cell, minute: int) -> None:
        marker = record.marker
        if isinstance(marker, LlmCall):
            self.last_call = MODEL_CALL
            self.llm.add(record, marker, cell, minute)
        elif isinstance(marker, ToolCall):
            self.last_call = marker.tool
            self.tools.add(record, marker, cell, minute)
        elif isinstance(marker, FailedAttempt):
            self.attempts.add(record, cell, minute, marker.error, after=self.last_call)
        elif isinstance(marker, Blocked):
            self.blocked.add(record, cell, minute, marker.reason, after=self.last_call)

    def _run(self, record: LogRecord, cell: Cell) -> None:
        run = self.runs.get(record.run_id or "")
        if run is None:
            if len(self.runs) >= RUNS:
                self.runs_left_out += 1
                return
            run = self.runs[record.run_id or ""] = RunTotals(record.run_id or "", *cell)
        run.records += 1
        run.errors += record.level in ERROR_LEVELS
        if record.time is not None:
            if run.first_seen is None or (record.time, *cell) < (run.first_seen, run.agent, run.pod):
                run.first_seen, run.agent, run.pod = record.time, *cell
            run.last_seen = record.time if run.last_seen is None else max(run.last_seen, record.time)
        elif run.first_seen is None:
            run.agent, run.pod = min((run.agent, run.pod), cell)
        marker = record.marker
        if isinstance(marker, ToolCall):
            run.tools[marker.tool] = run.tools.get(marker.tool, 0) + 1
        elif isinstance(marker, LlmCall):
            run.llm = add_totals(run.llm, totals_of(marker))


def tally(records: Iterable[LogRecord], window: Window | None = None) -> Tally:
    """Sum up records; their lines are not counted, which only the reader of the bytes can do."""
    found = Tally(Span(window))
    for record in records:
        found.add(record)
    return found


def _frozen(activity: dict[Cell, dict[int, list[int]]]) -> dict[Cell, dict[int, Counts]]:
    """The same as named tuples; equal counts share one object, which saves most of the memory."""
    shared: dict[Counts, Counts] = {}
    return {
        cell: {minute: shared.setdefault(c, c) for minute, c in ((m, Counts(*counts)) for m, counts in minutes.items())}
        for cell, minutes in activity.items()
    }
