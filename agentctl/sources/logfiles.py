"""Log files as streams: plain or gzip (told by its first bytes, not by its name), whole or the last lines."""

from __future__ import annotations

import gzip
import zlib
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from agentctl.model.errors import SourceError
from agentctl.model.records import Origin

CHUNK = 1024 * 1024
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class FileStream:
    """One log file. `path` may be mapped directly where `compressed` is False and `tail` is None."""

    origin: Origin
    path: Path
    tail: int | None = None

    @property
    def compressed(self) -> bool:
        """Whether the file is gzip; False for a file that cannot be read (`chunks` says why)."""
        try:
            with self.path.open("rb") as file:
                return file.read(2) == _GZIP
        except OSError:
            return False

    def chunks(self) -> Iterator[bytes]:
        """The bytes in pieces of at most 1 MiB; SourceError where the file cannot be read, or its gzip is cut off."""
        shown = self.origin.file or str(self.path)
        try:
            with self.path.open("rb") as file:
                yield from _tail(file, self.tail) if self.tail is not None else pieces(file)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise SourceError(
                "truncated", f"{shown}: the gzip data is broken: {error}", "was it cut off while it was copied?"
            ) from error
        except OSError as error:
            raise SourceError("missing", f"{shown}: cannot be read: {error.strerror}") from error

    def weight(self) -> int:
        """The size in bytes, gzip taken as ten times as much; 0 where it cannot be known (`chunks` says why)."""
        try:
            size = self.path.stat().st_size
        except OSError:
            return 0
        return size * 10 if self.compressed else size

    def parts(self, size: int, starts: Callable[[bytes], bool]) -> Sequence[FileStream | FileSlice]:
        """The file as slices of about `size` bytes, each from a line for which `starts` is True; itself if it cannot be cut."""
        total = self.weight()
        if self.tail is not None or total <= size or self.compressed:
            return (self,)
        return tuple(FileSlice(self.origin, self.path, at, at + size, starts) for at in range(0, total, size))


@dataclass(frozen=True, slots=True)
class FileSlice:
    """The lines of a file from the first one at or after byte `start` for which `starts` is True to the one before the first
    such line at or after `end`; slices that follow each other hold every line once."""

    origin: Origin
    path: Path
    start: int
    end: int
    starts: Callable[[bytes], bool]

    def chunks(self) -> Iterator[bytes]:
        """The bytes in pieces of at most 1 MiB; SourceError where the file cannot be read."""
        try:
            with self.path.open("rb") as file:
                end = self._line_at(file, self.end)
                position = self._line_at(file, self.start)
                file.seek(position)
                while position < end and (piece := file.read(min(CHUNK, end - position))):
                    position += len(piece)
                    yield piece
        except OSError as error:
            shown = self.origin.file or str(self.path)
            raise SourceError("missing", f"{shown}: cannot be read: {error.strerror}") from error

    def _line_at(self, file: BinaryIO, place: int) -> int:
        """The start of the first fitting line at or after `place`; the file's end if there is none."""
        if place == 0:
            return 0
        file.seek(place - 1)
        position = place - 1 + len(file.readline())
        while line := file.readline():
            if self.starts(line):
                return position
            position += len(line)
        return position


def pieces(file: BinaryIO) -> Iterator[bytes]:
    """The bytes of an open file, unpacked where they are gzip."""
    head = file.read(2)
    file.seek(0)
    source: BinaryIO = gzip.GzipFile(fileobj=file, mode="rb") if head == _GZIP else file  # type: ignore[assignment]
    while piece := source.read(CHUNK):
        yield piece


def _tail(file: BinaryIO, lines: int) -> Iterator[bytes]:
    """The last lines, as `kubectl logs --tail` means them."""
    if lines <= 0:
        return
    if file.read(2) == _GZIP:
        file.seek(0)
        with gzip.GzipFile(fileobj=file, mode="rb") as unpacked:
            yield from deque(unpacked, maxlen=lines)
        return
    file.seek(_tail_start(file, lines))
    while piece := file.read(CHUNK):
        yield piece


def _tail_start(file: BinaryIO, lines: int) -> int:
    """Where the last `lines` lines begin, found from the end so that a large file is not read."""
    position = end = file.seek(0, 2)
    wanted = lines + 1
    while position > 0:
        size = min(CHUNK, position)
        position -= size
        file.seek(position)
        block = file.read(size)
        if position + size == end and not block.endswith(b"\n"):
            wanted = lines
        cut = len(block)
        while wanted and (cut := block.rfind(b"\n", 0, cut)) >= 0:
            wanted -= 1
            if not wanted:
                return position + cut + 1
    return 0
