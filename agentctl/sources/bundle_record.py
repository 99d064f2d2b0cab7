"""Record what the live sources say, a part of the bundle each. Everything is masked before it is written.

Each part returns what it wrote; what could not be had is an error with its reason, never a silent gap.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from agentctl.model.duration import format_time
from agentctl.model.errors import SourceError
from agentctl.model.observations import ProbeResult, QuotaReading
from agentctl.model.redaction import redact
from agentctl.model.report import Window
from agentctl.model.streams import LogStream
from agentctl.sources.kubernetes_live import LiveClusters
from agentctl.sources.protocols import (
    ConfigSource,
    LogQuery,
    LogSource,
    ProbeSource,
    QuotaSource,
    TraceSource,
)
from agentctl.sources.redacting import redacted_bytes, redacted_object
from agentctl.sources.spans_write import otlp_lines

# A list of the API leaves out of its items what kubectl prints in each.
_KINDS = {
    "pods": {"apiVersion": "v1", "kind": "Pod"},
    "events": {"apiVersion": "v1", "kind": "Event"},
    "deployments": {"apiVersion": "apps/v1", "kind": "Deployment"},
    "replicasets": {"apiVersion": "apps/v1", "kind": "ReplicaSet"},
    "nodes": {"apiVersion": "v1", "kind": "Node"},
}
_PROGRESS_EVERY = 25
Say = Callable[[str], None]


@dataclass(slots=True)
class Part:
    """What became of one source: how much was written, and what failed."""

    name: str
    count: int = 0
    errors: list[SourceError] = field(default_factory=list)
    set_up: bool = True

    @property
    def status(self) -> str:
        """`ok`, `partial` or `missing`, as the manifest says it."""
        if not self.set_up or (self.errors and not self.count):
            return "missing"
        return "partial" if self.errors else "ok"

    @property
    def error(self) -> str:
        """The failures in one line; "" where there is none."""
        if not self.errors:
            return ""
        said = list(dict.fromkeys(redact(e.message) for e in self.errors))
        more = [f"and {len(said) - 5} more"] if len(said) > 5 else []
        return "; ".join(said[:5] + more)


def record_logs(source: LogSource, folder: Path, window: Window, at_once: int, say: Say) -> Part:
    """logs/NAMESPACE/POD/CONTAINER.log of every container, many at once, streamed."""
    part = Part("logs")
    try:
        streams = source.streams(LogQuery(window=window))
    except SourceError as error:
        part.errors.append(error)
        return part
    with ThreadPoolExecutor(at_once, thread_name_prefix="record") as pool:
        running = [pool.submit(_record_stream, stream, folder) for stream in streams]
        for done, one in enumerate(as_completed(running), 1):
            failure = one.result()
            part.count += 1
            if failure is not None:
                part.errors.append(failure)
            if done % _PROGRESS_EVERY == 0 or done == len(running):
                say(f"logs: {done} of {len(running)} containers")
    if part.errors and len(part.errors) == part.count and not any((folder / "logs").rglob("*.log")):
        part.count = 0
    return part


def _record_stream(stream: LogStream, folder: Path) -> SourceError | None:
    o = stream.origin
    name = f"{o.container}{'.previous' if o.previous else ''}.log"
    path = folder / "logs" / _plain(o.namespace) / _plain(o.pod) / _plain(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    failure: list[SourceError] = []

    def until_it_breaks() -> Iterator[bytes]:
        try:
            yield from stream.chunks()
        except SourceError as error:
            failure.append(error)

    with path.open("wb") as out:
        for piece in redacted_bytes(until_it_breaks()):
            out.write(piece)
    if path.stat().st_size == 0:
        path.unlink()
    return failure[0] if failure else None


def record_objects(clusters: LiveClusters, folder: Path, say: Say) -> Part:
    """kubernetes/*.json, as `kubectl get -o json` prints a list."""
    part = Part("kubernetes")
    for name in _KINDS:
        try:
            items = clusters.raw(name)
        except SourceError as error:
            part.errors.append(error)
            continue
        path = folder / "kubernetes" / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8") as out:
            out.write('{"apiVersion":"v1","kind":"List","items":[')
            for number, item in enumerate(items):
                out.write(",\n" if number else "\n")
                json.dump(redacted_object({**_KINDS[name], **item}), out, ensure_ascii=False, separators=(",", ":"))
            out.write("]}\n")
        part.count += 1
        say(f"kubernetes: {len(items)} {name}")
    return part


def record_traces(source: TraceSource, folder: Path, window: Window, say: Say) -> Part:
    """traces/spans.jsonl."""
    part = Part("traces")
    path = folder / "traces" / "spans.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("w", encoding="utf-8") as out:
            for line in otlp_lines(source.spans(window)):
                out.write(line)
                part.count += 1
    except SourceError as error:
        part.errors.append(error)
    say("traces: recorded" if part.count else "traces: none")
    return part


def record_probes(source: ProbeSource, folder: Path) -> Part:
    """probes.json."""
    return _record_list("probes", lambda: [_probe(p) for p in source.probes()], folder)


def record_quota(source: QuotaSource, folder: Path) -> Part:
    """quota.json."""
    return _record_list("quota", lambda: [_reading(r) for r in source.quota()], folder)


def record_config(source: ConfigSource, folder: Path) -> Part:
    """config/*.yaml: the governance documents in force."""
    part = Part("config")
    try:
        documents = source.documents()
    except SourceError as error:
        part.errors.append(error)
        return part
    taken: set[str] = set()
    for name, text in documents:
        stem = _plain(Path(name).stem) or "document"
        while stem in taken:
            stem += "-2"
        taken.add(stem)
        path = folder / "config" / f"{stem}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(redact(text), encoding="utf-8")
        part.count += 1
    return part


def _record_list(name: str, read: Callable[[], Sequence[Any]], folder: Path) -> Part:
    part = Part(name)
    try:
        found = read()
    except SourceError as error:
        part.errors.append(error)
        return part
    (folder / f"{name}.json").write_text(json.dumps(redacted_object(list(found)), indent=1) + "\n", encoding="utf-8")
    part.count = len(found)
    return part


def _probe(p: ProbeResult) -> dict[str, Any]:
    source = {"agent": p.agent, "pod": p.pod}
    said = {"tool": p.tool, "target": p.target, "from": source, "via": p.via, "ok": p.ok, "status": p.status}
    return said | {"latencyMs": p.latency_ms, "error": p.error, "at": _time(p.at)}


def _reading(r: QuotaReading) -> dict[str, Any]:
    limits: Iterable[dict[str, Any]] = (
        {"model": x.model, "type": x.type, "limit": x.limit, "remaining": x.remaining, "reset": x.reset}
        for x in r.limits
    )
    return {"provider": r.provider, "source": r.source, "at": _time(r.at), "limits": list(limits)}


def _time(at: float | None) -> str | None:
    return None if at is None else format_time(datetime.fromtimestamp(at, UTC))


def _plain(name: str) -> str:
    """A name as one safe part of a path: what an API server sends never leads out of the bundle."""
    return re.sub(r"[^A-Za-z0-9._-]", "_", name).lstrip(".")
