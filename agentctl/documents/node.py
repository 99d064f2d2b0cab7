"""Located data: a YAML (or JSON) document whose every node knows its place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from agentctl.model.finding import Location


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open range in a file: lines and columns count from 1, the end is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a file. `data` is plain Python data; `spans` maps a JSON Pointer to the place of the value,
    `keys` maps it to the place of the mapping key that holds it (absent for list items and the root).

    `kind` is governance, prompt, orchestrator, runbook, config, otel-collector, or "" where unknown; `name` the document's
    own name ("" where none); `comments` are (line, column, text) of the comments in the outer file.
    """

    file: str
    kind: str
    name: str
    data: Any
    spans: dict[str, Span]
    keys: dict[str, Span]
    comments: tuple[tuple[int, int, str], ...] = ()
    lines: tuple[str, ...] = ()

    def at(self, *parts: str | int, key: bool = False) -> Location:
        """The location of the value at a path (`key=True`: of its key); of its nearest located ancestor where it has none."""
        path = list(parts)
        while True:
            pointer = to_pointer(path)
            table = self.keys if key and pointer in self.keys else self.spans
            span = table.get(pointer)
            if span is not None or not path:
                break
            path.pop()
        if span is None:
            return Location(self.file, path=to_pointer(list(parts)))
        return Location(self.file, span.line, span.column, to_pointer(list(parts)), span.end_line, span.end_column)

    def get(self, *parts: str | int, default: Any = None) -> Any:
        """The value at a path, `default` where the path leads nowhere."""
        value = self.data
        for part in parts:
            if isinstance(value, dict) and part in value:
                value = value[part]
            elif isinstance(value, list) and isinstance(part, int) and 0 <= part < len(value):
                value = value[part]
            else:
                return default
        return value

    def items(self, *parts: str | int) -> Iterator[tuple[int, Any]]:
        """The items of the list at a path with their index; nothing where there is no list."""
        value = self.get(*parts)
        yield from enumerate(value) if isinstance(value, list) else ()


def to_pointer(path: list[str | int]) -> str:
    """A JSON Pointer (RFC 6901) of a path."""
    return "".join("/" + str(p).replace("~", "~0").replace("/", "~1") for p in path)
