"""What is in a bundle, counted without reading more than is needed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from agentctl.model.errors import SourceError
from agentctl.sources.bundle import open_bundle
from agentctl.sources.bundle_folder import open_folder
from agentctl.sources.bundle_manifest import SOURCES, Manifest, read_manifest
from agentctl.sources.protocols import LogQuery, Sources


@dataclass(frozen=True, slots=True)
class Held:
    """What a bundle holds of one source: `count` of `what`; None where it cannot be read, and then `error` says why."""

    name: str
    status: str
    count: int | None
    what: str
    error: str | None


@dataclass(frozen=True, slots=True)
class Inventory:
    """A bundle at a glance."""

    manifest: Manifest
    sources: Sequence[Held]
    agents: Sequence[str]


def inventory(path: Path) -> Inventory:
    """Count what a bundle holds. Raises InputError where it is no bundle."""
    folder = open_folder(path)
    manifest = read_manifest(folder.root, folder.shown)
    sources = open_bundle(folder.root)
    held = [_held(name, manifest, sources) for name in SOURCES]
    return Inventory(manifest, held, _agents(sources))


def _held(name: str, manifest: Manifest, sources: Sources) -> Held:
    what, count = _COUNTS[name]
    note = manifest.notes.get(name)
    error = note.message if note else None
    try:
        number = count(sources)
    except SourceError as failure:
        return Held(name, "partial", None, what, failure.message)
    status = manifest.statuses.get(name) or ("ok" if number else "missing")
    return Held(name, status if number or status != "ok" else "missing", number, what, error)


def _agents(sources: Sources) -> list[str]:
    streams = sources.logs.streams(LogQuery()) if sources.logs else ()
    return sorted({stream.origin.agent for stream in streams})


_COUNTS: dict[str, tuple[str, Callable[[Sources], int]]] = {
    "logs": ("log files", lambda s: len(s.logs.streams(LogQuery())) if s.logs else 0),
    "kubernetes": ("pods", lambda s: len(s.cluster.pods()) if s.cluster else 0),
    "metrics": ("metrics", lambda s: len(s.metrics.names()) if s.metrics else 0),
    "traces": ("spans", lambda s: sum(1 for _ in s.traces.spans(None)) if s.traces else 0),
    "probes": ("probes", lambda s: len(s.probes.probes()) if s.probes else 0),
    "quota": ("providers", lambda s: len(s.quota.quota()) if s.quota else 0),
    "config": ("documents", lambda s: len(s.config.documents()) if s.config else 0),
}
