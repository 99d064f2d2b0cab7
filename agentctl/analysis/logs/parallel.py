"""Offline files spread over processes, a large file cut into parts."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, wait
from multiprocessing.synchronize import Event
from typing import NamedTuple

from agentctl.analysis.logs.digest import LogDigest
from agentctl.analysis.logs.merge import merge, shifted
from agentctl.analysis.logs.sized import Sized, starts_record, weight
from agentctl.analysis.logs.stream import read_stream
from agentctl.model.errors import ErrorNote
from agentctl.model.report import Window
from agentctl.model.streams import LogStream

PART = 48 * 1024 * 1024
_POLL = 0.05


class _Piece(NamedTuple):
    """A stream, or a part of it, for one process to read. `part` counts from 0; `alone` if it is the whole stream."""

    stream: int
    part: int
    alone: bool
    source: LogStream
    size: int


class _Result(NamedTuple):
    """What one process found: the whole streams as one digest, the parts of others each by (stream, part)."""

    whole: LogDigest
    parts: list[tuple[int, int, LogDigest]]
    notes: list[tuple[int, ErrorNote]]


def digest_in_processes(
    streams: Sequence[LogStream], window: Window | None, late: Callable[[], bool] | None, processes: int | None
) -> tuple[LogDigest, tuple[ErrorNote, ...]]:
    """The digest of offline streams. The parts of a file are cut at fixed sizes, so the result does not depend on the machine."""
    count = processes or min(8, _processors())
    batches = _batches([piece for at, stream in enumerate(streams) for piece in _pieces(at, stream)], count)
    # Only a process with a single thread can be copied as it is.
    method = "fork" if threading.active_count() == 1 and "fork" in multiprocessing.get_all_start_methods() else "spawn"
    context = multiprocessing.get_context(method)
    stop = context.Event()
    with ProcessPoolExecutor(
        min(count, len(batches)), mp_context=context, initializer=_begin, initargs=(stop,)
    ) as pool:
        futures = [pool.submit(_digest_batch, batch, window) for batch in batches]
        try:
            while wait(futures, timeout=_POLL if late else None).not_done:
                if late is not None and late():
                    stop.set()
        except BaseException:
            # Interrupted: the processes end at their next block.
            stop.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
        results = [future.result() for future in futures]
    return _gather(results)


def _gather(results: Sequence[_Result]) -> tuple[LogDigest, tuple[ErrorNote, ...]]:
    digests = [result.whole for result in results]
    lines: dict[int, int] = {}
    for stream, _, digest in sorted((p for r in results for p in r.parts), key=lambda p: p[:2]):
        digests.append(shifted(digest, lines.get(stream, 0)))
        lines[stream] = lines.get(stream, 0) + digest.lines
    notes = dict(sorted((note for r in results for note in r.notes), key=lambda n: n[0]))
    return merge(digests), tuple(notes.values())


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _pieces(at: int, stream: LogStream) -> list[_Piece]:
    size = weight(stream) or 0
    parts = stream.parts(PART, starts_record) if isinstance(stream, Sized) and size > 2 * PART else [stream]
    return [_Piece(at, number, len(parts) == 1, part, size // len(parts)) for number, part in enumerate(parts)]


def _batches(pieces: Sequence[_Piece], processes: int) -> list[list[_Piece]]:
    """Several batches a process, of about equal size, so that none waits long for the last one."""
    wanted = max(1, sum(p.size for p in pieces) // (processes * 3))
    batches: list[list[_Piece]] = [[]]
    held = 0
    for piece in pieces:
        if batches[-1] and held + piece.size > wanted:
            batches.append([])
            held = 0
        batches[-1].append(piece)
        held += piece.size
    return batches


# Set in each process when it begins: an event that says the time is up.
_stop: Event | None = None


def _begin(stop: Event) -> None:
    global _stop
    _stop = stop
    # Rows come and go by the million and form no cycles: the collector would only look at them again and again.
    gc.disable()
    # The terminal interrupts every process of the program; this one is told to stop by the one that started it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _late() -> bool:
    return _stop is not None and _stop.is_set()


def _digest_batch(batch: Sequence[_Piece], window: Window | None) -> _Result:
    whole: list[LogDigest] = []
    parts: list[tuple[int, int, LogDigest]] = []
    notes: list[tuple[int, ErrorNote]] = []
    for piece in batch:
        digest, note = read_stream(piece.source, window, _late)
        if note is not None:
            notes.append((piece.stream, note))
        if piece.alone:
            whole.append(digest)
        else:
            parts.append((piece.stream, piece.part, digest))
    return _Result(merge(whole), parts, notes)
