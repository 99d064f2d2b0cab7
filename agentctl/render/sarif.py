"""Findings as SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0/), the form that code scanning services read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from agentctl import __version__
from agentctl.governance.pages import RulePage, page_of
from agentctl.model.finding import Finding, Location, Severity
from agentctl.model.redaction import redact
from agentctl.model.report import Report, Verdict
from agentctl.model.untrusted import visible

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVEL = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
# GitHub sorts security findings by this number, 0 to 10.
_SECURITY = {Severity.ERROR: "8.0", Severity.WARNING: "5.0", Severity.INFO: "2.0"}


def to_sarif(report: Report, verdict: Verdict) -> str:
    """The report as a SARIF log with one run."""
    codes = sorted({f.code for f in report.findings})
    index = {code: i for i, code in enumerate(codes)}
    driver = {
        "name": "agentctl",
        "version": __version__,
        "semanticVersion": _semantic(__version__),
        "rules": [_rule(code, report.findings) for code in codes],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(report, verdict)],
        "results": [_result(f, index[f.code]) for f in report.findings],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False) + "\n"


def _semantic(version: str) -> str:
    match = re.match(r"\d+\.\d+\.\d+", version)
    return match.group() if match else "0.0.0"


def _rule(code: str, findings: Iterable[Finding]) -> dict[str, Any]:
    page = page_of(code)
    if page is None:
        severity = max(f.severity for f in findings if f.code == code)
        page = RulePage(code, code, severity)
    return {
        "id": code,
        "name": re.sub(r"[^A-Za-z0-9]", "", page.title.title()) or code,
        "shortDescription": {"text": page.title},
        "fullDescription": {"text": page.why or page.title},
        "help": {"text": page.text, "markdown": page.markdown},
        "defaultConfiguration": {"level": _LEVEL[page.severity]},
        "properties": {
            "tags": ["security", "governance", *(f"OWASP-ASI{number}" for number in page.asi)],
            "precision": "high",
            "problem.severity": {"error": "error", "warning": "warning", "info": "recommendation"}[page.severity.label],
            "security-severity": _SECURITY[page.severity],
        },
    }


def _result(finding: Finding, index: int) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": index,
        "level": _LEVEL[finding.severity],
        "message": {"text": _safe(finding.message)},
        "locations": [_location(finding.location)] if finding.location else [],
        "properties": {"subject": _safe(finding.subject)},
    }
    if finding.fingerprint:
        result["partialFingerprints"] = {"agentctlContent/v1": finding.fingerprint}
    return result


def _location(place: Location) -> dict[str, Any]:
    region = {"startLine": place.line, "startColumn": place.column}
    if place.end_line and place.end_column:
        region |= {"endLine": place.end_line, "endColumn": place.end_column}
    made: dict[str, Any] = {"physicalLocation": {"artifactLocation": _artifact(place.file), "region": region}}
    if place.path:
        made["logicalLocations"] = [{"fullyQualifiedName": _safe(place.path), "kind": "member"}]
    return made


def _artifact(file: str) -> dict[str, Any]:
    if Path(file).is_absolute():
        return {"uri": "file://" + quote(file)}
    return {"uri": quote(Path(file).as_posix()), "uriBaseId": "%SRCROOT%"}


def _invocation(report: Report, verdict: Verdict) -> dict[str, Any]:
    notes = [
        {
            "level": "error",
            "descriptor": {"id": error.code},
            "message": {"text": _safe(f"{error.message} {error.hint}".strip())},
        }
        for error in report.errors
    ]
    done: dict[str, Any] = {
        "executionSuccessful": not report.errors and not report.incomplete,
        "exitCode": int(verdict.exit_code),
    }
    return done | {"toolExecutionNotifications": notes} if notes else done


def _safe(text: str) -> str:
    return visible(redact(text), keep_newlines=True)
