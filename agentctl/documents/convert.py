"""A node tree becomes Python data and the places of its nodes, with the values that PyYAML's SafeLoader gives."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Hashable, Iterator
from functools import lru_cache
from typing import Any

import yaml
from yaml.nodes import MappingNode, ScalarNode, SequenceNode

from agentctl.documents.node import SIZE, WIDTH, size

_PREFIX = "tag:yaml.org,2002:"
STR, SEQ, MAP, MERGE, VALUE = (_PREFIX + name for name in ("str", "seq", "map", "merge", "value"))
_PLAIN = frozenset(_PREFIX + name for name in ("int", "float", "bool", "null", "timestamp"))
_NO_KEY = (0, 0, 0, 0)


class Fault(Exception):
    """A node that cannot become data; `node` says where."""

    def __init__(self, message: str, node: Any) -> None:
        super().__init__(message)
        self.message, self.node = message, node


class Converter:
    """Turns node trees into data. `places` receives nine numbers a node, in the order of the walk over the data.

    `duplicates` are (message, node) of mapping keys that appear twice: the last one wins, as in PyYAML, and the fault is told.
    """

    def __init__(self) -> None:
        self.places: array[int] = array("I")
        self.duplicates: list[tuple[str, Any]] = []

    def convert(self, node: Any, key: Any = None) -> Any:
        """The data of a node; `key` is the node of the mapping key that holds it. Raises Fault."""
        start, end = node.start_mark, node.end_mark
        line, column = start.line + 1, start.column + 1
        mapping = type(node) is not ScalarNode
        place = (line, column, line, column + 1) if mapping else (line, column, end.line + 1, end.column + 1)
        at = len(self.places)
        self.places.extend(place + (_NO_KEY if key is None else _span(key)) + (1,))
        if not mapping:
            return self._scalar(node)
        value: Any
        if node.tag == MAP and type(node) is MappingNode:
            value = self._mapping(node)
        elif node.tag == SEQ and type(node) is SequenceNode:
            self._flow_end(node)
            value = [self.convert(child) for child in node.value]
        else:
            return self._other(node)
        self.places[at + SIZE] = (len(self.places) - at) // WIDTH
        return value

    def _scalar(self, node: Any) -> Any:
        tag, text = node.tag, node.value
        if tag == STR:
            return sys.intern(text) if len(text) < 64 else text
        if tag in _PLAIN:
            try:
                return _plain(tag, text)
            except (ValueError, OverflowError, LookupError, TypeError, AttributeError) as error:
                raise Fault(_unreadable(tag, text, error), node) from None
        return self._other(node)

    def _mapping(self, node: Any) -> dict[Any, Any]:
        pairs = self._pairs(node)
        self._flow_end(node)
        return {key: self.convert(value, key_node) for key, (key_node, value) in pairs.items()}

    def _flow_end(self, node: Any) -> None:
        """A collection is shown from its start to its end where both stand on a line, else by its first key alone."""
        at = len(self.places) - WIDTH
        start, end = node.start_mark, node.end_mark
        if node.flow_style and end.line == start.line:
            self.places[at + 3] = end.column + 1
        elif type(node) is MappingNode and node.value:
            key = node.value[0][0]
            if (key.start_mark.line, key.start_mark.column, key.end_mark.line) == (
                start.line,
                start.column,
                start.line,
            ):
                self.places[at + 3] = key.end_mark.column + 1

    def _pairs(self, node: Any, depth: int = 0) -> dict[Any, tuple[Any, Any]]:
        """key → (key node, value node): what `<<` brings first, then the mapping's own, each at its first place."""
        merged: dict[Any, tuple[Any, Any]] = {}
        own: dict[Any, tuple[Any, Any]] = {}
        if depth > 200:
            raise Fault("`<<` merges a mapping into itself", node)
        for key_node, value_node in node.value:
            if key_node.tag == MERGE:
                for source in reversed(_merge_sources(value_node)):
                    merged |= self._pairs(source, depth + 1)
                continue
            key = self._key(key_node)
            if key in own:
                first = own[key][0].start_mark.line + 1
                # A mapping that is merged or aliased several times is one fault, not several.
                if all(known is not key_node for _, known in self.duplicates):
                    self.duplicates.append(
                        (f"key `{key}` is already set on line {first}; YAML keeps only one of them", key_node)
                    )
            own[key] = (key_node, value_node)
        return merged | own if merged else own

    def _key(self, node: Any) -> Any:
        if node.tag == STR and type(node) is ScalarNode:
            return sys.intern(node.value)
        if type(node) is ScalarNode:
            key = node.value if node.tag == VALUE else self._scalar(node)
            if isinstance(key, Hashable):
                return key
        raise Fault("a mapping key must be a single value, not a list or a mapping", node)

    def _other(self, node: Any) -> Any:
        """A rare tag (`!!binary`, `!!set`, `!!omap`, …): as SafeLoader makes it; its parts have the place of the whole."""
        try:
            value = yaml.constructor.SafeConstructor().construct_document(node)
        except yaml.constructor.ConstructorError as error:
            raise Fault(_strange_tag(node, error), node) from None
        except (ValueError, TypeError, OverflowError, AttributeError, LookupError) as error:
            raise Fault(f"`{node.tag}` cannot be read: {error}", node) from None
        at = len(self.places) - WIDTH
        place = self.places[at : at + 4]
        for part in _parts(value):
            self.places.extend([*place, *_NO_KEY, size(part)])
        self.places[at + SIZE] = size(value)
        return value


def _parts(value: Any) -> Iterator[Any]:
    """What a value is made of, in the order of the walk, without the value itself."""
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for child in children:
        yield child
        yield from _parts(child)


def _merge_sources(node: Any) -> list[Any]:
    sources = node.value if type(node) is SequenceNode else [node]
    for source in sources:
        if type(source) is not MappingNode:
            raise Fault("`<<` merges mappings only: write `<<: *name` with the anchor of a mapping", source)
    return list(sources)


def _span(node: Any) -> tuple[int, int, int, int]:
    start, end = node.start_mark, node.end_mark
    return (start.line + 1, start.column + 1, end.line + 1, end.column + 1)


@lru_cache(maxsize=8192)
def _plain(tag: str, text: str) -> Any:
    node = ScalarNode(tag, text)
    make = yaml.constructor.SafeConstructor.yaml_constructors[tag]
    return make(yaml.constructor.SafeConstructor(), node)


def _unreadable(tag: str, text: str, error: Exception) -> str:
    kind = tag.removeprefix(_PREFIX)
    return f"`{text[:40]}` looks like a YAML 1.1 {kind} but is none ({error}); quote it if it is text"


def _strange_tag(node: Any, error: yaml.constructor.ConstructorError) -> str:
    if node.tag == MERGE:
        return 'a bare `<<` is the merge key and no value; quote it: "<<"'
    if node.tag == VALUE:
        return 'a bare `=` has a meaning of its own in YAML 1.1; quote it: "="'
    if "could not determine a constructor" in str(error.problem):
        return f"the tag `{node.tag}` is not one that data may carry; remove it"
    return f"`{node.tag}` cannot be read: {error.problem}"
