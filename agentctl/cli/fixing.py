"""`validate --fix`: make the safe repairs, show them, offer the others."""

from __future__ import annotations

import difflib
import os
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

from agentctl.cli.environment import environment
from agentctl.cli.lint import Judged, Request
from agentctl.documents.edits import Edit
from agentctl.documents.gather import STDIN, Gathered
from agentctl.documents.load import load_bytes
from agentctl.documents.node import Document
from agentctl.documents.source import Source
from agentctl.governance import fixes
from agentctl.governance.ties import ties
from agentctl.model.errors import InputError, UsageError
from agentctl.model.redaction import redact
from agentctl.model.untrusted import visible

_BOM = b"\xef\xbb\xbf"


def repair(request: Request, gathered: Gathered, judged: Judged, *, tie: bool, write: bool) -> bool:
    """Repair the files of a call; True where any was written. The change is shown as a diff on stderr. Raises InputError."""
    if STDIN in gathered.sources:
        raise UsageError("bad-option", "--fix cannot write to standard input", "name the file")
    edits: dict[str, list[Edit]] = {}
    for file, edit in fixes.edits_for(judged.findings, gathered.documents):
        edits.setdefault(file, []).append(edit)
    repaired = {file: fixes.repair(file, gathered.sources[file], found, request.kind) for file, found in edits.items()}
    texts = {file: one.after for file, one in repaired.items() if one.done}
    for one in repaired.values():
        for edit, reason in one.refused:
            environment().say(visible(f"{one.file}:{edit.line}: not repaired: {reason}"))
    if "AG103" in request.codes:
        _ties(request, gathered, texts, asked=tie)
    for file, after in texts.items():
        _show(file, gathered.sources[file].text, after.decode("utf-8", "replace"))
        if write:
            _write(file, after)
    _tell(sum(len(one.done) for one in repaired.values()), len(texts), write)
    return bool(texts) and write


def _tell(count: int, files: int, write: bool) -> None:
    if not files:
        environment().say("nothing to repair")
    else:
        done = "repaired" if write else "would be repaired (nothing was written)"
        environment().say(
            f"{count or 'ties'} {'' if count == 0 else 'finding ' if count == 1 else 'findings '}in {files} file(s) {done}".replace(
                "  ", " "
            )
        )


def _ties(request: Request, gathered: Gathered, texts: dict[str, bytes], *, asked: bool) -> None:
    """Offer the ties of AG103; where they were asked for, write those that widen nothing, one after the other."""
    files = dict.fromkeys(d.file for d in gathered.documents)
    for file in files:
        tried: set[tuple[str, str, str]] = set()
        while True:
            raw = texts.get(file, gathered.sources[file].raw)
            offered = [
                t for t in ties(_documents(raw, file, request.kind)) if (t.document.name, t.tool, t.entry) not in tried
            ]
            if not offered:
                break
            tie = offered[0]
            tried.add((tie.document.name, tie.tool, tie.entry))
            if not asked:
                environment().say(visible(f"{file}: AG103 offers {tie.says}; --fix-ties writes it"))
                continue
            one = fixes.repair(file, Source(raw, file), [tie.edit] if tie.edit else [], request.kind)
            if one.done:
                texts[file] = one.after
            else:
                reason = one.refused[0][1] if one.refused else "the layout leaves no simple place for it"
                environment().say(visible(f"{file}: {tie.says} is not written: {reason}"))


def _documents(raw: bytes, file: str, kind: str) -> tuple[Document, ...]:
    return load_bytes(raw, file, kind).documents


def _show(file: str, before: str, after: str) -> None:
    lines: Iterable[str] = difflib.unified_diff(
        before.splitlines(), after.splitlines(), file, f"{file} (repaired)", lineterm="", n=1
    )
    for line in lines:
        environment().say(visible(redact(line)))


def _write(file: str, after: bytes) -> None:
    """Replace the file's content as a whole, its rights and links kept."""
    path = Path(os.path.realpath(file))
    name = ""
    try:
        mark = _BOM if path.read_bytes()[:3] == _BOM else b""
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as handle:
            name = handle.name
            handle.write(mark + after)
        shutil.copymode(path, name)
        Path(name).replace(path)
    except OSError as error:
        if name:
            Path(name).unlink(missing_ok=True)
        raise InputError("cannot-write", f"{file}: cannot be written: {error.strerror}", "check its rights") from None
