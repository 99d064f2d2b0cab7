"""The one JSON (and YAML) envelope of every command, as schemas/report.schema.json describes it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from agentctl.model.duration import format_time
from agentctl.model.errors import ErrorNote
from agentctl.model.finding import Finding, Location, Remediation
from agentctl.model.redaction import redact
from agentctl.model.report import Cause, Report, StepResult, Verdict

SCHEMA_VERSION = "agentctl/v1"


def envelope(report: Report, verdict: Verdict) -> dict[str, Any]:
    """The report as plain JSON data: no NaN, no Infinity, money as decimal strings, times in RFC 3339 UTC, no secrets."""
    window = report.window
    data: dict[str, Any] = {
        "schemaVersion": SCHEMA_VERSION,
        "command": report.command,
        "status": verdict.status,
        "exitCode": int(verdict.exit_code),
        "incomplete": report.incomplete,
        "generatedAt": report.generated_at,
        "window": {"start": window.start, "end": window.end} if window else None,
        "target": {"kind": report.target.kind, "name": report.target.name, "namespace": report.target.namespace},
        "findings": [_finding(f) for f in report.findings],
        "causes": [_cause(c) for c in report.causes],
        "steps": [_step(s) for s in report.steps],
        "data": report.data,
        "errors": [_error(e) for e in report.errors],
    }
    plain_data: dict[str, Any] = plain(data)
    return plain_data


def to_json(report: Report, verdict: Verdict) -> str:
    """The envelope as indented JSON with a newline at its end."""
    return json.dumps(envelope(report, verdict), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def to_yaml(report: Report, verdict: Verdict) -> str:
    """The envelope as YAML."""
    import yaml

    return yaml.safe_dump(envelope(report, verdict), sort_keys=False, allow_unicode=True, width=120)


def plain(value: Any) -> Any:
    """Turn any value of the model into JSON data; floats that JSON cannot hold become null; strings are redacted."""
    if value is None or (isinstance(value, bool | int) and not isinstance(value, Enum)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, str) and not isinstance(value, Enum):
        return redact(value).encode("utf-8", "replace").decode()
    if isinstance(value, datetime):
        return format_time(value)
    if isinstance(value, Enum):
        return plain(value.value)
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, Mapping):
        return {plain(str(k)): plain(v) for k, v in value.items()}
    return [plain(v) for v in value]


def _finding(f: Finding) -> dict[str, Any]:
    return {
        "code": f.code,
        "severity": f.severity.label,
        "subject": f.subject,
        "message": f.message,
        "evidence": f.evidence,
        "remediation": _remediation(f.remediation),
        "location": _location(f.location),
    }


def _location(place: Location | None) -> dict[str, Any] | None:
    if place is None:
        return None
    out: dict[str, Any] = {"file": place.file, "line": place.line, "column": place.column, "path": place.path}
    if place.end_line is not None:
        out |= {"endLine": place.end_line, "endColumn": place.end_column}
    return out


def _remediation(r: Remediation | None) -> dict[str, str] | None:
    return None if r is None else {"text": r.text, "command": r.command, "url": r.url}


def _cause(c: Cause) -> dict[str, Any]:
    return {
        "id": c.id,
        "subject": c.subject,
        "subjects": c.subjects or (c.subject,),
        "severity": c.severity.label,
        "confidence": round(c.confidence, 2),
        "since": c.since,
        "summary": c.summary,
        "evidence": c.evidence,
        "explains": c.explains,
        "remediation": _remediation(c.remediation),
    }


def _step(s: StepResult) -> dict[str, Any]:
    return {
        "id": s.id,
        "runbook": s.runbook,
        "title": s.title,
        "status": s.status,
        "message": s.message,
        "durationMs": s.duration_ms,
        "error": _error(s.error) if s.error else None,
        "facts": s.facts,
        "remediation": _remediation(s.remediation),
    }


def _error(e: ErrorNote) -> dict[str, str]:
    return {"code": e.code, "message": e.message, "hint": e.hint}
