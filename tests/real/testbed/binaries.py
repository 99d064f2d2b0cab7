"""Finds the servers that the build script put into the cache."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path


class Missing(Exception):
    """A server that is not on this machine; the text says why."""


def cache_dir() -> Path:
    """The cache of the build script: ``$AGENTCTL_TESTBED_CACHE``, else ``agentctl-testbed`` in the user's cache folder."""
    named = os.environ.get("AGENTCTL_TESTBED_CACHE")
    if named:
        return Path(named)
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "agentctl-testbed"


def find(program: str, tool: str = "") -> Path:
    """The path of ``program``, from the cache or else from PATH.

    ``tool`` is the build script's name of it, where that differs. Raises Missing with the build's reason. Loki is only
    looked for in the cache: elsewhere a genetics program goes by that name.
    """
    cached = cache_dir() / "bin" / program
    if cached.is_file():
        return cached
    on_path = None if program == "loki" else shutil.which(program)
    if on_path:
        return Path(on_path)
    raise Missing(f"{program} is not there: {_reason(tool or program)}")


def _reason(tool: str) -> str:
    try:
        status = json.loads((cache_dir() / "status.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        status = {}
    return str(status.get(tool, {}).get("reason") or f"run `python .ci/testbed/build.py {tool}`")
