"""One stream of lines → its tally, block by block, so that a reader can stop or show what it has at any time."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from agentctl.analysis.logs.blocks import BLOCK, Blocks
from agentctl.analysis.logs.digest import LogDigest
from agentctl.analysis.logs.lanes import Lanes
from agentctl.analysis.logs.records import Reader
from agentctl.analysis.logs.tally import Span, Tally
from agentctl.model.errors import ErrorNote, SourceError
from agentctl.model.records import Origin
from agentctl.model.report import Window
from agentctl.model.streams import LogStream


def plain_digest(chunks: Iterable[bytes], origin: Origin, window: Window | None = None) -> LogDigest:
    """The digest by way of every single record: the reference for the fast one."""
    reader = Reader(chunks, origin)
    tally = Tally(Span(window))
    for record in reader:
        tally.add(record)
    tally.lines, tally.cut = reader.lines, reader.cut
    return tally.digest()


class StreamTally:
    """Sums up one stream; `digest` is what was read so far, and the end of it."""

    def __init__(self, origin: Origin, window: Window | None = None) -> None:
        self._tally = Tally(Span(window))
        self._lanes = Lanes(origin, self._tally)

    def blocks(self, chunks: Iterable[bytes], size: int = BLOCK) -> Iterable[bytes]:
        """The chunks as blocks to be fed; counts the lines that are cut."""
        blocks = Blocks(chunks, size)
        try:
            yield from blocks
        finally:
            self._tally.cut += blocks.cut

    def feed(self, block: bytes) -> None:
        """Take a block of whole lines."""
        self._lanes.feed(block)

    def digest(self) -> LogDigest:
        """What was read so far; nothing can be fed afterwards."""
        self._lanes.finish()
        return self._tally.digest()


def read_stream(
    stream: LogStream, window: Window | None, late: Callable[[], bool] | None
) -> tuple[LogDigest, ErrorNote | None]:
    """The digest of one stream, and a note if it was not read to its end; what came before that stands."""
    tally = StreamTally(stream.origin, window)
    note = None
    try:
        for block in tally.blocks(stream.chunks()):
            if late is not None and late():
                note = late_note(stream.origin)
                break
            tally.feed(block)
    except SourceError as error:
        note = failure_note(stream.origin, error)
    return tally.digest(), note


def name_of(origin: Origin) -> str:
    """A stream as a person knows it: the pod and its container, or the file."""
    if not origin.pod:
        return f"log file {origin.file or origin.agent}"
    before = ", the container before" if origin.previous else ""
    return f"pod {origin.pod}" + (f", container {origin.container}{before}" if origin.container else "")


def late_note(origin: Origin) -> ErrorNote:
    """The note for a stream that was still being read when the time was up."""
    return ErrorNote(
        "timeout",
        f"{name_of(origin)}: the logs were not read to their end in time",
        "give a shorter --since or a longer timeout",
    )


def failure_note(origin: Origin, error: SourceError) -> ErrorNote:
    """The note for a stream that failed."""
    return ErrorNote(error.code, f"{name_of(origin)}: {error.message}", error.hint)
