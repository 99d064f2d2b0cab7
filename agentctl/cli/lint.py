"""What `validate` does between reading and printing: check, suppress, compare with a baseline or a revision."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from agentctl.cli.environment import environment
from agentctl.documents import kinds
from agentctl.documents.gather import Gathered, gather, take
from agentctl.documents.load import load_bytes
from agentctl.documents.node import Document
from agentctl.documents.schema import violations
from agentctl.governance.check import check, in_order, with_severities
from agentctl.governance.secrets import blanked
from agentctl.governance.suppression import apply
from agentctl.model.errors import ErrorNote, InputError, UsageError
from agentctl.model.finding import Finding, Location, Severity
from agentctl.model.redaction import redact
from agentctl.model.report import Report, Target
from agentctl.model.untrusted import visible
from agentctl.render.views.validate import findings_view, table_view


class Request(NamedTuple):
    """What to check and how: paths (`-` is stdin), the kind to take every document for (""), rules, severities that differ."""

    paths: Sequence[str]
    kind: str
    codes: frozenset[str]
    severities: Mapping[str, Severity]


class Judged:
    """The findings that stand, and how many do not."""

    def __init__(self, findings: list[Finding], suppressed: int) -> None:
        self.findings, self.suppressed = findings, suppressed
        self.baselined = 0


def read(request: Request) -> Gathered:
    """Everything below the paths; with `-`, standard input."""
    return gather(request.paths, environment().stdin, request.kind)


def judge(gathered: Gathered, request: Request) -> Judged:
    """All findings but those that comments in the documents accept."""
    found = [f for f in gathered.findings if f.code in request.codes]
    found += check(gathered.documents, request.codes, {kinds.RUNBOOK: _runbook, kinds.CONFIG: _config})
    outcome = apply(with_severities(found, request.severities), gathered.documents, request.codes.__contains__)
    problems = outcome.problems if "AG004" in request.codes else ()
    return Judged(in_order([*outcome.kept, *with_severities(problems, request.severities)]), len(outcome.suppressed))


def _runbook(document: Document) -> Sequence[Finding]:
    from agentctl.runbook.read import examine

    return examine(document)[1]


def _config(document: Document) -> Sequence[Finding]:
    """What the schema has against a config, else what the reader of configs has, who knows durations and the like."""
    found = violations(document)
    if found or not isinstance(document.data, dict):
        return found
    from agentctl.cli.config import spelled
    from agentctl.cli.config_keys import KEYS, check

    faults = []
    for key, value in document.data.items():
        if spelled(str(key)) in KEYS:
            try:
                check(spelled(str(key)), value, "", Path(document.file).parent)
            except InputError as error:
                message = error.message.removeprefix(": ")
                faults.append(
                    Finding("AG002", Severity.ERROR, f"config/{document.file}", message, location=document.at(key))
                )
    return faults


def marked(judged: Judged, gathered: Gathered) -> Judged:
    """The same findings with fingerprints."""
    from agentctl.governance.fingerprint import with_fingerprints

    judged.findings = with_fingerprints(judged.findings, gathered.documents, gathered.sources)
    return judged


def without(judged: Judged, accepted: Counter[str]) -> int:
    """Take away the findings (with fingerprints) that are accepted; returns how many accepted ones are no more."""
    from agentctl.governance import baseline

    difference = baseline.subtract(judged.findings, accepted)
    judged.findings = list(difference.new)
    judged.baselined += len(difference.known)
    return difference.gone


def before(request: Request, revision: str) -> Counter[str]:
    """The findings at a git revision, as fingerprints. Raises InputError, and UsageError for standard input."""
    if "-" in request.paths:
        raise UsageError("bad-option", "--diff cannot compare standard input", "name the file")
    from agentctl.documents.history import files_at
    from agentctl.governance import baseline

    old = Gathered()
    for name, raw, named in files_at(revision, request.paths):
        take(old, load_bytes(raw, name, request.kind), name, named=named)
    return baseline.counted(marked(judge(old, request), old).findings)


def read_baseline(path: Path) -> Counter[str]:
    """The baseline file. Raises InputError."""
    from agentctl.governance import baseline

    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise InputError("baseline-unreadable", f"{path}: {reason}", "make it with --write-baseline") from None
    return baseline.load(text, str(path))


def report(request: Request, gathered: Gathered, judged: Judged) -> Report:
    """The result as every command gives it."""
    errors = list(gathered.errors)
    if not (gathered.documents or judged.findings or judged.baselined or judged.suppressed or errors):
        errors.append(_nothing(request, gathered))
    data: dict[str, Any] = {
        "documents": [{"file": d.file, "kind": d.kind, "name": d.name, "line": d.line} for d in gathered.documents],
        "skipped": [{"file": s.file, "line": s.line, "reason": s.reason} for s in gathered.skipped],
        "suppressed": judged.suppressed,
        "baselined": judged.baselined,
    }
    target = Target("files", ", ".join(request.paths))
    return Report("validate", target, findings=tuple(judged.findings), data=data, errors=tuple(errors))


def _nothing(request: Request, gathered: Gathered) -> ErrorNote:
    where = ", ".join(request.paths)
    if gathered.skipped:
        return ErrorNote(
            "nothing-to-check",
            f"{where}: nothing to check: all that was found was skipped",
            "name a file, or force --kind",
        )
    hint = "name a file or a folder with *.yaml, *.yml or *.json files"
    return ErrorNote("nothing-to-check", f"{where}: nothing to check: no document there", hint)


def tell(gathered: Gathered, report: Report, output: str) -> None:
    """Say on stderr which files were skipped for being templates, and what could not be read (JSON and YAML hold that)."""
    if output not in ("json", "yaml"):
        for error in report.errors:
            environment().say(visible(redact(f"agentctl: {error.message}{f' ({error.hint})' if error.hint else ''}")))
    for skipped in gathered.skipped:
        if "template" in skipped.reason:
            environment().say(f"skipped {visible(skipped.file)}: {skipped.reason}")


def view(output: str, gathered: Gathered) -> Any:
    """What a person sees in an output format: a table for Markdown and CSV, else each finding with its line."""

    def line(place: Location) -> str | None:
        source = gathered.sources.get(place.file)
        lines = source.lines if source else ()
        return blanked(lines[place.line - 1]) if place.line <= len(lines) else None

    return table_view if output in ("markdown", "csv") else findings_view(line)
