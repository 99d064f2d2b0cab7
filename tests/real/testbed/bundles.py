"""Reads the parts of a bundle folder that the servers are loaded with."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from testbed.logfiles import nanoseconds


def _log_files(folder: Path) -> Iterator[tuple[str, str, str, Path]]:
    """(namespace, pod, file name without .log or .log.gz, path) of each log of a bundle."""
    for path in sorted((folder / "logs").glob("*/*/*")):
        name = path.name.removesuffix(".gz")
        if path.is_file() and name.endswith(".log"):
            yield path.parts[-3], path.parts[-2], name.removesuffix(".log"), path


def _read(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def copy_logs(folder: Path, state: Path) -> int:
    """Lays the logs of a bundle out for the kubelet, unpacked; returns how many files there are."""
    count = 0
    for namespace, pod, name, path in _log_files(folder):
        target = state / "logs" / namespace / pod / f"{name}.log"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(_read(path))
        count += 1
    return count


def remove_logs(state: Path) -> None:
    """Takes all logs away from the kubelet."""
    shutil.rmtree(state / "logs", ignore_errors=True)


def agents_by_pod(folder: Path) -> dict[tuple[str, str], dict[str, str]]:
    """The labels ``app`` and ``agent`` of each pod of a bundle, as a log shipper would send them along."""
    path = folder / "kubernetes" / "pods.json"
    if not path.exists():
        return {}
    found = {}
    for pod in json.loads(path.read_bytes())["items"]:
        labels = pod["metadata"].get("labels") or {}
        agent = labels.get("agent") or labels.get("agent_name") or labels.get("app.kubernetes.io/name")
        kept = {"app": labels.get("app"), "agent": agent}
        key = (pod["metadata"].get("namespace", "default"), pod["metadata"]["name"])
        found[key] = {name: value for name, value in kept.items() if value}
    return found


def streams(folder: Path) -> Iterator[tuple[dict[str, str], list[tuple[int, str]]]]:
    """(labels, [(nanoseconds, line), ...]) of each container; the log before a restart belongs to the same stream."""
    labels = agents_by_pod(folder)
    merged: dict[tuple[str, str, str], list[tuple[int, str]]] = {}
    for namespace, pod, name, path in _log_files(folder):
        container = name.removesuffix(".previous")
        merged.setdefault((namespace, pod, container), []).extend(entries(_read(path)))
    for (namespace, pod, container), lines in merged.items():
        own = {"namespace": namespace, "pod": pod, "container": container}
        yield {**own, **labels.get((namespace, pod), {})}, sorted(lines, key=lambda line: line[0])


def entries(data: bytes) -> list[tuple[int, str]]:
    """The stamped lines of a log as (nanoseconds, text without the stamp); a line with no stamp has the one before."""
    found: list[tuple[int, str]] = []
    at = 0
    for line in data.split(b"\n"):
        stamp = nanoseconds(line)
        if stamp is not None:
            at, line = stamp, line.split(b" ", 1)[1]
        if line:
            found.append((at, line.decode("utf-8", errors="replace")))
    return found


def spans(folder: Path) -> Iterator[dict[str, Any]]:
    """The OTLP export requests of ``traces/spans.jsonl``."""
    path = folder / "traces" / "spans.jsonl"
    if path.exists():
        with path.open("rb") as file:
            for line in file:
                if line.strip():
                    yield json.loads(line)


def samples(folder: Path) -> Iterator[dict[str, Any]]:
    """The series of ``metrics/samples.jsonl``."""
    path = folder / "metrics" / "samples.jsonl"
    if path.exists():
        with path.open("rb") as file:
            for line in file:
                if line.strip():
                    yield json.loads(line)
