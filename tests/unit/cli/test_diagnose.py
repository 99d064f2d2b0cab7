"""`diagnose` and `runbook` as a person runs them: the data, the exit codes, and no traceback for bad input."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

REFUSED = (
    "HTTPConnectionPool(host='kb-service', port=8000): Max retries exceeded with url: /search (Connection refused)"
)


def agentctl(*words: str | Path, stdin: str = "") -> tuple[int, str, str]:
    command = [sys.executable, "-m", "agentctl", *map(str, words)]
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)
    assert "Traceback (most recent call last)" not in done.stderr
    return done.returncode, done.stdout, done.stderr


def lines(errors: int, others: int) -> str:
    rows = [
        f"2026-03-03 10:{i // 60:02d}:{i % 60:02d},000 - agent - INFO - LLM_CALL model=gpt-4o input_tokens=10 output_tokens=5 cost=$0.000100"
        for i in range(others)
    ]
    rows += [
        f"2026-03-03 10:{30 + i // 60}:{i % 60:02d},000 - agent - ERROR - Task failed after 3 attempts: {REFUSED}"
        for i in range(errors)
    ]
    return "\n".join(rows) + "\n"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "triage.log"


@pytest.mark.parametrize(
    ("errors", "others", "code"),
    [(0, 50, 0), (1, 150, 0), (30, 50, 1)],
    ids=["none", "single", "consistent"],
)
def test_consistent_errors_fail_and_single_ones_do_not(log: Path, errors: int, others: int, code: int) -> None:
    log.write_text(lines(errors, others))
    found, out, _ = agentctl("diagnose", "errors", "--logs", log, "-o", "json")
    report = json.loads(out)
    assert (found, report["exitCode"], report["command"]) == (code, code, "diagnose errors")
    assert report["data"]["errors"] == {"total": errors, "ratio": pytest.approx(errors / (errors + others))}
    assert [(a["agent"], a["errors"], a["records"]) for a in report["data"]["agents"]] == [
        ("triage", errors, errors + others)
    ]
    assert [(g["count"], g["agents"]) for g in report["data"]["groups"]] == ([(errors, ["triage"])] if errors else [])


def test_strict_makes_single_errors_fail(log: Path) -> None:
    log.write_text(lines(1, 150))
    assert agentctl("diagnose", "errors", "--logs", log, "--strict")[0] == 1


def test_the_logs_alone_name_the_host_that_refuses(log: Path) -> None:
    log.write_text(lines(30, 50))
    causes = json.loads(agentctl("diagnose", "errors", "--logs", log, "-o", "json")[1])["causes"]
    assert [(c["id"], c["subject"]) for c in causes] == [("tool-outage", "tool/kb-service")]


def test_stdin_is_read_like_a_file() -> None:
    code, out, _ = agentctl("diagnose", "errors", "--logs", "-", "-o", "json", stdin=lines(30, 50))
    assert (code, json.loads(out)["data"]["errors"]["total"]) == (1, 30)


def test_nothing_to_check_is_no_pass() -> None:
    assert agentctl("diagnose", "errors", "--logs", "-", stdin="")[0] == 3


def test_a_window_without_records_is_unknown(log: Path) -> None:
    log.write_text(lines(3, 5))
    code, out, _ = agentctl("diagnose", "errors", "--logs", log, "--since", "1m", "-o", "json")
    assert (code, json.loads(out)["status"]) == (5, "unknown")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("diagnose", "errors", "--logs", "no/such.log"), 3),
        (("diagnose", "everything"), 2),
        (("diagnose", "--timeout", "soon"), 2),
        (("runbook", "run"), 2),
        (("runbook", "run", "no-such-runbook", "--logs", "-"), 3),
        (("runbook", "run", "quota", "--param", "nothing=1", "--logs", "-"), 3),
        (("runbook", "show", "no-such-runbook"), 3),
        (("runbook", "validate", "no/such.yaml"), 3),
    ],
)
def test_bad_input_is_one_clear_line(words: tuple[str, ...], code: int) -> None:
    found, _, err = agentctl(*words)
    assert found == code
    assert err.count("\n") <= 8
    assert "agentctl" in err or "Usage" in err


def test_an_invalid_runbook_is_a_finding_to_validate_and_an_input_error_to_run(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(
        "apiVersion: agentctl/v1\nkind: Runbook\nmetadata: {name: mine}\nspec:\n  steps:\n    - {id: a, use: logz, judge: [{else: pass, message: x}]}\n"
    )
    code, out, _ = agentctl("runbook", "validate", path, "-o", "json")
    report = json.loads(out)
    assert code == 1
    assert [(f["code"], f["location"]["line"]) for f in report["findings"]] == [("AG002", 6)]
    code, _, err = agentctl("runbook", "run", "--runbook", path, "--logs", "-")
    assert code == 3
    assert f"{path}:6:" in err


def test_a_person_s_own_runbook_runs_with_its_parameters(tmp_path: Path, log: Path) -> None:
    log.write_text(lines(5, 5))
    path = tmp_path / "mine.yaml"
    path.write_text(
        "apiVersion: agentctl/v1\nkind: Runbook\nmetadata: {name: mine}\nspec:\n  parameters: {who: {type: string}}\n  steps:\n"
        '    - {id: a, use: logs, judge: [{when: "errors.total > 3", status: fail, message: "${who}: ${errors.total}"}, {else: pass, message: x}]}\n'
    )
    code, out, _ = agentctl(
        "runbook", "run", "--runbook", path, "--logs", log, "--param", "who=${errors.total}", "-o", "json"
    )
    step = json.loads(out)["steps"][0]
    assert (code, step["status"], step["message"]) == (1, "fail", "${errors.total}: 5")


def test_text_of_a_log_moves_no_cursor(log: Path) -> None:
    log.write_text(lines(0, 3) + "2026-03-03 10:40:00,000 - agent - ERROR - \x1b[2J[bold]boom[/bold]\n" * 9)
    _, out, _ = agentctl("diagnose", "errors", "--logs", log)
    assert "\x1b" not in out
    assert "[bold]boom[/bold]" in out
