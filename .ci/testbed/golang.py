"""Builds programs of a Go module through a wrapper module."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

from recipes import GoWay

# The longest build (Kubernetes, cold) takes under half an hour on two slow cores.
_BUILD_SECONDS = 3600


def _go(arguments: list[str], folder: Path, log: Path) -> str:
    environment = dict(os.environ, GOFLAGS="-mod=mod -buildvcs=false", CGO_ENABLED="0")
    with log.open("ab") as errors:
        done = subprocess.run(
            ["go", *arguments],
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=errors,
            timeout=_BUILD_SECONDS,
            check=False,
        )
    if done.returncode != 0:
        raise RuntimeError(_reason(done.stdout.decode(errors="replace"), log))
    return done.stdout.decode()


def _reason(output: str, log: Path) -> str:
    """One line that says what went wrong, out of go's output."""
    if output.lstrip().startswith("{"):
        return str(json.loads(output).get("Error", "go mod download failed")).splitlines()[0]
    lines = [line for line in log.read_text(errors="replace").splitlines() if not line.startswith("go: downloading")]
    return f"{lines[-1] if lines else 'go failed'} (see {log})"


def _wrapper(way: GoWay, original: dict[str, Any]) -> str:
    """The wrapper's go.mod: the module, and the replacements and exclusions that only a main module can give."""
    lines = ["module testbed.local/wrapper", f"go {original['Go']}"]
    if way.godebug:
        lines.append(f"godebug {way.godebug}")
    lines.append(f"require {way.module} {way.version}")
    for needed in original.get("Require") or []:
        if way.unversioned and needed["Version"] == "v0.0.0":
            lines.append(f"replace {needed['Path']} => {needed['Path']} {way.unversioned}")
    for swap in original.get("Replace") or []:
        old, new = swap["Old"]["Path"], swap["New"]
        if re.match(r"\.{1,2}/", new["Path"]):
            if old in way.local:
                lines.append(f"replace {old} => {old} {way.local[old]}")
        else:
            lines.append(f"replace {old} => {new['Path']} {new['Version']}")
    lines += [f"exclude {out['Path']} {out['Version']}" for out in original.get("Exclude") or []]
    return "\n".join(lines) + "\n"


def build(way: GoWay, name: str, cache: Path, log: Path) -> str:
    """Builds the programs of ``way`` into ``cache/bin``; returns the module version.

    Raises RuntimeError with the reason: no go, a module version that the proxy does not serve, a compile error.
    """
    if shutil.which("go") is None:
        raise RuntimeError("go is not on this machine")
    folder = cache / "src" / f"{name}-{way.version}"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "go.mod").unlink(missing_ok=True)
    log.unlink(missing_ok=True)
    source = json.loads(_go(["mod", "download", "-json", f"{way.module}@{way.version}"], folder, log))
    original = json.loads(_go(["mod", "edit", "-json", source["GoMod"]], folder, log))
    (folder / "go.mod").write_text(_wrapper(way, original), encoding="utf-8")
    # The module's own go.sum (itself verified with the module) pins its requirements: not each of them has to be asked
    # of the checksum database, which does not know all of them everywhere.
    sums = Path(source["Dir"]) / "go.sum"
    if sums.is_file():
        (folder / "go.sum").write_bytes(sums.read_bytes())
    stamps = " ".join(f"-X {symbol}={value}" for symbol, value in way.stamps.items())
    for program, package in way.programs.items():
        staged = cache / "bin" / f".{program}"
        path = f"{way.module}/{package}" if package else way.module
        flags = ["-trimpath", "-ldflags", f"-s -w {stamps}", *(["-tags", way.tags] if way.tags else [])]
        _go(["build", *flags, "-o", str(staged), path], folder, log)
        staged.replace(cache / "bin" / program)
    return way.version
