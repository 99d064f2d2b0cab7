"""Documents against their JSON Schemas: every violation as a finding (AG002) at the key or value at fault."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from agentctl.documents import gate, kinds
from agentctl.documents.node import Document
from agentctl.documents.shipped import folder, shipped
from agentctl.model.finding import Finding

SUFFIX = ".schema.json"
# Which schema a kind of document follows. Runbooks are read by the runbook package, which knows more than a schema can say.
SCHEMA_OF = {
    kinds.GOVERNANCE: "agent-config",
    kinds.PROMPT: "prompt",
    kinds.ORCHESTRATOR: "orchestrator",
    kinds.CONFIG: "config",
    kinds.COLLECTOR: "otel-collector",
    kinds.SCENARIO: "scenario",
}
# More than this many violations in one document say nothing new.
MOST = 100


def names() -> list[str]:
    """The names of the shipped schemas."""
    return sorted(path.name.removesuffix(SUFFIX) for path in folder("schemas").glob("*" + SUFFIX))


@cache
def schema(name: str) -> Any:
    """A shipped schema. Raises FileNotFoundError for a name that `names()` does not list."""
    return json.loads(shipped("schemas", name + SUFFIX).read_text("utf-8"))


def violations(document: Document) -> list[Finding]:
    """What the document's schema has against it, in the order of the file; [] where its kind has no schema."""
    name = SCHEMA_OF.get(document.kind)
    if name is None or not shipped("schemas", name + SUFFIX).is_file():
        return []
    data = document.data
    if document.kind == kinds.CONFIG and isinstance(data, dict):
        data = {spelled(key) if isinstance(key, str) else key: value for key, value in data.items()}
    if _gate(name)(data):
        return []
    from agentctl.documents.violations import explain

    found = [finding for error in _errors(name, data) for finding in explain(error, document)]
    return sorted(found, key=lambda f: (f.location.line, f.location.column) if f.location else (0, 0))[:MOST]


def spelled(key: str) -> str:
    """A config key as options are spelled: `prometheus_url` → `prometheus-url`."""
    return key.replace("_", "-")


@cache
def _gate(name: str) -> Callable[[Any], bool]:
    try:
        return gate.compile_gate(schema(name))
    except gate.Unsupported:
        return lambda _: False


def _errors(name: str, data: Any) -> Iterator[Any]:
    """The errors of the jsonschema library, up to MOST of them."""
    for count, error in enumerate(_validator(name).iter_errors(data)):
        if count >= MOST:
            return
        yield error


@cache
def _validator(name: str) -> Any:
    from jsonschema import Draft202012Validator
    from jsonschema.validators import extend

    types = Draft202012Validator.TYPE_CHECKER.redefine_many({key: _typed(test) for key, test in gate.TYPES.items()})
    strict = extend(  # type: ignore[no-untyped-call]
        Draft202012Validator,
        validators={"additionalProperties": _additional, "patternProperties": _patterned},
        type_checker=types,
    )
    return strict(schema(name))


def _typed(test: gate.Test) -> Callable[[Any, Any], bool]:
    return lambda _checker, value: test(value)


def _additional(validator: Any, value: Any, instance: Any, schema: Any) -> Iterator[Any]:
    """As the library does it, for keys that are no text too (YAML has them, JSON does not): an error a key."""
    import re

    from jsonschema import ValidationError

    if not isinstance(instance, dict):
        return
    patterns = [re.compile(pattern) for pattern in schema.get("patternProperties", {})]
    for key, child in instance.items():
        if key in schema.get("properties", {}) or isinstance(key, str) and any(p.search(key) for p in patterns):
            continue
        if not isinstance(key, str) or value is False:
            yield ValidationError("unknown key", instance=key)
        elif isinstance(value, dict):
            yield from validator.descend(child, value, path=key)


def _patterned(validator: Any, value: Any, instance: Any, schema: Any) -> Iterator[Any]:
    import re

    for key, child in instance.items() if isinstance(instance, dict) else ():
        for pattern, part in value.items():
            if isinstance(key, str) and re.search(pattern, key):
                yield from validator.descend(child, part, path=key, schema_path=pattern)
