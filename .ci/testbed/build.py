#!/usr/bin/env python3
"""Fetches or builds the servers of the real-server test bed into a cache outside the checkout.

    python .ci/testbed/build.py [--list] [--again] [NAME ...]

Every tool is independent: one that cannot be had is reported with its reason and the others go on. The exit code is 1
only when Kubernetes or Prometheus is missing at the end. The cache is ``$AGENTCTL_TESTBED_CACHE``, else
``$XDG_CACHE_HOME/agentctl-testbed``, else ``~/.cache/agentctl-testbed``; what is there already, is not built again.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import debian
import golang
from recipes import TOOLS, DebWay, GoWay, Tool


def cache_dir() -> Path:
    """The folder that holds binaries, wrapper modules, build logs and status.json."""
    named = os.environ.get("AGENTCTL_TESTBED_CACHE")
    if named:
        return Path(named)
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "agentctl-testbed"


def _key(way: DebWay | GoWay) -> str:
    """What decides whether a cached binary is still the one that the recipe asks for."""
    if isinstance(way, DebWay):
        return f"deb {way.package}"
    return f"go {way.module}@{way.version}"


def _cached(tool: Tool, cache: Path, status: dict[str, dict[str, object]]) -> bool:
    known = status.get(tool.name, {})
    for way in tool.ways:
        names = way.files if isinstance(way, DebWay) else way.programs
        if known.get("from") == _key(way) and all((cache / "bin" / name).is_file() for name in names):
            return True
    return False


def _fetch(way: DebWay | GoWay, tool: Tool, cache: Path) -> str:
    """Runs one way; returns the version that is now in the cache."""
    log = cache / "log" / f"{tool.name}.log"
    if isinstance(way, DebWay):
        return debian.unpack(way, cache, log)
    return golang.build(way, tool.name, cache, log)


def _obtain(tool: Tool, cache: Path) -> dict[str, object]:
    """Tries the ways of one tool in order; the entry for status.json."""
    reasons: list[str] = []
    started = time.monotonic()
    for way in tool.ways:
        try:
            version = _fetch(way, tool, cache)
        except (OSError, RuntimeError, subprocess.SubprocessError) as error:
            reasons.append(f"{_key(way)}: {error}")
            continue
        seconds = round(time.monotonic() - started, 1)
        return {"ok": True, "from": _key(way), "version": version, "seconds": seconds}
    return {"ok": False, "reason": "; ".join(reasons), "seconds": round(time.monotonic() - started, 1)}


def _load_status(cache: Path) -> dict[str, dict[str, object]]:
    try:
        loaded = json.loads((cache / "status.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return loaded if isinstance(loaded, dict) else {}


def _save_status(cache: Path, name: str, entry: dict[str, object]) -> None:
    # Read again before writing: a build of another tool may have ended in the meantime.
    status = _load_status(cache)
    status[name] = entry
    partial = cache / f"status.json.{os.getpid()}"
    partial.write_text(json.dumps(status, indent=1, sort_keys=True), encoding="utf-8")
    partial.replace(cache / "status.json")


def _show(tool: Tool, entry: dict[str, object], how: str) -> None:
    what = entry.get("version", "") if entry.get("ok") else f"not available: {entry.get('reason', 'not built yet')}"
    sys.stdout.write(f"{tool.name:18} {how:10} {what}\n")
    sys.stdout.flush()


def _complete(cache: Path) -> bool:
    """Whether the servers that must be real are there: Kubernetes (with etcd) and any Prometheus."""
    have = {path.name for path in (cache / "bin").glob("*")}
    required = all(tool.name in have for tool in TOOLS if tool.required)
    return required and ({"prometheus", "promtool"} <= have or {"prometheus3", "promtool3"} <= have)


def main() -> int:
    """Entry point; see the module's text for the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these tools (default: all)")
    parser.add_argument("--list", action="store_true", help="show what the cache holds and build nothing")
    parser.add_argument("--again", action="store_true", help="build even what is cached")
    options = parser.parse_args()
    unknown = set(options.names) - {tool.name for tool in TOOLS}
    if unknown:
        parser.error(f"no such tool: {', '.join(sorted(unknown))}; known: {', '.join(t.name for t in TOOLS)}")
    cache = cache_dir()
    for folder in ("bin", "log", "src", "deb"):
        (cache / folder).mkdir(parents=True, exist_ok=True)
    if not options.list:
        os.nice(10)
    for tool in TOOLS:
        if options.names and tool.name not in options.names:
            continue
        status = _load_status(cache)
        if options.list or (_cached(tool, cache, status) and not options.again):
            _show(tool, status.get(tool.name, {}), "cached" if status.get(tool.name, {}).get("ok") else "missing")
            continue
        entry = _obtain(tool, cache)
        _save_status(cache, tool.name, entry)
        _show(tool, entry, f"{entry['seconds']} s")
    return 0 if _complete(cache) else 1


if __name__ == "__main__":
    sys.exit(main())
