"""Several streams read at once → one digest, and a note for each stream that could not be read to its end.

Offline files of some size go to processes, as parsing is work for the processor; live streams to threads, as most of
their time is waiting. A stream that fails makes the result partial, it takes nothing from the others.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence

from agentctl.analysis.logs.digest import LogDigest
from agentctl.analysis.logs.merge import merge
from agentctl.analysis.logs.sized import weight
from agentctl.analysis.logs.stream import StreamTally, failure_note, late_note, read_stream
from agentctl.model.errors import ErrorNote, SourceError
from agentctl.model.report import Window
from agentctl.model.streams import LogStream

THREADS = 16
# From this size on it pays to start processes.
MIN_BYTES = 24 * 1024 * 1024
_POLL = 0.05


def collect(
    streams: Sequence[LogStream],
    window: Window | None = None,
    *,
    late: Callable[[], bool] | None = None,
    threads: int = THREADS,
    processes: int | None = None,
) -> tuple[LogDigest, tuple[ErrorNote, ...]]:
    """The digest of all records in the window (start, end], and what is missing from it.

    Records with no time are kept. `late` is asked again and again; once it says True, reading ends and what is
    there by then stands, with a note of code `timeout` for each stream that was not read to its end. A stream that
    raises SourceError is noted by its pod; what came before the failure stands. `processes` = 1 keeps all in this
    process; by default the processors decide.
    """
    offline = [s for s in streams if weight(s) is not None]
    live = [s for s in streams if weight(s) is None]
    total = sum(weight(s) or 0 for s in offline)
    parts: list[tuple[LogDigest, tuple[ErrorNote, ...]]] = []
    if live:
        parts.append(_in_threads(live, window, late, threads))
    if offline:
        found = None
        if total >= MIN_BYTES and processes != 1:
            found = _in_processes(offline, window, late, processes)
        parts.append(found if found is not None else _in_turn(offline, window, late))
    return merge(digest for digest, _ in parts), tuple(note for _, notes in parts for note in notes)


def _in_processes(
    streams: Sequence[LogStream], window: Window | None, late: Callable[[], bool] | None, processes: int | None
) -> tuple[LogDigest, tuple[ErrorNote, ...]] | None:
    """The same by several processes; None where the system does not let them start or ends one of them."""
    from concurrent.futures.process import BrokenProcessPool

    from agentctl.analysis.logs.parallel import digest_in_processes

    try:
        return digest_in_processes(streams, window, late, processes)
    except (OSError, BrokenProcessPool):
        return None


def _in_turn(
    streams: Sequence[LogStream], window: Window | None, late: Callable[[], bool] | None
) -> tuple[LogDigest, tuple[ErrorNote, ...]]:
    read = [read_stream(stream, window, late) for stream in streams]
    return merge(digest for digest, _ in read), tuple(note for _, note in read if note is not None)


class _Reading:
    """One stream being read by a thread; the lock is held while its tally changes, not while bytes are waited for."""

    def __init__(self, stream: LogStream, window: Window | None) -> None:
        self.origin = stream.origin
        self._stream = stream
        self._tally = StreamTally(stream.origin, window)
        self._lock = threading.Lock()
        self._stopped = False

    def run(self, late: Callable[[], bool] | None) -> list[ErrorNote]:
        """Read to the end, or until it is late. Each chunk is taken at once, so that what came before a failure stands."""
        try:
            for block in self._tally.blocks(self._stream.chunks(), size=1):
                with self._lock:
                    if self._stopped or (late is not None and late()):
                        return [late_note(self.origin)]
                    self._tally.feed(block)
        except SourceError as error:
            return [failure_note(self.origin, error)]
        return []

    def stop(self) -> LogDigest:
        """What was read so far; the thread that reads ends at the next piece."""
        with self._lock:
            self._stopped = True
            return self._tally.digest()

    def digest(self) -> LogDigest:
        """What was read."""
        return self._tally.digest()


def _in_threads(
    streams: Sequence[LogStream], window: Window | None, late: Callable[[], bool] | None, threads: int
) -> tuple[LogDigest, tuple[ErrorNote, ...]]:
    readings = [_Reading(stream, window) for stream in streams]
    waiting: queue.SimpleQueue[int] = queue.SimpleQueue()
    done: queue.SimpleQueue[tuple[int, list[ErrorNote] | BaseException]] = queue.SimpleQueue()
    for at in range(len(readings)):
        waiting.put(at)
    for _ in range(max(1, min(threads, len(readings)))):
        # Daemons: a stream that hangs must not keep the program from ending.
        threading.Thread(target=_work, args=(readings, waiting, done, late), daemon=True).start()
    results: dict[int, list[ErrorNote]] = {}
    while len(results) < len(readings):
        try:
            at, result = done.get(timeout=_POLL)
        except queue.Empty:
            if late is not None and late():
                break
            continue
        if isinstance(result, BaseException):
            raise result
        results[at] = result
    digests, notes = [], []
    for at, reading in enumerate(readings):
        finished = results.get(at)
        digests.append(reading.digest() if finished is not None else reading.stop())
        notes += finished if finished is not None else [late_note(reading.origin)]
    return merge(digests), tuple(notes)


def _work(
    readings: Sequence[_Reading],
    waiting: queue.SimpleQueue[int],
    done: queue.SimpleQueue[tuple[int, list[ErrorNote] | BaseException]],
    late: Callable[[], bool] | None,
) -> None:
    while not (late is not None and late()):
        try:
            at = waiting.get_nowait()
        except queue.Empty:
            return
        try:
            done.put((at, readings[at].run(late)))
        except BaseException as error:  # noqa: BLE001 - handed to the thread that asked
            done.put((at, error))
            return
