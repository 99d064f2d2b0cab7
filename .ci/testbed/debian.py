"""Takes programs out of distribution packages without installing them."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from recipes import DebWay


def _run(argv: list[str], log: Path, cwd: Path) -> None:
    with log.open("ab") as out:
        done = subprocess.run(argv, cwd=cwd, stdout=out, stderr=subprocess.STDOUT, timeout=600, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"`{' '.join(argv)}` ended with {done.returncode}, see {log}")


def _download(package: str, folder: Path, log: Path) -> Path:
    argv = ["apt-get", "download", package]
    try:
        _run(argv, log, folder)
    except RuntimeError:
        # Fresh containers have no package lists yet; refreshing them needs root, the download itself does not.
        _run([*(["sudo", "-n"] if shutil.which("sudo") else []), "apt-get", "update"], log, folder)
        _run(argv, log, folder)
    return next(folder.glob("*.deb"))


def unpack(way: DebWay, cache: Path, log: Path) -> str:
    """Downloads ``way.package`` and puts its programs into ``cache/bin``; returns the package version.

    Raises RuntimeError with the reason when there is no apt-get, no such package, or a program does not start.
    """
    for needed in ("apt-get", "dpkg-deb"):
        if shutil.which(needed) is None:
            raise RuntimeError(f"{needed} is not on this machine")
    with tempfile.TemporaryDirectory(dir=cache / "deb") as temporary:
        folder = Path(temporary)
        archive = _download(way.package, folder, log)
        version = subprocess.run(
            ["dpkg-deb", "-f", str(archive), "Version"], capture_output=True, text=True, check=True
        ).stdout.strip()
        _run(["dpkg-deb", "-x", str(archive), str(folder / "root")], log, folder)
        for name, inside in way.files.items():
            program = folder / "root" / inside
            staged = cache / "bin" / f".{name}"
            shutil.copy2(program, staged)
            staged.replace(cache / "bin" / name)
    return version
