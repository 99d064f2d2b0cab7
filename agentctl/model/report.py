"""The one result of every command: findings, causes, steps, data and errors, and the verdict over them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import IntEnum
from typing import Any

from agentctl.model.errors import ErrorNote
from agentctl.model.finding import Finding, Remediation, Severity


class ExitCode(IntEnum):
    """The exit codes of the command line; they do not depend on the output format."""

    OK = 0
    FINDINGS = 1
    USAGE = 2
    INPUT = 3
    UNREACHABLE = 4
    UNKNOWN = 5
    BUG = 70
    INTERRUPTED = 130
    TERMINATED = 143


@dataclass(frozen=True, slots=True)
class Window:
    """The span of time that was looked at: (start, end], both UTC."""

    start: datetime
    end: datetime

    @property
    def seconds(self) -> float:
        """The length in seconds."""
        return (self.end - self.start).total_seconds()


@dataclass(frozen=True, slots=True)
class Target:
    """What was looked at. `kind` is `cluster`, `bundle` or `files`."""

    kind: str
    name: str
    namespace: str = ""


@dataclass(frozen=True, slots=True)
class Cause:
    """A root cause with what proves it.

    `confidence`, 0 to 1, says how much evidence speaks for it; it orders causes, and is no measured probability.
    """

    id: str
    subject: str
    confidence: float
    since: datetime | None
    evidence: tuple[str, ...]
    remediation: Remediation
    summary: str = ""
    severity: Severity = Severity.ERROR
    subjects: tuple[str, ...] = ()
    explains: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StepResult:
    """What one step of a runbook said. `status` is pass, warn, fail, unknown or skipped."""

    id: str
    title: str
    status: str
    message: str
    duration_ms: int = 0
    error: ErrorNote | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    remediation: Remediation | None = None
    runbook: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """The result of one command. `data` is what the command is about; see each command's contract."""

    command: str
    target: Target
    findings: tuple[Finding, ...] = ()
    causes: tuple[Cause, ...] = ()
    steps: tuple[StepResult, ...] = ()
    data: Mapping[str, Any] = field(default_factory=dict)
    errors: tuple[ErrorNote, ...] = ()
    window: Window | None = None
    incomplete: bool = False
    generated_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    # Set where a command's own contract fixes the code (an interrupted run, `cost top` without metrics …).
    forced_exit: ExitCode | None = None
    # The exit code that `errors` stand for when nothing else decides: INPUT (3) or UNREACHABLE (4) or UNKNOWN (5).
    error_exit: ExitCode = ExitCode.INPUT


@dataclass(frozen=True, slots=True)
class Verdict:
    """The envelope's `status` and the process's exit code."""

    status: str
    exit_code: ExitCode
    # The severity from which on a finding counts as a failure.
    fail_on: Severity = Severity.ERROR


def verdict(report: Report, fail_on: Severity = Severity.ERROR, *, exit_zero: bool = False) -> Verdict:
    """Judge a report: 1 before 4 and 3 (what `errors` stand for) before 5, else 0; `exit_zero` keeps the status but not the code."""
    code = report.forced_exit if report.forced_exit is not None else _natural_code(report, fail_on)
    status = _status(report, code)
    return Verdict(status, ExitCode.OK if exit_zero and code in _MUTABLE else code, fail_on)


_MUTABLE = {ExitCode.FINDINGS, ExitCode.UNKNOWN}
_STEP_SEVERITY = {"fail": Severity.ERROR, "warn": Severity.WARNING}


def worst(report: Report) -> Severity | None:
    """The worst severity among findings, causes and steps; None where there is none."""
    found = [f.severity for f in report.findings] + [c.severity for c in report.causes]
    found += [_STEP_SEVERITY[s.status] for s in report.steps if s.status in _STEP_SEVERITY]
    return max(found, default=None)


def _natural_code(report: Report, fail_on: Severity) -> ExitCode:
    top = worst(report)
    if top is not None and top >= fail_on:
        return ExitCode.FINDINGS
    ran = [s for s in report.steps if s.status != "skipped"]
    unknown = [s for s in ran if s.status == "unknown"]
    if ran and len(unknown) == len(ran) and any(s.error and s.error.code in BACKEND_CODES for s in unknown):
        return ExitCode.UNREACHABLE
    if report.errors:
        return report.error_exit
    return ExitCode.UNKNOWN if unknown else ExitCode.OK


# Codes of SourceError that mean "the backend could not be reached or refused us".
BACKEND_CODES = frozenset(
    {"unreachable", "dns", "tls", "timeout", "unauthorized", "forbidden", "rate-limited", "server-error", "bad-answer"}
)


def _status(report: Report, code: ExitCode) -> str:
    top = worst(report)
    if code in (ExitCode.INPUT, ExitCode.UNREACHABLE, ExitCode.BUG, ExitCode.USAGE):
        return "error"
    if code is ExitCode.FINDINGS or top is Severity.ERROR:
        return "fail"
    # A run that was cut short did not see what it would have judged.
    if code is ExitCode.UNKNOWN or report.incomplete:
        return "unknown"
    return "warn" if top is Severity.WARNING else "pass"
