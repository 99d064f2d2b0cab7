"""Bytes of a log → records, in bounded memory, whatever the bytes are. The reference that the fast digest is held to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from agentctl.analysis.logs.assemble import Assembler
from agentctl.analysis.logs.blocks import Blocks
from agentctl.analysis.logs.line import split_stamp
from agentctl.model.records import LogRecord, Origin


class Reader:
    """Iterates over the records of one stream and counts its lines.

    `lines` are all lines, `cut` those that were longer than the limit. Lines of several pods in one stream
    (`kubectl logs --prefix`) are put together pod by pod.
    """

    def __init__(self, chunks: Iterable[bytes], origin: Origin) -> None:
        self._blocks = Blocks(chunks)
        self._origin = origin
        self._assemblers: dict[Origin, Assembler] = {}
        self.lines = 0

    @property
    def cut(self) -> int:
        """Lines longer than the limit, read up to it."""
        return self._blocks.cut

    def __iter__(self) -> Iterator[LogRecord]:
        """The records; an error of the chunks' iterator passes through after the records before it."""
        out: list[LogRecord] = []
        try:
            for block in self._blocks:
                for raw in lines_of(block):
                    self.lines += 1
                    self._feed(raw, out)
                yield from out
                out = []
        except Exception:
            yield from self._finish(out)
            raise
        yield from self._finish(out)

    def _feed(self, raw: bytes, out: list[LogRecord]) -> None:
        origin, stamp, text = split_stamp(raw, self._origin)
        assembler = self._assemblers.get(origin)
        if assembler is None:
            assembler = self._assemblers[origin] = Assembler(origin)
        assembler.feed_text(origin, stamp, text, self.lines, out)

    def _finish(self, out: list[LogRecord]) -> list[LogRecord]:
        for assembler in self._assemblers.values():
            assembler.finish(out)
        return out


def records(chunks: Iterable[bytes], origin: Origin) -> Iterator[LogRecord]:
    """The records of one stream of lines, as `kubectl logs` with or without `--timestamps` prints them.

    Forms: Python's logging in its usual layouts, JSON, logfmt, klog, bare text. Never raises for what the bytes are; raises
    what the chunks' iterator raises, after the records that came before.
    """
    yield from Reader(chunks, origin)


def lines_of(block: bytes) -> list[bytes]:
    """The lines of a block without their newlines; a newline at the end begins no further line."""
    lines = block.split(b"\n")
    if not lines[-1]:
        lines.pop()
    return lines
