"""Offline streams, which say how large they are and may be read by several processes at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

from agentctl.analysis.logs.line import read_fields, split_stamp
from agentctl.model.records import Origin
from agentctl.model.streams import LogStream

_NOWHERE = Origin("")


@runtime_checkable
class Sized(Protocol):
    """An offline stream: it can be sent to another process."""

    def weight(self) -> int:
        """Its size in bytes, roughly; 0 where that cannot be known."""
        ...

    def parts(self, size: int, starts: Callable[[bytes], bool]) -> Sequence[LogStream]:
        """The same lines as several streams of about `size` bytes, each beginning at a line for which `starts` is True."""
        ...


def weight(stream: LogStream) -> int | None:
    """The size of an offline stream in bytes; None for a live one."""
    return stream.weight() if isinstance(stream, Sized) else None


def starts_record(line: bytes) -> bool:
    """Whether a line is the first of a record whatever stands before it: it states a level and is not indented."""
    _, _, text = split_stamp(line.rstrip(b"\n"), _NOWHERE)
    return bool(text) and not text[0].isspace() and read_fields(text).level is not None
