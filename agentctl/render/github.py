"""Findings as GitHub workflow commands, which GitHub shows at the lines of a pull request.

Form and escapes: https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

from agentctl.model.errors import ErrorNote
from agentctl.model.finding import Finding, Severity
from agentctl.model.redaction import redact
from agentctl.model.report import Report
from agentctl.model.untrusted import visible

_LEVEL = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def to_github(report: Report) -> str:
    """A line a finding, then a line an error; empty text where there is none."""
    lines = [_finding(f) for f in report.findings] + [_error(e) for e in report.errors]
    return "".join(line + "\n" for line in lines)


def _finding(finding: Finding) -> str:
    place, properties = finding.location, {}
    if place is not None:
        properties = {"file": place.file, "line": str(place.line), "col": str(place.column)}
        properties["endLine"] = str(place.end_line or place.line)
        # GitHub takes an end column only where the range stays on one line.
        if place.end_column and (place.end_line or place.line) == place.line:
            properties["endColumn"] = str(place.end_column)
    properties["title"] = f"{finding.code} {finding.subject}"
    return _command(_LEVEL[finding.severity], properties, finding.message)


def _error(error: ErrorNote) -> str:
    return _command(
        "error", {"title": error.code}, f"{error.message}\nhint: {error.hint}" if error.hint else error.message
    )


def _command(level: str, properties: dict[str, str], text: str) -> str:
    written = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{level} {written}::{_data(text)}"


def _data(text: str) -> str:
    shown = visible(redact(text), keep_newlines=True)
    return shown.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
