"""Spans of the sampled runs, written as OTLP JSON, one `{"resourceSpans": […]}` a line, as the collector's file exporter does.

Field names and encodings: the OTLP specification's JSON mapping (ids in hex, 64-bit integers as strings).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from random import Random

Attributes = Mapping[str, str | int | float | bool]


@dataclass(slots=True)
class SpanData:
    """One span; times are unix seconds; `status` 0 unset, 1 ok, 2 error."""

    name: str
    span_id: str
    parent_id: str
    start: float
    end: float = 0.0
    status: int = 0
    message: str = ""
    attributes: dict[str, str | int | float | bool] = field(default_factory=dict)
    events: list[tuple[float, str, Attributes]] = field(default_factory=list)


@dataclass(slots=True)
class Trace:
    """The spans of one run in one process."""

    trace_id: str
    resource: Attributes
    rng: Random
    spans: list[SpanData] = field(default_factory=list)

    def begin(self, name: str, now: float, parent: SpanData | str | None = None) -> SpanData:
        """Open a span under another (given as the span or its id)."""
        parent_id = parent.span_id if isinstance(parent, SpanData) else parent or ""
        span = SpanData(name, f"{self.rng.getrandbits(64):016x}", parent_id, now)
        self.spans.append(span)
        return span


def otlp_lines(traces: list[Trace]) -> Iterator[str]:
    """Each trace as a line of OTLP JSON; spans that never ended (their process died) are not exported."""
    for trace in traces:
        spans = [_span(trace.trace_id, span) for span in trace.spans if span.end]
        if spans:
            scope = {"scope": {"name": "enterprise-agent"}, "spans": spans}
            body = {"resourceSpans": [{"resource": {"attributes": _attributes(trace.resource)}, "scopeSpans": [scope]}]}
            yield json.dumps(body, separators=(",", ":")) + "\n"


def _span(trace_id: str, span: SpanData) -> dict[str, object]:
    body: dict[str, object] = {
        "traceId": trace_id,
        "spanId": span.span_id,
        "parentSpanId": span.parent_id,
        "name": span.name,
        "kind": 3 if span.name == "llm.call" else 1,
        "startTimeUnixNano": str(int(span.start * 1e9)),
        "endTimeUnixNano": str(int(span.end * 1e9)),
        "attributes": _attributes(span.attributes),
        "status": {"code": span.status, **({"message": span.message} if span.message else {})} if span.status else {},
    }
    if span.events:
        body["events"] = [
            {"timeUnixNano": str(int(t * 1e9)), "name": n, "attributes": _attributes(a)} for t, n, a in span.events
        ]
    return body


def _attributes(attributes: Attributes) -> list[dict[str, object]]:
    return [{"key": key, "value": _value(value)} for key, value in attributes.items()]


def _value(value: str | int | float | bool) -> dict[str, object]:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    return {"doubleValue": value} if isinstance(value, float) else {"stringValue": value}
