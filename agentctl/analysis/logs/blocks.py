"""Bytes in pieces of any size, cut into blocks that end where a line ends."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

BLOCK = 1 << 20
LINE_LIMIT = 1 << 20


class Blocks:
    """Iterates over blocks of whole lines, about `size` bytes each; the last one may lack its newline.

    A line longer than `limit` bytes is cut there, so memory stays bounded whatever the input; `cut` counts those lines.
    """

    def __init__(self, chunks: Iterable[bytes], size: int = BLOCK, limit: int = LINE_LIMIT) -> None:
        self._chunks = chunks
        self._size = size
        self._limit = limit
        self.cut = 0

    def __iter__(self) -> Iterator[bytes]:
        """The blocks. Whatever the chunks' iterator raises passes through, after all that was read whole."""
        parts: list[bytes] = []
        held = 0
        skipping = False
        try:
            for chunk in self._chunks:
                if skipping:
                    chunk, skipping = self._after_newline(chunk)
                parts.append(chunk)
                held += len(chunk)
                if held < self._size:
                    continue
                block, rest = self._whole_lines(b"".join(parts))
                if block:
                    yield block
                if len(rest) > self._limit:
                    self.cut += 1
                    rest, skipping = rest[: self._limit], True
                parts, held = [rest], len(rest)
                if skipping:
                    # The newline that ends this line is put where the line is cut; the rest of it is skipped.
                    yield rest + b"\n"
                    parts, held = [], 0
        except Exception:
            yield from self._last(parts)
            raise
        yield from self._last(parts)

    def _last(self, parts: list[bytes]) -> Iterator[bytes]:
        block, rest = self._whole_lines(b"".join(parts))
        if block:
            yield block
        if len(rest) > self._limit:
            self.cut += 1
        if rest:
            yield rest[: self._limit]

    @staticmethod
    def _after_newline(chunk: bytes) -> tuple[bytes, bool]:
        at = chunk.find(b"\n")
        return (b"", True) if at < 0 else (chunk[at + 1 :], False)

    def _whole_lines(self, data: bytes) -> tuple[bytes, bytes]:
        end = data.rfind(b"\n") + 1
        return self._shortened(data[:end]), data[end:]

    def _shortened(self, block: bytes) -> bytes:
        """The block with its overlong lines cut; looks at one position in `limit` bytes, so it costs next to nothing."""
        at, out = 0, []
        while len(block) - at > self._limit:
            last = block.rfind(b"\n", at, at + self._limit + 1)
            if last < 0:
                out += [block[at : at + self._limit], b"\n"]
                self.cut += 1
                at = block.index(b"\n", at) + 1
            else:
                out.append(block[at : last + 1])
                at = last + 1
        return b"".join([*out, block[at:]]) if out else block
