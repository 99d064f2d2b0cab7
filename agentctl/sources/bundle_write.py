"""Make a bundle: every source recorded into a folder beside the target, which takes its place at the very end or not at all."""

from __future__ import annotations

import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from agentctl.model.duration import format_time
from agentctl.model.errors import InputError
from agentctl.model.redaction import redact
from agentctl.model.report import Window
from agentctl.sources import bundle_record as record
from agentctl.sources.bundle_manifest import MANIFEST, SCHEMA_VERSION, SOURCES
from agentctl.sources.bundle_record import Part, Say
from agentctl.sources.bundle_record_metrics import record_metrics
from agentctl.sources.kubernetes_live import LiveClusters
from agentctl.sources.protocols import Sources


@dataclass(frozen=True, slots=True)
class Wish:
    """What to record: the window, how far back the metrics of money go, and how many logs are read at once."""

    window: Window
    money_since: timedelta
    at_once: int = 16


@dataclass(frozen=True, slots=True)
class Recorded:
    """A finished bundle; `path` is None where nothing at all could be had, and then nothing was written."""

    path: Path | None
    parts: Sequence[Part]
    bytes: int = 0


def check_target(path: Path) -> None:
    """Raise InputError where a bundle cannot be written: it exists already, or its folder does not."""
    if path.exists():
        raise InputError("bundle", f"{path}: exists already", "give another name, or move it away")
    if not path.absolute().parent.is_dir():
        raise InputError("bundle", f"{path}: the folder {path.absolute().parent} does not exist", "make it first")


def write_bundle(sources: Sources, wish: Wish, path: Path, say: Say) -> Recorded:
    """Record all sources. `path` ending in .tar.gz or .tgz makes one file, anything else a folder. Raises InputError."""
    check_target(path)
    try:
        work = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.absolute().parent))
    except OSError as error:
        raise InputError(
            "bundle", f"{path}: cannot be written: {error.strerror}", "check the folder and its rights"
        ) from error
    try:
        parts = _record_all(sources, wish, work, say)
        if not any(part.count for part in parts):
            return Recorded(None, parts)
        (work / MANIFEST).write_text(json.dumps(_manifest(sources, wish, parts), indent=2) + "\n", encoding="utf-8")
        return Recorded(path, parts, _put(work, path))
    except OSError as error:
        raise InputError(
            "bundle", f"{path}: cannot be written: {error.strerror or error}", "is the disk full?"
        ) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _record_all(sources: Sources, wish: Wish, work: Path, say: Say) -> list[Part]:
    parts: dict[str, Part] = {name: Part(name, set_up=False) for name in SOURCES}
    if sources.logs is not None:
        parts["logs"] = record.record_logs(sources.logs, work, wish.window, wish.at_once, say)
    if isinstance(sources.cluster, LiveClusters):
        parts["kubernetes"] = record.record_objects(sources.cluster, work, say)
    if sources.metrics is not None:
        parts["metrics"] = record_metrics(sources.metrics, work, wish.window, wish.money_since, say)
    if sources.traces is not None:
        parts["traces"] = record.record_traces(sources.traces, work, wish.window, say)
    if sources.probes is not None:
        parts["probes"] = record.record_probes(sources.probes, work)
    if sources.quota is not None:
        parts["quota"] = record.record_quota(sources.quota, work)
    if sources.config is not None:
        parts["config"] = record.record_config(sources.config, work)
    return list(parts.values())


def _manifest(sources: Sources, wish: Wish, parts: Sequence[Part]) -> dict[str, Any]:
    states: dict[str, Any] = {part.name: {"status": part.status} for part in parts}
    for part in parts:
        if part.errors:
            states[part.name]["error"] = f"{part.errors[0].code}: {part.error}"
    for name, note in sources.notes.items():
        if name in states and "error" not in states[name]:
            states[name] = {
                "status": "partial",
                "error": {"code": note.code, "message": redact(note.message), "hint": note.hint},
            }
    return {
        "schemaVersion": SCHEMA_VERSION,
        "createdAt": format_time(datetime.now(UTC)),
        "window": {"start": format_time(wish.window.start), "end": format_time(wish.window.end)},
        "target": {"name": sources.target.name, "namespace": sources.target.namespace},
        "sources": states,
    }


def _put(work: Path, path: Path) -> int:
    """Move the finished bundle to its place; returns its size in bytes."""
    if not path.name.endswith((".tar.gz", ".tgz")):
        work.chmod(0o777 & ~_umask())
        work.rename(path)
        return sum(f.stat().st_size for f in path.rglob("*") if f.is_file())
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.absolute().parent)
    packed = Path(name)
    try:
        with os.fdopen(handle, "wb") as raw, tarfile.open(fileobj=raw, mode="w:gz", compresslevel=6) as tar:
            for file in sorted(work.rglob("*")):
                if file.is_file():
                    tar.add(file, arcname=file.relative_to(work).as_posix(), filter=_anonymous)
        packed.chmod(0o666 & ~_umask())
        packed.rename(path)
    except BaseException:
        packed.unlink(missing_ok=True)
        raise
    return path.stat().st_size


def _anonymous(info: tarfile.TarInfo) -> tarfile.TarInfo:
    """Whose machine it was made on is nobody's business."""
    info.uid = info.gid = 0
    info.uname = info.gname = ""
    return info


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
