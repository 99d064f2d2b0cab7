"""Located data: a YAML (or JSON) document whose every node knows its place.

The places are kept as one flat array instead of a map from pointer to span: nine numbers a node, in the order in which a
walk over the data meets the nodes. That is a tenth of the memory, and ten thousand documents fit where a thousand did.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from agentctl.documents.source import Source
from agentctl.model.finding import Location

if TYPE_CHECKING:
    from agentctl.documents.embedded import Embedding

# A node is nine numbers: the span of its value, the span of the key that holds it (all 0 where there is none), and how many
# nodes it is made of, itself included.
WIDTH = 9
SIZE = 8
# From this many nodes on a table of all paths is kept, so that many look-ups in one document stay linear.
MANY = 500


class Span(NamedTuple):
    """A half-open range in a file: lines and columns count from 1, the end is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


class Document:
    """One document of a file.

    `kind` is governance, prompt, orchestrator, runbook, config, otel-collector, alert-rules, or "" where unknown; `name` the
    document's own name ("" where none). `data` is plain Python data, `places` the places of its nodes in the outer file.
    `embedding` is set where the document stands inside a scalar of the file (a ConfigMap): its own text, and the way from there.
    """

    __slots__ = ("data", "embedding", "file", "kind", "name", "places", "source")

    def __init__(
        self,
        file: str,
        kind: str,
        name: str,
        data: Any,
        places: array[int],
        source: Source,
        embedding: Embedding | None = None,
    ) -> None:
        self.file, self.kind, self.name = file, kind, name
        self.data, self.places = data, places
        self.source, self.embedding = source, embedding

    def __repr__(self) -> str:
        return f"Document({self.file!r}, {self.kind!r}, {self.name!r}, line {self.line})"

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines of the outer file, without their ends."""
        return self.source.lines

    @property
    def comments(self) -> tuple[tuple[int, int, str], ...]:
        """(line, column, text) of the comments in the outer file; text inside a scalar is none, but a document inside a
        ConfigMap has the comments of its own text."""
        if self.embedding is None:
            return self.source.comments
        return tuple(
            (*self.embedding.point(line, column), text) for line, column, text in self.embedding.inner.comments
        )

    @property
    def blocks(self) -> tuple[tuple[int, int], ...]:
        """(header line, last line) of the block scalars."""
        if self.embedding is None:
            return self.source.blocks
        point = self.embedding.point
        return tuple((point(first, 1)[0], point(last, 1)[0]) for first, last in self.embedding.inner.blocks)

    def mentions(self, word: str) -> bool:
        """Whether the document's text holds a word: a quick test before anything dear."""
        return word.encode() in (self.embedding.inner if self.embedding else self.source).raw

    @property
    def line(self) -> int:
        """The line on which the document starts."""
        return self.places[0]

    @property
    def spans(self) -> Mapping[str, Span]:
        """JSON Pointer → place of the value, for every node. Made anew at each use: for one node `span()` is faster."""
        return {to_pointer(path): self._value(index) for index, path in _walk(self.data)}

    @property
    def keys(self) -> Mapping[str, Span]:
        """JSON Pointer → place of the mapping key that holds the value (absent for list items and the root)."""
        found = ((to_pointer(path), self._key(index)) for index, path in _walk(self.data))
        return {pointer: span for pointer, span in found if span is not None}

    def span(self, *parts: str | int, key: bool = False) -> Span | None:
        """The place of the value at a path (`key=True`: of its key, None for a list item); None where the path leads nowhere."""
        index = self._index(parts)
        if index is None:
            return None
        return self._key(index) if key else self._value(index)

    def at(self, *parts: str | int, key: bool = False) -> Location:
        """The location of the value at a path (`key=True`: of its key); of its nearest located ancestor where it has none."""
        path = parts
        while (index := self._index(path)) is None:
            path = path[:-1]
        # What is missing is shown at the key of the mapping that lacks it.
        span = self._key(index) if key or path != parts else None
        span = span or self._value(index)
        return Location(self.file, span.line, span.column, to_pointer(list(parts)), span.end_line, span.end_column)

    def get(self, *parts: str | int, default: Any = None) -> Any:
        """The value at a path, `default` where the path leads nowhere."""
        value: Any = self.data
        for part in parts:
            if isinstance(value, list):
                if not isinstance(part, int) or not 0 <= part < len(value):
                    return default
                value = value[part]
            elif isinstance(value, dict) and part in value:
                value = value[part]
            else:
                return default
        return value

    def items(self, *parts: str | int) -> Iterator[tuple[int, Any]]:
        """The items of the list at a path with their index; nothing where there is no list."""
        value = self.get(*parts)
        yield from enumerate(value) if isinstance(value, list) else ()

    def _index(self, parts: tuple[Any, ...]) -> int | None:
        if len(self.places) > WIDTH * MANY:
            return _table(self).get(parts)
        value, index = self.data, 0
        for part in parts:
            found = self._step(value, part, index)
            if found is None:
                return None
            value, index = found
        return index

    def _step(self, value: Any, part: str | int, index: int) -> tuple[Any, int] | None:
        """A child and its index; the index of the parent is given."""
        places, at = self.places, index + 1
        if isinstance(value, dict):
            for key, child in value.items():
                if key == part:
                    return child, at
                at += places[at * WIDTH + SIZE]
        elif isinstance(value, list) and isinstance(part, int) and 0 <= part < len(value):
            for _ in range(part):
                at += places[at * WIDTH + SIZE]
            return value[part], at
        return None

    def _value(self, index: int) -> Span:
        return Span(*self.places[index * WIDTH : index * WIDTH + 4])

    def _key(self, index: int) -> Span | None:
        numbers = self.places[index * WIDTH + 4 : index * WIDTH + 8]
        return Span(*numbers) if numbers[0] else None


@lru_cache(maxsize=4)
def _table(document: Document) -> dict[tuple[Any, ...], int]:
    return {tuple(path): index for index, path in _walk(document.data)}


def narrow(places: array[int]) -> array[int]:
    """The same places in half the memory, where no number of them needs more."""
    return array("H", places) if max(places) < 1 << 16 else places


def size(value: Any) -> int:
    """How many nodes a value is made of, itself included."""
    if isinstance(value, dict):
        return 1 + sum(map(size, value.values()))
    return 1 + sum(map(size, value)) if isinstance(value, list) else 1


def _walk(data: Any) -> Iterator[tuple[int, list[str | int]]]:
    """(index, path) of every node, in the order of the places."""
    stack: list[tuple[Any, list[str | int]]] = [(data, [])]
    index = 0
    while stack:
        value, path = stack.pop()
        yield index, path
        index += 1
        if isinstance(value, dict):
            stack += [(child, [*path, key]) for key, child in reversed(value.items())]
        elif isinstance(value, list):
            stack += [(child, [*path, i]) for i, child in reversed(list(enumerate(value)))]


def to_pointer(path: list[str | int]) -> str:
    """A JSON Pointer (RFC 6901) of a path."""
    return "".join("/" + str(p).replace("~", "~0").replace("/", "~1") for p in path)
