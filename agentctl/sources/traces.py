"""Spans from Jaeger or Tempo, whichever answers at the address."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from agentctl.model.errors import ErrorNote, SourceError
from agentctl.model.observations import Span
from agentctl.model.report import Window
from agentctl.sources.http_client import HttpClient
from agentctl.sources.spans import Value, maps, read_otlp

LIMIT = 1000
# A question that hits the limit is asked in halves, so many times: then the rest is left out, and said to be.
_SPLITS = 5
_HOUR = timedelta(hours=1)
_OWN = frozenset({"jaeger", "jaeger-query", "jaeger-all-in-one", "tempo"})


class Traces:
    """A TraceSource over a Jaeger or Tempo. What is left out for its size is noted under `traces`."""

    def __init__(self, client: HttpClient, notes: MutableMapping[str, ErrorNote]) -> None:
        self._client = client
        self._notes = notes

    def spans(self, window: Window | None) -> Iterator[Span]:
        """The spans of the traces that began in the window (the last hour without one)."""
        asked = window or Window(datetime.now(UTC) - _HOUR, datetime.now(UTC))
        services = self._services()
        if services is None:
            yield from self._tempo(asked, _SPLITS)
            return
        for service in services:
            yield from self._jaeger(service, asked, _SPLITS)

    def server(self) -> str:
        """`jaeger` or `tempo`. Raises SourceError where it is neither."""
        return "tempo" if self._services() is None else "jaeger"

    def _services(self) -> list[str] | None:
        """Jaeger's services; None where the server has no such question, and so is a Tempo."""
        try:
            answer = self._client.get("/api/services")
        except SourceError as error:
            if error.code not in ("not-found", "bad-answer"):
                raise
            self._client.text("/api/echo")
            return None
        names = answer.get("data") if isinstance(answer, Mapping) else None
        return sorted(str(name) for name in names or () if name not in _OWN)

    def _jaeger(self, service: str, window: Window, splits: int) -> Iterator[Span]:
        start, end = _micros(window.start), _micros(window.end)
        params = {"service": service, "start": str(start), "end": str(end), "limit": str(LIMIT)}
        answer = self._client.get("/api/traces", params)
        traces = answer.get("data") if isinstance(answer, Mapping) else None
        if not isinstance(traces, list | None):
            raise SourceError(
                "bad-answer", f"{self._client.what} answered in a form that cannot be read", "check --traces-url"
            )
        if len(traces or ()) >= LIMIT and splits:
            for half in _halves(window):
                yield from self._jaeger(service, half, splits - 1)
            return
        if len(traces or ()) >= LIMIT:
            self._too_many()
        for trace in traces or ():
            yield from read_jaeger(trace)

    def _tempo(self, window: Window, splits: int) -> Iterator[Span]:
        params = {"q": "{}", "limit": str(LIMIT), "start": str(int(window.start.timestamp()))}
        answer = self._client.get("/api/search", params | {"end": str(int(window.end.timestamp()) + 1)})
        found = answer.get("traces") if isinstance(answer, Mapping) else None
        if len(found or ()) >= LIMIT and splits and window.seconds > 2:
            for half in _halves(window):
                yield from self._tempo(half, splits - 1)
            return
        if len(found or ()) >= LIMIT:
            self._too_many()
        for one in maps(found):
            answer = self._client.get(f"/api/traces/{quote(str(one.get('traceID')), safe='')}")
            if isinstance(answer, Mapping):
                yield from read_otlp(answer.get("trace") if isinstance(answer.get("trace"), Mapping) else answer)  # type: ignore[arg-type]

    def _too_many(self) -> None:
        text = f"{self._client.what} holds more traces than were read"
        self._notes["traces"] = ErrorNote("truncated", text, "ask for a shorter --since")


def read_jaeger(trace: Any) -> Iterator[Span]:
    """The spans of one trace in Jaeger's JSON (times in microseconds)."""
    if not isinstance(trace, Mapping):
        return
    known = trace.get("processes")
    processes: Mapping[str, Any] = known if isinstance(known, Mapping) else {}
    for raw in maps(trace.get("spans")):
        named = processes.get(str(raw.get("processID")))
        process: Mapping[str, Any] = named if isinstance(named, Mapping) else {}
        tags = _tags(raw.get("tags"))
        start = _seconds(raw.get("startTime"))
        parent: Mapping[str, Any] = next((r for r in maps(raw.get("references")) if r.get("refType") == "CHILD_OF"), {})
        service = str(process.get("serviceName") or "")
        yield Span(
            trace_id=_id(raw.get("traceID"), 32),
            span_id=_id(raw.get("spanID"), 16),
            parent_id=_id(parent.get("spanID"), 16),
            name=str(raw.get("operationName") or ""),
            start=start,
            end=start + _seconds(raw.get("duration")),
            status=_status(tags),
            message=str(tags.get("otel.status_description") or ""),
            service=service,
            attributes=tags,
            resource={"service.name": service, **_tags(process.get("tags"))},
            events=tuple(_event(log) for log in maps(raw.get("logs"))),
        )


def _event(log: Mapping[str, Any]) -> tuple[float, str, Mapping[str, Value]]:
    fields = _tags(log.get("fields"))
    return _seconds(log.get("timestamp")), str(fields.get("event", "")), fields


def _seconds(micros: Any) -> float:
    return micros / 1e6 if isinstance(micros, int | float) and abs(micros) < 1e18 else 0.0


def _status(tags: Mapping[str, Value]) -> str:
    said = str(tags.get("otel.status_code", "")).lower()
    if said in ("ok", "error"):
        return said
    return "error" if tags.get("error") in (True, "true") else "unset"


def _tags(raw: Any) -> dict[str, Value]:
    return {str(t.get("key")): t["value"] for t in maps(raw) if isinstance(t.get("value"), str | int | float | bool)}


def _id(value: Any, width: int) -> str:
    return str(value).lower().zfill(width) if value else ""


def _halves(window: Window) -> tuple[Window, Window]:
    middle = window.start + (window.end - window.start) / 2
    return Window(window.start, middle), Window(middle, window.end)


def _micros(moment: datetime) -> int:
    return int(moment.replace(microsecond=0).timestamp()) * 1_000_000 + moment.microsecond
