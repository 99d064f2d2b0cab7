"""probes.json, quota.json and config/*.yaml of a bundle: what was asked when it was recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from agentctl.model.errors import SourceError
from agentctl.model.observations import ProbeResult, QuotaLimit, QuotaReading
from agentctl.sources.bundle_folder import Folder
from agentctl.sources.bundle_manifest import read_json


class BundleProbes:
    """probes.json."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder

    def probes(self) -> Sequence[ProbeResult]:
        """What every probe said; SourceError where the file is missing or broken."""
        return [_probe(item) for item in _objects(self._folder, "probes.json")]


class BundleQuota:
    """quota.json."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder

    def quota(self) -> Sequence[QuotaReading]:
        """What was known of the quota; SourceError where the file is missing or broken."""
        return [_reading(item) for item in _objects(self._folder, "quota.json")]


class BundleConfig:
    """config/*.yaml: the governance documents in force."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder

    def documents(self) -> Sequence[tuple[str, str]]:
        """(file name, text) of each YAML or JSON file below config/; SourceError for one that is no UTF-8."""
        out = []
        for path in self._folder.walk("config"):
            if path.suffix not in (".yaml", ".yml", ".json"):
                continue
            name = path.relative_to(self._folder.root).as_posix()
            try:
                out.append((name, path.read_bytes().decode("utf-8-sig")))
            except (OSError, UnicodeDecodeError) as error:
                raise SourceError("bad-answer", f"{name} cannot be read: {error}") from error
        return out


def number(value: Any) -> float | None:
    """A number; None for anything else, a truth value included."""
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def moment(value: Any) -> float | None:
    """A time, RFC 3339 or unix seconds, as unix seconds UTC; None where it is neither."""
    if not isinstance(value, str):
        return number(value)
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def _objects(folder: Folder, name: str) -> list[Mapping[str, Any]]:
    path = folder.file(name)
    if path is None:
        raise SourceError("missing", f"the bundle has no {name}", "record it with `agentctl bundle create`")
    data = read_json(path, name)
    if not isinstance(data, list) or not all(isinstance(item, Mapping) for item in data):
        raise SourceError("bad-answer", f"{name}: must hold a list of objects")
    return data


def _probe(item: Mapping[str, Any]) -> ProbeResult:
    source = item.get("from")
    source = source if isinstance(source, Mapping) else {}
    status = item.get("status")
    return ProbeResult(
        tool=str(item.get("tool") or ""),
        target=str(item.get("target") or ""),
        agent=str(source.get("agent") or ""),
        pod=str(source.get("pod") or ""),
        via=str(item.get("via") or ""),
        ok=item.get("ok") is True,
        status=status if isinstance(status, int) and not isinstance(status, bool) else None,
        latency_ms=number(item.get("latencyMs")),
        error=str(item.get("error") or ""),
        at=moment(item.get("at")),
    )


def _reading(item: Mapping[str, Any]) -> QuotaReading:
    limits = item.get("limits")
    return QuotaReading(
        provider=str(item.get("provider") or ""),
        source=str(item.get("source") or ""),
        at=moment(item.get("at")),
        limits=tuple(_limit(one) for one in limits if isinstance(one, Mapping)) if isinstance(limits, list) else (),
    )


def _limit(item: Mapping[str, Any]) -> QuotaLimit:
    reset = item.get("reset")
    return QuotaLimit(
        model=str(item.get("model") or ""),
        type=str(item.get("type") or ""),
        limit=number(item.get("limit")),
        remaining=number(item.get("remaining")),
        reset=None if reset is None else str(reset),
    )
