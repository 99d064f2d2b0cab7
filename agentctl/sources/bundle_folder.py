"""A bundle's folder: as it lies on the disk, or unpacked from a tar file that nobody has to trust."""

from __future__ import annotations

import shutil
import tarfile
import tempfile
import weakref
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from agentctl.model.errors import InputError
from agentctl.sources.bundle_manifest import MANIFEST

# Text compresses 10 to 60 times; a file that unpacks beyond this is made to fill a disk.
MAX_RATIO = 250
RATIO_FROM = 256 * 1024 * 1024
MAX_BYTES = 64 * 1024**3
MAX_MEMBERS = 1_000_000
_CHUNK = 1024 * 1024


class Folder:
    """A folder that holds bundle.json. A folder unpacked from a tar file disappears with this object."""

    def __init__(self, root: Path, shown: str, unpacked: Path | None = None) -> None:
        self.root = root.resolve()
        self.shown = shown
        if unpacked is not None:
            weakref.finalize(self, shutil.rmtree, unpacked, ignore_errors=True)

    def file(self, *parts: str) -> Path | None:
        """A file of the bundle; None where it is not there. A link that leads out of the bundle counts as not there."""
        path = self.root.joinpath(*parts)
        return path if path.is_file() and path.resolve().is_relative_to(self.root) else None

    def walk(self, *parts: str) -> Iterator[Path]:
        """The regular files below a folder in order of name; links and hidden files are passed over."""
        start = self.root.joinpath(*parts)
        if not start.is_dir() or not start.resolve().is_relative_to(self.root):
            return
        for path in sorted(start.iterdir()):
            if path.name.startswith(".") or path.is_symlink():
                continue
            if path.is_dir():
                yield from self.walk(*path.relative_to(self.root).parts)
            elif path.is_file():
                yield path


def open_folder(path: Path) -> Folder:
    """The folder behind a path: a folder, its bundle.json, or a tar file of it. Raises InputError."""
    shown = str(path)
    if path.is_dir():
        return Folder(path, shown)
    if path.name == MANIFEST and path.is_file():
        return Folder(path.parent, str(path.parent))
    if not path.exists():
        raise InputError("bundle", f"{shown}: there is no such bundle", "give the folder or the .tar.gz of a bundle")
    if not path.is_file():
        raise InputError(
            "bundle", f"{shown}: neither a folder nor a file", "give the folder or the .tar.gz of a bundle"
        )
    target = Path(tempfile.mkdtemp(prefix="agentctl-bundle-"))
    try:
        _unpack(path, target)
        return Folder(_root_of(target, shown), shown, target)
    except BaseException:
        shutil.rmtree(target, ignore_errors=True)
        raise


def _unpack(path: Path, target: Path) -> None:
    shown = str(path)
    budget = _Budget(shown, path.stat().st_size)
    try:
        with tarfile.open(path, "r|*") as tar:
            for member in tar:
                _unpack_member(tar, member, target, budget)
    except (tarfile.TarError, EOFError, zlib.error, OSError, UnicodeError) as error:
        if isinstance(error, OSError) and error.errno is not None and error.filename is not None:
            raise InputError("bundle", f"{shown}: cannot be unpacked: {error.strerror}") from error
        hint = "a bundle is a folder or a .tar.gz; was it cut off while it was copied?"
        raise InputError("bundle", f"{shown}: no tar file that can be read: {error}", hint) from error


def _unpack_member(tar: tarfile.TarFile, member: tarfile.TarInfo, target: Path, budget: _Budget) -> None:
    budget.member()
    name = _safe_name(member, budget.shown)
    if member.isdir() or not name.parts:
        return
    if not member.isreg():
        raise InputError(
            "bundle", f"{budget.shown}: {member.name!r} is a link or a device", "a bundle holds plain files only"
        )
    place = target.joinpath(*name.parts)
    place.parent.mkdir(parents=True, exist_ok=True)
    source = tar.extractfile(member)
    if source is None:
        return
    with place.open("wb") as out:
        while piece := source.read(_CHUNK):
            budget.spend(len(piece))
            out.write(piece)


def _safe_name(member: tarfile.TarInfo, shown: str) -> PurePosixPath:
    name = PurePosixPath(member.name)
    if name.is_absolute() or ".." in name.parts or "\\" in member.name or "\0" in member.name:
        hint = "this file was not made by agentctl; do not trust it"
        raise InputError("bundle", f"{shown}: {member.name!r} leads out of the bundle", hint)
    return name


class _Budget:
    """How much a tar file may unpack to."""

    def __init__(self, shown: str, packed: int) -> None:
        self.shown = shown
        self._limit = min(max(RATIO_FROM, packed * MAX_RATIO), MAX_BYTES)
        self._spent = 0
        self._members = 0

    def member(self) -> None:
        self._members += 1
        if self._members > MAX_MEMBERS:
            raise InputError(
                "bundle", f"{self.shown}: more than {MAX_MEMBERS:,} files in it", "record fewer pods at a time"
            )

    def spend(self, count: int) -> None:
        self._spent += count
        if self._spent > self._limit:
            said = f"{self.shown}: unpacks to more than {self._limit >> 20} MiB"
            raise InputError("bundle", said, "unpack it yourself and give the folder, if you trust it")


def _root_of(target: Path, shown: str) -> Path:
    """Where bundle.json lies: at the top, or in the one folder that tar was given."""
    if (target / MANIFEST).is_file():
        return target
    inner = [p for p in target.iterdir() if p.is_dir() and (p / MANIFEST).is_file()]
    if len(inner) != 1:
        said = "several bundles" if inner else f"no {MANIFEST}"
        raise InputError("bundle", f"{shown}: {said} in it", "a bundle is a folder (or .tar.gz) with a bundle.json")
    return inner[0]
