"""The log records that a cost command reads call by call."""

from __future__ import annotations

from collections.abc import Iterator

from agentctl.analysis.logs.records import records
from agentctl.cli.connecting import sources_of
from agentctl.cli.cost_data import moment_of, window_of
from agentctl.cli.options import SourceOptions, TimeOptions
from agentctl.model.errors import ErrorNote, InputError, SourceError
from agentctl.model.records import LogRecord
from agentctl.model.report import Window
from agentctl.sources.protocols import LogQuery, Sources


class Reading:
    """The records of all streams, one stream after the other; a stream that fails is noted and the others go on."""

    def __init__(self, source: SourceOptions, time: TimeOptions) -> None:
        self.sources: Sources = sources_of(source)
        self.window: Window = window_of(self.sources, time)
        self.errors: list[ErrorNote] = []
        self.first: float | None = None
        self.last: float | None = None
        # Log files without a time flag are read whole.
        self._whole = bool(source.logs) and not time.given

    def __iter__(self) -> Iterator[LogRecord]:
        """Records in the window, and those with no time. Raises InputError where there are no logs at all."""
        if self.sources.logs is None:
            note = self.sources.notes.get("logs")
            raise InputError(
                "no-logs",
                note.message if note else "there are no logs to read",
                "give --logs PATH or a --bundle with logs",
            )
        start, end = self.window.start.timestamp(), self.window.end.timestamp()
        for stream in self.sources.logs.streams(LogQuery(window=None if self._whole else self.window)):
            try:
                for record in records(stream.chunks(), stream.origin):
                    if record.time is None or self._whole or start < record.time <= end:
                        self._stamp(record.time)
                        yield record
            except SourceError as error:
                self.errors.append(error.note())

    def span(self) -> Window:
        """The window, or what the files cover where they were read whole. Right only after all was read."""
        if not self._whole or self.first is None or self.last is None or self.last <= self.first:
            return self.window
        return Window(moment_of(self.first), moment_of(self.last))

    def _stamp(self, time: float | None) -> None:
        if time is not None:
            self.first = time if self.first is None else min(self.first, time)
            self.last = time if self.last is None else max(self.last, time)
