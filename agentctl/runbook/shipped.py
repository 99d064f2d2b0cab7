"""Where runbooks are found: those that ship with agentctl, those in a person's folder, and a file named on the command line."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from agentctl.documents.load import load_bytes
from agentctl.documents.node import Document
from agentctl.model.errors import InputError
from agentctl.runbook.read import read_runbook
from agentctl.runbook.spec import Runbook

# The order in which a bare `diagnose` shows them.
SHIPPED = (
    "consistent-errors",
    "tool-health",
    "rate-limits",
    "quota",
    "cost-spike",
    "pod-health",
    "telemetry",
    "governance-limits",
)


def shipped_runbook(name: str) -> Runbook:
    """A runbook that ships with agentctl; raises InputError for an unknown name."""
    if name not in SHIPPED:
        raise InputError("unknown-runbook", f"no runbook {name!r}", f"there are: {', '.join(SHIPPED)}")
    from agentctl.documents.shipped import shipped

    place = shipped("runbooks", f"{name}.yaml")
    return read_runbook(_document(place.read_bytes(), f"runbooks/{name}.yaml"))


def runbook_document(path: Path) -> Document:
    """The runbook document in a file; raises InputError where there is none or the file cannot be read."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise InputError("unreadable", f"{path}: {error.strerror}", "name a runbook file") from error
    return _document(raw, str(path))


def find_runbook(name: str, folders: Iterable[Path] = ()) -> Runbook:
    """A runbook by name: a person's own before the shipped ones. Raises InputError."""
    for folder in folders:
        for path in (folder / f"{name}.yaml", folder / f"{name}.yml"):
            if path.is_file():
                return read_runbook(runbook_document(path))
    return shipped_runbook(name)


def own_runbooks(folders: Iterable[Path]) -> list[Path]:
    """The runbook files in a person's folders, by name."""
    return sorted(p for folder in folders if folder.is_dir() for p in folder.iterdir() if p.suffix in (".yaml", ".yml"))


def _document(raw: bytes, file: str) -> Document:
    loaded = load_bytes(raw, file, forced_kind="runbook")
    for finding in loaded.findings:
        raise InputError("invalid-runbook", f"{finding.location}: {finding.message}", "agentctl validate shows all")
    found = [d for d in loaded.documents if d.kind == "runbook"]
    if len(found) != 1:
        raise InputError(
            "invalid-runbook", f"{file}: expected one runbook, found {len(found)}", "see agentctl schema show runbook"
        )
    return found[0]
