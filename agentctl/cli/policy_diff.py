"""The report of `policy diff`: every change with its place, widenings as AG801, approvals honoured."""

from __future__ import annotations

from typing import Any

from agentctl.cli.governed import Governed
from agentctl.documents.pointer import locate
from agentctl.governance.diff import Change, diff_policies
from agentctl.governance.suppression import apply
from agentctl.model.finding import Finding, Remediation, Severity
from agentctl.model.report import Report, Target

APPROVAL = '# agentctl: ignore[AG801] reason="…" until=YYYY-MM-DD'


def diff_report(old: dict[str, Governed], new: dict[str, Governed], old_name: str, new_name: str) -> Report:
    """The changes as data, and a finding for every widening that no approval in the new document names."""
    changes = diff_policies({n: g.policy for n, g in old.items()}, {n: g.policy for n, g in new.items()})
    found = [(change, _finding(change, old, new)) for change in changes]
    widened = [finding for change, finding in found if change.direction == "widened"]
    outcome = apply(widened, [one.document for one in new.values()])
    rows = [_row(change, finding, finding in outcome.suppressed) for change, finding in found]
    target = Target("files", f"{old_name} {new_name}")
    return Report("policy diff", target, findings=outcome.kept, data={"changes": rows})


def _finding(change: Change, old: dict[str, Governed], new: dict[str, Governed]) -> Finding:
    """At the new document's line, so that it can be approved there; what is lost shows at the mapping that has lost it."""
    before = locate(old[change.agent].document, change.pointer) if change.agent in old else None
    place = locate(new[change.agent].document, change.pointer) if change.agent in new else before
    advice = f"undo it, or approve it in the new document at this line: {APPROVAL}"
    evidence = (f"before: {before}",) if before else ()
    return Finding(
        "AG801", Severity.ERROR, f"agent/{change.agent}", change.message, evidence, Remediation(advice), place
    )


def _row(change: Change, finding: Finding, approved: bool) -> dict[str, Any]:
    place = finding.location
    assert place is not None
    return {
        "agent": change.agent,
        "direction": "approved" if change.direction == "widened" and approved else change.direction,
        "message": change.message,
        "file": place.file,
        "line": place.line,
        "column": place.column,
        "path": place.path,
    }
