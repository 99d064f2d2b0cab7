"""The exit codes, from what a report holds; the order is 1, then 4, 3, 5."""

import pytest

from agentctl.model.errors import ErrorNote
from agentctl.model.finding import Finding, Remediation, Severity
from agentctl.model.report import Cause, ExitCode, Report, StepResult, Target, verdict

TARGET = Target("files", "x")


def finding(severity: Severity) -> Finding:
    return Finding("AG101", severity, "agent/x", "wrong")


def step(status: str, code: str = "") -> StepResult:
    return StepResult("s", "a step", status, "", error=ErrorNote(code, "down") if code else None)


@pytest.mark.parametrize(
    ("parts", "status", "code"),
    [
        ({}, "pass", 0),
        ({"findings": (finding(Severity.INFO),)}, "pass", 0),
        ({"findings": (finding(Severity.WARNING),)}, "warn", 0),
        ({"findings": (finding(Severity.ERROR),)}, "fail", 1),
        ({"steps": (step("pass"), step("skipped"))}, "pass", 0),
        ({"steps": (step("warn"),)}, "warn", 0),
        ({"steps": (step("fail"), step("unknown", "timeout"))}, "fail", 1),
        ({"steps": (step("pass"), step("unknown", "timeout"))}, "unknown", 5),
        ({"steps": (step("unknown", "unreachable"), step("skipped"))}, "error", 4),
        ({"steps": (step("unknown", "missing"),)}, "unknown", 5),
        (
            {"steps": (step("warn"), step("unknown")), "incomplete": True, "forced_exit": ExitCode.INTERRUPTED},
            "unknown",
            130,
        ),
        ({"errors": (ErrorNote("x", "no such file"),)}, "error", 3),
        ({"errors": (ErrorNote("x", "down"),), "error_exit": ExitCode.UNREACHABLE}, "error", 4),
        ({"errors": (ErrorNote("x", "no such file"),), "findings": (finding(Severity.ERROR),)}, "fail", 1),
        ({"causes": (Cause("tool-outage", "tool/x", 0.9, None, (), Remediation()),)}, "fail", 1),
        (
            {"causes": (Cause("traffic-surge", "agent/x", 0.9, None, (), Remediation(), severity=Severity.WARNING),)},
            "warn",
            0,
        ),
    ],
)
def test_the_verdict(parts: dict[str, object], status: str, code: int) -> None:
    got = verdict(Report("c", TARGET, **parts))  # type: ignore[arg-type]
    assert (got.status, int(got.exit_code)) == (status, code)


def test_strict_and_exit_zero() -> None:
    warned = Report("c", TARGET, findings=(finding(Severity.WARNING),))
    assert verdict(warned, Severity.WARNING).exit_code is ExitCode.FINDINGS
    assert verdict(warned, Severity.WARNING, exit_zero=True).exit_code is ExitCode.OK
    broken = Report("c", TARGET, errors=(ErrorNote("x", "y"),))
    assert verdict(broken, exit_zero=True).exit_code is ExitCode.INPUT
