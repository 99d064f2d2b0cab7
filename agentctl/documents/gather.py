"""All documents of one call: files, folders and standard input, whatever stands in them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

from agentctl.documents.load import Loaded, Unknown, load_bytes, read_limited
from agentctl.documents.node import Document
from agentctl.documents.parser import MAX_BYTES
from agentctl.documents.paths import walk
from agentctl.documents.source import Source
from agentctl.model.errors import ErrorNote, InputError
from agentctl.model.finding import Finding, Location, Remediation, Severity

STDIN = "<stdin>"
KNOWN = "governance (`agent:`), prompt (`prompt:`), orchestrator (`orchestrator:`), runbook, agentctl config, OTel collector config"


class Skipped(NamedTuple):
    """What was not checked, and why."""

    file: str
    line: int
    reason: str


class Gathered:
    """What a call is about. `findings` are AG001 and AG003; `errors` stand for paths that could not be read."""

    def __init__(self) -> None:
        self.documents: list[Document] = []
        self.findings: list[Finding] = []
        self.skipped: list[Skipped] = []
        self.errors: list[ErrorNote] = []
        self.sources: dict[str, Source] = {}
        self.files = 0


def gather(paths: Sequence[str], stdin: BinaryIO, kind: str = "") -> Gathered:
    """Read everything below the paths, `-` for stdin; a path that cannot be read is noted, and the others are still read."""
    out = Gathered()
    seen: set[tuple[int, int]] = set()
    for path in paths:
        if path == "-":
            take(out, load_bytes(stdin.read(MAX_BYTES + 1), STDIN, kind), STDIN, named=True)
            continue
        named = not os.path.isdir(path)
        for file in [Path(path)] if named else _below(Path(path), out):
            _file(out, file, kind, seen, named)
    return out


def _below(folder: Path, out: Gathered) -> Iterator[Path]:
    def refused(error: OSError) -> None:
        out.errors.append(
            ErrorNote("unreadable", f"{error.filename}: {error.strerror}", "check the rights of the folder")
        )

    return walk(folder, refused)


def _file(out: Gathered, path: Path, kind: str, seen: set[tuple[int, int]], named: bool) -> None:
    try:
        raw = read_limited(path)
        status = path.stat()
    except InputError as error:
        out.errors.append(error.note())
        return
    except OSError as error:
        out.errors.append(ErrorNote("unreadable", f"{path}: {error.strerror}", "check the path and its rights"))
        return
    # A file that a folder shows under two names, or that was given twice, is one file.
    if (status.st_dev, status.st_ino) in seen and status.st_ino:
        return
    seen.add((status.st_dev, status.st_ino))
    take(out, load_bytes(raw, os.fspath(path), kind), os.fspath(path), named=named)


def take(out: Gathered, loaded: Loaded, file: str, *, named: bool) -> None:
    """Add what a file holds. In a folder a template is skipped, and so is a document of no known kind."""
    if loaded.template and not named:
        out.skipped.append(Skipped(file, 1, "a template (`{{`), not YAML before it is rendered"))
        return
    out.files += 1
    if loaded.source:
        out.sources[file] = loaded.source
    out.documents += loaded.documents
    out.findings += loaded.findings
    blamed = named and not loaded.documents
    for unknown in loaded.unknown:
        if blamed:
            out.findings.append(_unknown(unknown))
        else:
            out.skipped.append(Skipped(file, unknown.line, "a document of no kind that agentctl knows"))


def _unknown(unknown: Unknown) -> Finding:
    hint = f": {unknown.hint}" if unknown.hint else ""
    fix = f"known are {KNOWN}; --kind forces one"
    message = f"a document of no kind that agentctl knows, so nothing in it was checked{hint}; {fix}."
    place = Location(unknown.file, unknown.line, 1, "")
    return Finding(
        "AG003", Severity.ERROR, f"file/{unknown.file}", message, (), Remediation(fix, "agentctl explain AG003"), place
    )
