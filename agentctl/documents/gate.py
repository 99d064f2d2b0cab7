"""A quick yes or no whether data fit a JSON Schema: a hundred times faster than the library that explains why not.

It knows the keywords that the shipped schemas use and refuses to be built for a schema with any other, so it cannot answer
for a keyword it does not know. Where it says no, jsonschema says why; a property test holds the two together.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

Test = Callable[[Any], bool]
_ANNOTATIONS = frozenset(
    {"$schema", "$id", "$defs", "$comment", "title", "description", "default", "examples", "format", "deprecated"}
)


class Unsupported(Exception):
    """The schema uses a keyword that the gate does not know."""


def is_number(value: Any) -> bool:
    """Whether a value is a number: no boolean, not NaN."""
    return isinstance(value, int | float) and not isinstance(value, bool) and value == value


def is_integer(value: Any) -> bool:
    """Whether a value is a whole number: 3 and 3.0."""
    return isinstance(value, int) and not isinstance(value, bool) or isinstance(value, float) and value.is_integer()


TYPES: Mapping[str, Test] = {
    "object": lambda v: isinstance(v, dict),
    "array": lambda v: isinstance(v, list),
    "string": lambda v: isinstance(v, str),
    "boolean": lambda v: isinstance(v, bool),
    "null": lambda v: v is None,
    "number": is_number,
    "integer": lambda v: is_integer(v) and math.isfinite(v),
}


def compile_gate(schema: Any) -> Test:
    """A function that says whether data fit the schema. Raises Unsupported."""
    return _Compiler(schema).compile(schema)


class _Compiler:
    def __init__(self, root: Any) -> None:
        self._root = root
        self._known: dict[str, Test] = {}

    def compile(self, schema: Any) -> Test:
        if isinstance(schema, bool):
            return lambda _: schema
        tests = [test for key in schema if (test := self._keyword(key, schema)) is not None]
        return _both(tests)

    def _keyword(self, key: str, schema: Mapping[str, Any]) -> Test | None:
        if key in _ANNOTATIONS:
            return None
        if key in ("properties", "additionalProperties", "patternProperties"):
            # One walk over an object does the work of the three; the first of them written makes it.
            first = next(k for k in schema if k in ("properties", "additionalProperties", "patternProperties"))
            return self._object(schema) if key == first else None
        maker = getattr(self, "_" + key.lstrip("$"), None)
        if maker is None:
            raise Unsupported(key)
        test: Test = maker(schema[key])
        return test

    def _object(self, schema: Mapping[str, Any]) -> Test:
        named = {key: self.compile(part) for key, part in schema.get("properties", {}).items()}
        patterns = [
            (re.compile(key).search, self.compile(part)) for key, part in schema.get("patternProperties", {}).items()
        ]
        # Whether a named property may match a pattern too.
        free = any(search(name) for search, _ in patterns for name in named)
        other = self.compile(schema.get("additionalProperties", True))

        def test(value: Any) -> bool:
            if not isinstance(value, dict):
                return True
            for key, child in value.items():
                if not isinstance(key, str):
                    return False
                own = named.get(key)
                if own is not None and not own(child):
                    return False
                matched = own is not None
                if patterns and (not matched or free):
                    for search, part in patterns:
                        if search(key):
                            matched = True
                            if not part(child):
                                return False
                if not matched and not other(child):
                    return False
            return True

        return test

    def _type(self, names: Any) -> Test:
        if isinstance(names, str):
            return TYPES[names]
        tests = [TYPES[name] for name in names]
        return lambda value: any(test(value) for test in tests)

    def _required(self, names: Any) -> Test:
        if len(names) == 1:
            only = names[0]
            return lambda value: not isinstance(value, dict) or only in value
        return lambda value: not isinstance(value, dict) or all(name in value for name in names)

    def _items(self, schema: Any) -> Test:
        test = self.compile(schema)
        return lambda value: not isinstance(value, list) or all(map(test, value))

    def _minItems(self, least: int) -> Test:
        return lambda value: not isinstance(value, list) or len(value) >= least

    def _minLength(self, least: int) -> Test:
        return lambda value: not isinstance(value, str) or len(value) >= least

    def _pattern(self, pattern: str) -> Test:
        search = re.compile(pattern).search
        return lambda value: not isinstance(value, str) or search(value) is not None

    def _enum(self, values: Any) -> Test:
        return lambda value: any(_same(value, one) for one in values)

    def _const(self, wanted: Any) -> Test:
        return lambda value: _same(value, wanted)

    def _minimum(self, least: float) -> Test:
        return lambda value: not is_number(value) or value >= least

    def _maximum(self, most: float) -> Test:
        return lambda value: not is_number(value) or value <= most

    def _exclusiveMinimum(self, least: float) -> Test:
        return lambda value: not is_number(value) or value > least

    def _anyOf(self, schemas: Any) -> Test:
        tests = [self.compile(schema) for schema in schemas]
        return lambda value: any(test(value) for test in tests)

    def _oneOf(self, schemas: Any) -> Test:
        tests = [self.compile(schema) for schema in schemas]
        return lambda value: sum(test(value) for test in tests) == 1

    def _allOf(self, schemas: Any) -> Test:
        tests = [self.compile(schema) for schema in schemas]
        return lambda value: all(test(value) for test in tests)

    def _ref(self, pointer: str) -> Test:
        if not pointer.startswith("#/"):
            raise Unsupported(f"$ref {pointer}")
        if pointer not in self._known:
            target = self._root
            for part in pointer[2:].split("/"):
                target = target[part]
            # A schema may refer to itself: what is being compiled is looked up when it is needed.
            self._known[pointer] = lambda value: self._known[pointer](value)
            self._known[pointer] = self.compile(target)
        return self._known[pointer]


def _both(tests: list[Test]) -> Test:
    """One test that is passed where all are. Two and three are written out, as most are, and generators are slow."""
    if len(tests) == 1:
        return tests[0]
    if len(tests) == 2:
        first, second = tests
        return lambda value: first(value) and second(value)
    return lambda value: all(test(value) for test in tests)


def _same(value: Any, wanted: Any) -> bool:
    return isinstance(value, bool) == isinstance(wanted, bool) and bool(value == wanted)
