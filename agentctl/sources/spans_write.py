"""Spans → OTLP JSON, one `{"resourceSpans": […]}` a line, as the collector's file exporter writes it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from agentctl.model.observations import Span
from agentctl.sources.redacting import redacted_object

_A_LINE = 200
_CODES = {"ok": 1, "error": 2}
Value = str | int | float | bool


def otlp_lines(spans: Iterable[Span]) -> Iterator[str]:
    """The spans as lines, secrets masked, never more than a few hundred spans in memory."""
    rest = iter(spans)
    while batch := list(islice(rest, _A_LINE)):
        groups: dict[str, tuple[Mapping[str, Value], list[Any]]] = {}
        for span in batch:
            key = json.dumps(dict(span.resource), sort_keys=True)
            groups.setdefault(key, (span.resource or {"service.name": span.service}, []))[1].append(_span(span))
        line = [
            {"resource": {"attributes": _attributes(resource)}, "scopeSpans": [{"spans": group}]}
            for resource, group in groups.values()
        ]
        yield json.dumps({"resourceSpans": line}, separators=(",", ":")) + "\n"


def _span(span: Span) -> dict[str, Any]:
    return {
        "traceId": span.trace_id,
        "spanId": span.span_id,
        "parentSpanId": span.parent_id,
        "name": redacted_object(span.name),
        "startTimeUnixNano": _nanos(span.start),
        "endTimeUnixNano": _nanos(span.end),
        "status": {"code": _CODES.get(span.status, 0), "message": redacted_object(span.message)},
        "attributes": _attributes(span.attributes),
        "events": [
            {"timeUnixNano": _nanos(at), "name": name, "attributes": _attributes(a)} for at, name, a in span.events
        ],
    }


def _attributes(values: Mapping[str, Value]) -> list[dict[str, Any]]:
    return [{"key": key, "value": _value(redacted_object(value, key))} for key, value in values.items()]


def _value(value: Value) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    return {"doubleValue": value} if isinstance(value, float) else {"stringValue": value}


def _nanos(seconds: float) -> str:
    """Unix seconds as nanoseconds, to the microsecond, which is what a float holds."""
    return str(round(seconds * 1e6) * 1000)
