"""What can be repaired without asking: slips of the pen and of units. Nothing that lets an agent do more than before.

Every edit is tried on its own: the file must still be read without a new fault, and no policy in it may be wider than before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from agentctl.documents.edits import Edit, apply
from agentctl.documents.load import Loaded, load_bytes
from agentctl.documents.node import Document
from agentctl.documents.source import Source
from agentctl.governance.diff import diff_policy
from agentctl.governance.read import policy_of
from agentctl.model.finding import Finding


class Repair(NamedTuple):
    """A file after its repair. `done` are the edits made, `refused` those that were not, each with the reason."""

    file: str
    before: Source
    after: bytes
    done: tuple[Edit, ...]
    refused: tuple[tuple[Edit, str], ...]


def edits_for(findings: Iterable[Finding], documents: Sequence[Document]) -> Iterator[tuple[str, Edit]]:
    """(file, edit) for every finding that has one thing to write in its place."""
    for finding in findings:
        place = finding.location
        text = finding.replacement if finding.code != "AG403" else _share(finding, documents)
        if place is None or text is None or place.end_line != place.line or not place.end_column:
            continue
        yield place.file, Edit(place.line, place.column, place.end_column, text, f"{finding.code}: {finding.message}")


def _share(finding: Finding, documents: Sequence[Document]) -> str | None:
    """A percentage as the share it was meant to be: 80 → 0.8."""
    place = finding.location
    for document in documents:
        where = document.at("agent", "cost_controls", "alert_on_threshold")
        if place and (where.file, where.line, where.column) == (place.file, place.line, place.column):
            value = document.get("agent", "cost_controls", "alert_on_threshold")
            return f"{value / 100:g}" if isinstance(value, int | float) and 1 < value <= 100 else None
    return None


def repair(file: str, source: Source, edits: Iterable[Edit], kind: str = "") -> Repair:
    """Make those edits of a file that are safe."""
    done: list[Edit] = []
    refused: list[tuple[Edit, str]] = []
    old = load_bytes(source.raw, file, kind)
    for edit in sorted(set(edits)):
        reason = _objection(old, _tried(file, source, [*done, edit], kind))
        if reason:
            refused.append((edit, reason))
        else:
            done.append(edit)
    return Repair(file, source, apply(source, done), tuple(done), tuple(refused))


def _tried(file: str, source: Source, edits: Sequence[Edit], kind: str) -> Loaded | None:
    try:
        return load_bytes(apply(source, edits), file, kind)
    except ValueError:
        return None


def _objection(old: Loaded, new: Loaded | None) -> str:
    """Why a file may not be changed so; "" where nothing speaks against it."""
    if new is None:
        return "it overlaps another change"
    if len(new.findings) > len(old.findings) or len(new.documents) < len(old.documents):
        return "the file would not be sound any more"
    if len(new.documents) > len(old.documents):
        return "" if not any(d.kind == "governance" for d in new.documents) else "what an agent may do would change"
    for one, other in zip(old.documents, new.documents, strict=True):
        if one.kind == other.kind == "governance":
            widened = [
                c.message for c in diff_policy(policy_of(one.data), policy_of(other.data)) if c.direction == "widened"
            ]
            if widened:
                return f"it would widen what {other.name or 'the agent'} may do ({widened[0]})"
    return ""
