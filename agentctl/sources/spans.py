"""OTLP JSON (opentelemetry-proto, JSON mapping) → spans. Bundles, Tempo and the collector's file exporter print it."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from agentctl.model.errors import SourceError
from agentctl.model.observations import Span
from agentctl.model.report import Window
from agentctl.sources.bundle_folder import Folder

FILE = "traces/spans.jsonl"
Value = str | int | float | bool
_STATUS = {1: "ok", 2: "error", "STATUS_CODE_OK": "ok", "STATUS_CODE_ERROR": "error"}
_HEX = re.compile(r"[0-9a-fA-F]{16}|[0-9a-fA-F]{32}")


class BundleTraces:
    """The spans of a bundle, read a line at a time."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder

    def spans(self, window: Window | None) -> Iterator[Span]:
        """The spans that started in the window (all of them without one). SourceError names a broken line."""
        path = self._folder.file(*FILE.split("/"))
        if path is None:
            raise SourceError("missing", f"the bundle has no {FILE}", "record it with `agentctl bundle create`")
        since, until = (window.start.timestamp(), window.end.timestamp()) if window else (float("-inf"), float("inf"))
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if not line.isspace():
                    yield from (s for s in _line(line, number) if since < s.start <= until)


def _line(line: bytes, number: int) -> Iterator[Span]:
    try:
        data = json.loads(line)
    except (ValueError, RecursionError) as error:
        hint = "was it cut off while it was copied?"
        raise SourceError("bad-answer", f"{FILE}:{number}: no JSON: {error}", hint) from error
    if not isinstance(data, Mapping):
        raise SourceError("bad-answer", f'{FILE}:{number}: no {{"resourceSpans": […]}} on this line')
    return read_otlp(data)


def read_otlp(data: Mapping[str, Any]) -> Iterator[Span]:
    """The spans of one `{"resourceSpans": […]}` (Tempo says `batches`, older writers `instrumentationLibrarySpans`)."""
    for group in maps(data.get("resourceSpans") or data.get("batches")):
        resource_of = group.get("resource")
        resource = attributes(resource_of.get("attributes")) if isinstance(resource_of, Mapping) else {}
        for scope in maps(group.get("scopeSpans") or group.get("instrumentationLibrarySpans")):
            for raw in maps(scope.get("spans")):
                yield _span(raw, resource)


def attributes(raw: Any) -> dict[str, Value]:
    """OTLP key-value pairs as a mapping; arrays and nested values become their JSON text."""
    out: dict[str, Value] = {}
    for pair in maps(raw):
        value = _value(pair.get("value"))
        if value is not None:
            out[str(pair.get("key", ""))] = value
    return out


def nanos(value: Any) -> float:
    """Unix nanoseconds (a decimal string in the JSON mapping) as unix seconds; 0 where it is no number."""
    try:
        return int(value) / 1_000_000_000
    except (TypeError, ValueError, OverflowError):
        return 0.0


def _span(raw: Mapping[str, Any], resource: Mapping[str, Value]) -> Span:
    status = raw.get("status")
    status = status if isinstance(status, Mapping) else {}
    start = nanos(raw.get("startTimeUnixNano"))
    return Span(
        trace_id=_id(raw.get("traceId")),
        span_id=_id(raw.get("spanId")),
        parent_id=_id(raw.get("parentSpanId")),
        name=str(raw.get("name", "")),
        start=start,
        end=max(nanos(raw.get("endTimeUnixNano")), start),
        status=_STATUS.get(status.get("code", 0), "unset"),
        message=str(status.get("message", "")),
        service=str(resource.get("service.name", "")),
        attributes=attributes(raw.get("attributes")),
        resource=resource,
        events=tuple(
            (nanos(e.get("timeUnixNano")), str(e.get("name", "")), attributes(e.get("attributes")))
            for e in maps(raw.get("events"))
        ),
    )


def _id(value: Any) -> str:
    """An id in lower-case hex; OTLP writes hex, Tempo's JSON writes base64."""
    text = value if isinstance(value, str) else ""
    if not text or _HEX.fullmatch(text):
        return text.lower()
    try:
        return base64.b64decode(text, validate=True).hex()
    except (binascii.Error, ValueError):
        return text


def _value(raw: Any) -> Value | None:
    if not isinstance(raw, Mapping):
        return None
    for key, kind in (("stringValue", str), ("boolValue", bool), ("doubleValue", float)):
        if key in raw:
            return kind(raw[key]) if isinstance(raw[key], kind | int | float | str) else None
    if "intValue" in raw:
        try:
            return int(raw["intValue"])
        except (TypeError, ValueError):
            return None
    nested = raw.get("arrayValue") or raw.get("kvlistValue") or raw.get("bytesValue")
    return None if nested is None else json.dumps(nested, ensure_ascii=False)


def maps(raw: Any) -> Iterable[Mapping[str, Any]]:
    """The objects in what should be a list of objects; nothing where it is none."""
    return (one for one in raw if isinstance(one, Mapping)) if isinstance(raw, list) else ()
