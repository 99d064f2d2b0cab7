"""The files below some paths as they were in a git revision, under the names they have now."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from agentctl.documents.parser import MAX_BYTES
from agentctl.documents.paths import SUFFIXES
from agentctl.model.errors import InputError

SECONDS = 120
_REGULAR = ("100644", "100755", "100664")


def files_at(revision: str, paths: Sequence[str]) -> Iterator[tuple[str, bytes, bool]]:
    """(name, content, whether it was named itself) of every file there was; a path that did not exist then has none.

    Raises InputError where a path is in no git repository, or the revision is unknown.
    """
    if revision.startswith("-") or not revision.strip():
        raise InputError("bad-revision", f"--diff {revision}: no revision", "write for instance --diff main")
    for path in paths:
        yield from _below(revision, path)


def _below(revision: str, path: str) -> Iterator[tuple[str, bytes, bool]]:
    here = Path(path) if Path(path).is_dir() else Path(path).parent
    root = _git(here, "rev-parse", "--show-toplevel", said=f"{path}: in no git repository")[:-1].decode(
        "utf-8", "surrogateescape"
    )
    # git names files from the real path of its root; a link inside the path must not hide that.
    inside = os.path.relpath(Path(os.path.realpath(here)) / ("" if Path(path).is_dir() else Path(path).name), root)
    commit = _git(
        here,
        "rev-parse",
        "--verify",
        "--quiet",
        "--end-of-options",
        f"{revision}^{{commit}}",
        said=f"--diff {revision}: no such revision",
    )
    listed = _git(
        Path(root),
        "ls-tree",
        "-r",
        "-z",
        "--full-tree",
        commit.decode().strip(),
        "--",
        inside,
        said=f"--diff {revision}",
    )
    entries = [_entry(line) for line in listed.decode("utf-8", "surrogateescape").split("\0") if line]
    wanted = [(blob, name) for mode, blob, name in entries if mode in _REGULAR and _wanted(name, inside)]
    named = [name for _, name in wanted] == [inside]
    for (_, name), raw in zip(wanted, _blobs(Path(root), [blob for blob, _ in wanted]), strict=True):
        yield (path if named else os.path.join(path, os.path.relpath(name, inside))), raw, named


def _entry(line: str) -> tuple[str, str, str]:
    head, _, name = line.partition("\t")
    mode, _, blob = head.split(" ")[:3]
    return mode, blob, name


def _wanted(name: str, inside: str) -> bool:
    below = Path(os.path.relpath(name, inside))
    return (
        name == inside
        or name.lower().endswith(SUFFIXES)
        and not any(part.startswith(".") for part in below.parent.parts)
    )


def _blobs(root: Path, names: Sequence[str]) -> Iterator[bytes]:
    """The contents of git objects, with one call of git for all of them."""
    if not names:
        return
    answer = _git(root, "cat-file", "--batch", said="git cat-file", given="".join(f"{n}\n" for n in names).encode())
    at = 0
    for _ in names:
        end = answer.index(b"\n", at)
        length = int(answer[at:end].split()[-1])
        yield answer[end + 1 : end + 1 + min(length, MAX_BYTES + 1)]
        at = end + 1 + length + 1


def _git(folder: Path, *arguments: str, said: str, given: bytes | None = None) -> bytes:
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments], capture_output=True, input=given, timeout=SECONDS, check=False
        )
    except FileNotFoundError:
        raise InputError("no-git", f"{said}: git is not installed", "--baseline FILE needs no git") from None
    except subprocess.TimeoutExpired:
        raise InputError("git-timeout", f"{said}: git did not answer in {SECONDS} s", "try again") from None
    if done.returncode != 0:
        reason = (done.stderr.decode("utf-8", "replace").strip().splitlines() or [""])[0].removeprefix("fatal: ")
        raise InputError(
            "bad-revision",
            f"{said}{f' ({reason})' if reason else ''}",
            "write a branch, a tag or a commit: --diff main",
        )
    return done.stdout
