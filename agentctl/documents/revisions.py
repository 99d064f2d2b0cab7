"""Documents as they stand in a git revision: `git-rev:path`, where the path is a file or a folder."""

from __future__ import annotations

import subprocess
from pathlib import Path, PurePosixPath

from agentctl.model.errors import InputError

SUFFIXES = (".yaml", ".yml", ".json")
SECONDS = 30


def is_revision(text: str) -> bool:
    """Whether the text means `rev:path`; a file of that very name comes first."""
    revision, colon, path = text.partition(":")
    return bool(colon and revision and path) and not Path(text).exists()


def read_revision(text: str) -> list[tuple[str, bytes]]:
    """The (name, content) of the file, or of every YAML and JSON file below the folder, sorted by name.

    Raises InputError where git is missing, the revision is unknown, or nothing is there.
    """
    revision, _, path = text.partition(":")
    if revision.startswith("-"):
        raise InputError(
            "bad-revision", f"{text}: a revision cannot start with a dash", "write for instance main:agent.yaml"
        )
    # `git ls-tree` takes paths relative to the working directory; so does `rev:./path`.
    listing = _git("ls-tree", "-r", "-z", "--name-only", revision, "--", path or ".", said=text)
    names = sorted(name for name in listing.decode("utf-8", "surrogateescape").split("\0") if name)
    if not names:
        raise InputError(
            "not-found", f"{text}: no such file in that revision", f"list them: git ls-tree -r --name-only {revision}"
        )
    if names != [str(PurePosixPath(path))]:
        names = [n for n in names if n.endswith(SUFFIXES) and not _hidden(n, path)]
    return [(f"{revision}:{name}", _git("show", f"{revision}:./{name}", said=text)) for name in names]


def _hidden(name: str, below: str) -> bool:
    inside = name.removeprefix(str(PurePosixPath(below)))
    return any(part.startswith(".") for part in PurePosixPath(inside).parts)


def _git(*arguments: str, said: str) -> bytes:
    try:
        done = subprocess.run(["git", *arguments], capture_output=True, timeout=SECONDS, check=False)
    except FileNotFoundError:
        raise InputError("no-git", f"{said}: git is not installed", "give two files instead") from None
    except subprocess.TimeoutExpired:
        raise InputError("git-timeout", f"{said}: git did not answer in {SECONDS} s", "try again") from None
    if done.returncode != 0:
        reason = (done.stderr.decode("utf-8", "replace").strip().splitlines() or ["git failed"])[0]
        raise InputError(
            "bad-revision", f"{said}: {reason.removeprefix('fatal: ')}", "write for instance main:agent.yaml"
        )
    return done.stdout
