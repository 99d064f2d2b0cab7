"""libyaml, with a fast resolver and behind limits: what comes out of here is small and flat enough for everybody after it.

libyaml and its Python binding compose recursively in C, so a text that nests deep enough ends the process. A text that
could be too deep or too big is therefore scanned event by event first; one that clearly cannot be is not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import yaml
from yaml.nodes import ScalarNode
from yaml.resolver import Resolver

MAX_BYTES = 16 * 1024 * 1024
MAX_DEPTH = 200
MAX_NODES = 100_000

_FLOAT = "tag:yaml.org,2002:float"
# YAML 1.1 wants a dot and a sign in a float; JSON does not.
_JSON_FLOAT = re.compile(r"-?\d+(\.\d+)?[eE][+-]?\d+")
_STR = "tag:yaml.org,2002:str"
_DEFAULTS = {"SequenceNode": "tag:yaml.org,2002:seq", "MappingNode": "tag:yaml.org,2002:map"}
_RESOLVERS: dict[str | None, list[tuple[str, re.Pattern[str]]]] = Resolver.yaml_implicit_resolvers
# Block collections open at growing columns, and only within a line's leading run of these characters.
_DEEP_BLOCK = re.compile(rb"^[ \-?:]{45}", re.MULTILINE)

try:
    from yaml._yaml import CParser as _Parser
except ImportError:  # PyYAML built without libyaml: slower, the same answers
    from yaml.composer import Composer
    from yaml.parser import Parser
    from yaml.reader import Reader
    from yaml.scanner import Scanner

    class _Parser(Reader, Scanner, Parser, Composer):  # type: ignore[no-redef]
        def __init__(self, stream: bytes) -> None:
            Reader.__init__(self, stream)
            Scanner.__init__(self)
            Parser.__init__(self)
            Composer.__init__(self)

        def dispose(self) -> None:
            """libyaml's parser has this; here there is nothing to free."""


class TooMuch(Exception):
    """A text beyond the limits; the message says which. Line and column count from 1."""

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__(message)
        self.message, self.line, self.column = message, line, column


class Loader(_Parser):
    """The parser with the resolver of YAML 1.1, whose answers are remembered by text."""

    yaml_implicit_resolvers = _RESOLVERS
    json = False

    def descend_resolver(self, current_node: Any, current_index: Any) -> None:
        """Path resolvers are not used."""

    def ascend_resolver(self) -> None:
        """Path resolvers are not used."""

    def check_resolver_prefix(self, *_: Any) -> None:
        """Path resolvers are not used."""

    def resolve(self, kind: type, value: Any, implicit: Any) -> str:
        """The tag of a node that has none."""
        if kind is not ScalarNode:
            return _DEFAULTS[kind.__name__]
        if not implicit[0]:
            return _STR
        if self.json and _JSON_FLOAT.fullmatch(value):
            return _FLOAT
        return resolve(value) if len(value) < 64 else resolve.__wrapped__(value)


@lru_cache(maxsize=8192)
def resolve(value: str) -> str:
    """The tag that YAML 1.1 gives to a plain scalar."""
    for tag, pattern in _RESOLVERS.get(value[:1], ()):
        if pattern.match(value):
            return tag
    return _STR


def compose(raw: bytes, *, json: bool = False) -> Iterator[Any]:
    """The node tree of every document in a UTF-8 text; with `json` numbers are read as JSON writes them.

    Raises TooMuch beyond the limits (before any tree is built) and yaml.YAMLError where the text is no YAML.
    """
    if _suspicious(raw):
        measure(raw)
    loader = Loader(raw)
    loader.json = json
    try:
        while loader.check_node():
            yield loader.get_node()
    finally:
        loader.dispose()


def _suspicious(raw: bytes) -> bool:
    """Whether a text might break a limit. Every node takes a byte, every level of flow a bracket, of block a column."""
    return (
        len(raw) >= MAX_NODES
        or b"*" in raw
        or raw.count(b"[") + raw.count(b"{") > 100
        or _DEEP_BLOCK.search(raw) is not None
    )


def measure(raw: bytes) -> None:
    """Count levels and nodes, aliases expanded, without building anything. Raises TooMuch; a fault of the YAML ends it silently."""
    loader = Loader(raw)
    try:
        _count(loader)
    except yaml.YAMLError:
        # compose() meets the same fault, after the documents before it.
        return
    finally:
        loader.dispose()


def _count(loader: Any) -> None:
    sizes: dict[str, int] = {}
    open_nodes: list[tuple[str | None, int]] = []
    total = 0
    while loader.check_event():
        event = loader.get_event()
        kind = type(event)
        if kind is yaml.AliasEvent:
            if any(anchor == event.anchor for anchor, _ in open_nodes):
                raise _too_much(
                    event, f"`*{event.anchor}` stands inside the node that `&{event.anchor}` names: it has no end"
                )
            total += sizes.get(event.anchor, 1)
        elif kind is yaml.ScalarEvent:
            total += 1
            if event.anchor:
                sizes[event.anchor] = 1
        elif kind in (yaml.SequenceStartEvent, yaml.MappingStartEvent):
            open_nodes.append((event.anchor, total))
            total += 1
            if len(open_nodes) > MAX_DEPTH:
                raise _too_much(event, f"nested more than {MAX_DEPTH} levels deep")
        elif kind in (yaml.SequenceEndEvent, yaml.MappingEndEvent):
            anchor, before = open_nodes.pop()
            if anchor:
                sizes[anchor] = total - before
        elif kind is yaml.DocumentStartEvent:
            sizes.clear()
        if total > MAX_NODES:
            raise _too_much(event, f"more than {MAX_NODES:,} nodes once every alias is expanded")


def _too_much(event: Any, message: str) -> TooMuch:
    return TooMuch(message, event.start_mark.line + 1, event.start_mark.column + 1)


Place = tuple[int, int]


def scalars(raw: bytes) -> Iterator[tuple[Place, Place, bool]]:
    """(start, end, whether it is a block scalar) of every scalar, 1-based, as far as the text is YAML. The header line of a
    block scalar does not count, because a comment may stand on it."""
    loader = Loader(raw)
    try:
        while loader.check_token():
            token = loader.get_token()
            if type(token) is yaml.ScalarToken and token.start_mark.index != token.end_mark.index:
                start, end = token.start_mark, token.end_mark
                block = token.style in ("|", ">")
                first = (start.line + 2, 1) if block else (start.line + 1, start.column + 1)
                yield first, (end.line + 1, end.column + 1), block
    except yaml.YAMLError:
        return
    finally:
        loader.dispose()
