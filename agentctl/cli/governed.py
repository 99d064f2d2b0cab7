"""The governance documents that a `policy` command is asked about: paths, folders, stdin, or a git revision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from agentctl.cli.environment import environment
from agentctl.documents.gather import STDIN
from agentctl.documents.load import Loaded, load_bytes, load_path
from agentctl.documents.node import Document
from agentctl.documents.parser import MAX_BYTES
from agentctl.documents.paths import walk
from agentctl.documents.revisions import is_revision, read_revision
from agentctl.governance.policy import Policy
from agentctl.governance.read import policy_of
from agentctl.model.errors import InputError


@dataclass(frozen=True, slots=True)
class Governed:
    """An agent's document and its policy."""

    document: Document
    policy: Policy


def governed(paths: Sequence[str], bundle: Path | None = None) -> dict[str, Governed]:
    """The governance documents by agent name; those recorded in a bundle where one is given.

    Raises InputError where one is broken, or the same agent stands in two.
    """
    found: dict[str, Governed] = {}
    for loaded in _recorded(bundle) if bundle else []:
        _take(loaded, found)
    for path in paths or ([] if bundle else ["."]):
        for loaded in _load(path):
            _take(loaded, found)
    return found


def required(paths: Sequence[str], bundle: Path | None = None) -> dict[str, Governed]:
    """As `governed`, but InputError where there is none at all."""
    found = governed(paths, bundle)
    if not found:
        where = ", ".join(paths or [str(bundle or ".")])
        raise InputError(
            "nothing-to-read", f"{where}: no governance document (a top-level `agent:` key)", "name one: -f agent.yaml"
        )
    return found


def _take(loaded: Loaded, found: dict[str, Governed]) -> None:
    for finding in loaded.findings:
        raise InputError(
            "broken-document", f"{finding.location}: {finding.message}", "run: agentctl validate on it first"
        )
    for document in loaded.documents:
        if document.kind != "governance":
            continue
        name = document.name
        if name in found:
            first = found[name].document
            message = f"agent {name} stands in {first.file}:{first.line} and in {document.file}:{document.line}"
            raise InputError("two-documents", message, "name the file that counts: -f FILE")
        found[name] = Governed(document, policy_of(document.data))


def _recorded(bundle: Path) -> list[Loaded]:
    from agentctl.sources.bundle import open_bundle

    config = open_bundle(bundle).config
    return [load_bytes(text.encode(), f"{bundle}:{name}") for name, text in config.documents()] if config else []


def _load(path: str) -> list[Loaded]:
    if path == "-":
        return [load_bytes(environment().stdin.read(MAX_BYTES + 1), STDIN)]
    if is_revision(path):
        return [load_bytes(raw, name) for name, raw in read_revision(path)]
    if Path(path).is_dir():
        return [loaded for file in walk(Path(path)) if not (loaded := load_path(file)).template]
    return [load_path(Path(path))]
