"""bundle.json: what a bundle says of itself."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agentctl.model.duration import format_time, parse_time
from agentctl.model.errors import ErrorNote, InputError, SourceError
from agentctl.model.redaction import redact
from agentctl.model.report import Target, Window

SCHEMA_VERSION = "agentctl/bundle-v1"
SOURCES = ("logs", "kubernetes", "metrics", "traces", "probes", "quota", "config")
STATUSES = ("ok", "partial", "missing")
MANIFEST = "bundle.json"
_MAX_JSON = 512 * 1024 * 1024
# `agentctl bundle create` puts a failure's code before its text.
_CODE = re.compile(
    r"(unreachable|dns|tls|timeout|unauthorized|forbidden|not-found|gone|rate-limited|server-error|bad-answer|truncated|missing): "
)
_HINT = "a bundle is a folder (or .tar.gz) with a bundle.json; `agentctl bundle create` makes one"


@dataclass(frozen=True, slots=True)
class Manifest:
    """The window that was recorded, of whom, and what could not be had (`notes`, by source)."""

    window: Window
    target: Target
    notes: Mapping[str, ErrorNote] = field(default_factory=dict)
    created_at: str = ""
    statuses: Mapping[str, str] = field(default_factory=dict)


def read_json(path: Path, name: str) -> Any:
    """The JSON in a file; SourceError names the line where it breaks. `name` is the path within the bundle."""
    try:
        if path.stat().st_size > _MAX_JSON:
            raise SourceError(
                "bad-answer", f"{name} is larger than 512 MiB", "split the bundle by namespace or by time"
            )
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise SourceError("missing", f"{name} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SourceError("bad-answer", f"{name} is not UTF-8 (byte {error.start})") from error
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        where = f"{name}:{error.lineno}:{error.colno}"
        raise SourceError(
            "bad-answer", f"{where}: no JSON: {error.msg}", "was it cut off while it was copied?"
        ) from error
    except (ValueError, RecursionError) as error:
        raise SourceError("bad-answer", f"{name}: no JSON that can be read: {type(error).__name__}") from error


def read_manifest(folder: Path, shown: str) -> Manifest:
    """Read bundle.json of a folder; raises InputError where it is missing, broken, of another version or has no window."""
    path = folder / MANIFEST
    if not path.is_file():
        raise InputError("bundle", f"{shown}: there is no {MANIFEST} in it", _HINT)
    try:
        data = read_json(path, f"{shown}/{MANIFEST}")
    except SourceError as error:
        raise InputError("bundle", error.message, error.hint) from error
    if not isinstance(data, Mapping):
        raise InputError("bundle", f"{shown}/{MANIFEST}: must hold an object, not {type(data).__name__}", _HINT)
    _check_version(data, shown)
    statuses, notes = _notes(data.get("sources"), shown)
    created = data.get("createdAt")
    return Manifest(
        _window(data, shown), _target(data, shown), notes, created if isinstance(created, str) else "", statuses
    )


def _check_version(data: Mapping[str, Any], shown: str) -> None:
    version = data.get("schemaVersion")
    if version != SCHEMA_VERSION:
        said = "no schemaVersion" if version is None else f"schemaVersion {version!r}"
        raise InputError(
            "bundle",
            f"{shown}/{MANIFEST}: {said}; this agentctl reads {SCHEMA_VERSION!r}",
            "record it again, or update agentctl",
        )


def _window(data: Mapping[str, Any], shown: str) -> Window:
    window = data.get("window")
    place = f"{shown}/{MANIFEST}: window"
    hint = 'write "window": {"start": "2026-03-03T10:00:00Z", "end": "2026-03-03T11:00:00Z"}'
    if not isinstance(window, Mapping):
        raise InputError("bundle", f"{place} is missing", hint)
    ends = []
    for key in ("start", "end"):
        value = window.get(key)
        if not isinstance(value, str | int | float) or isinstance(value, bool):
            raise InputError("bundle", f"{place}.{key} is missing", hint)
        try:
            ends.append(parse_time(str(value)))
        except (ValueError, OverflowError, OSError) as error:
            raise InputError("bundle", f"{place}.{key}: {error}", hint) from error
    if ends[1] <= ends[0]:
        said = f"{format_time(ends[0])} to {format_time(ends[1])}"
        raise InputError("bundle", f"{place} ends before it starts ({said})", hint)
    return Window(ends[0], ends[1])


def _target(data: Mapping[str, Any], shown: str) -> Target:
    target = data.get("target")
    if target is None:
        return Target("bundle", Path(shown).name)
    if not isinstance(target, Mapping):
        raise InputError("bundle", f"{shown}/{MANIFEST}: target must be an object", 'write "target": {"name": "prod"}')
    name, namespace = target.get("name"), target.get("namespace")
    return Target("bundle", str(name or Path(shown).name), str(namespace or ""))


def _notes(sources: Any, shown: str) -> tuple[dict[str, str], dict[str, ErrorNote]]:
    """The statuses, and a note for each source that is partial, or missing with an error."""
    statuses: dict[str, str] = {}
    notes: dict[str, ErrorNote] = {}
    if sources is not None and not isinstance(sources, Mapping):
        raise InputError(
            "bundle", f"{shown}/{MANIFEST}: sources must be an object", 'write "sources": {"logs": {"status": "ok"}}'
        )
    for name, entry in (sources or {}).items():
        status = entry.get("status") if isinstance(entry, Mapping) else entry
        if status not in STATUSES:
            raise InputError(
                "bundle",
                f"{shown}/{MANIFEST}: sources.{name}.status is {status!r}",
                "it must be ok, partial or missing",
            )
        statuses[str(name)] = str(status)
        error = entry.get("error") if isinstance(entry, Mapping) else None
        if status == "partial" or (status == "missing" and error):
            notes[str(name)] = _note(str(name), str(status), error)
    return statuses, notes


def _note(name: str, status: str, error: Any) -> ErrorNote:
    code = "missing" if status == "missing" else "truncated"
    if isinstance(error, Mapping):
        code, text = str(error.get("code") or code), str(error.get("message") or "")
    else:
        text = str(error or "")
        stated = _CODE.match(text)
        if stated:
            code, text = stated[1], text[stated.end() :]
    said = f"{name}: {status} in the bundle: {text or 'not all of it could be recorded'}"
    return ErrorNote(code, redact(said), "record it again once that is mended")
