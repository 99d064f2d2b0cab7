"""`agentctl policy` as a person runs it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

ROOT = Path(__file__).parents[3]
SCHEMA = json.loads((ROOT / "schemas" / "report.schema.json").read_text())
OLD = """\
agent:
  name: support
  allowed_tools:
    - search_kb
    - send_email
  decision_authority:
    autonomous: [search_kb]
    requires_human_review: [send_email]
    forbidden: [delete_data]
  data_access:
    allow_pii: false
  rate_limits:
    max_emails_per_hour: 10
"""


def agentctl(*arguments: str, cwd: Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "agentctl", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, input=stdin, timeout=60, check=False)


def as_json(*arguments: str, cwd: Path, stdin: str = "") -> tuple[int, dict[str, Any]]:
    done = agentctl(*arguments, "-o", "json", cwd=cwd, stdin=stdin)
    data: dict[str, Any] = json.loads(done.stdout)
    jsonschema.validate(data, SCHEMA)
    assert data["exitCode"] == done.returncode
    return done.returncode, data


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "agent.yaml").write_text(OLD)
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "outcome", "line", "code"),
    [
        (["search_kb"], "allow", 7, 0),
        (["send_email"], "review", 8, 1),
        (["run_shell"], "deny", 3, 1),
        (["search_kb", "--action", "delete_data"], "deny", 9, 1),
        (["send_email", "--context", "max_emails_per_hour=10"], "deny", 13, 1),
        (["send_email", "--context", "max_emails_per_hour=9"], "review", 8, 1),
    ],
)
def test_can_i_answers_with_the_line_that_decides(
    folder: Path, arguments: list[str], outcome: str, line: int, code: int
) -> None:
    status, data = as_json("policy", "can-i", *arguments, "--agent", "support", cwd=folder)
    [decision] = data["data"]["decisions"]
    assert (status, decision["outcome"], decision["because"][0]["line"]) == (code, outcome, line)


def test_an_unknown_agent_is_a_usage_error_with_a_suggestion(folder: Path) -> None:
    done = agentctl("policy", "can-i", "x", "--agent", "suport", cwd=folder)
    assert done.returncode == 2
    assert "did you mean support?" in done.stderr


def test_what_is_used_up_must_have_a_name_that_is_looked_up(folder: Path) -> None:
    done = agentctl("policy", "can-i", "search_kb", "--context", "dayly_spend_usd=3", cwd=folder)
    assert done.returncode == 2
    assert "did you mean daily_spend_usd?" in done.stderr
    assert agentctl("policy", "can-i", "search_kb", "--context", "max_tickets_per_hour=3", cwd=folder).returncode == 0


def test_show_has_a_row_a_tool(folder: Path) -> None:
    _, data = as_json("policy", "show", cwd=folder)
    [agent] = data["data"]["agents"]
    assert [(t["tool"], t["outcome"], t["limits"]) for t in agent["tools"]] == [
        ("search_kb", "allow", []),
        ("send_email", "review", ["max_emails_per_hour"]),
    ]


def test_diff_names_the_widening_and_its_line(folder: Path) -> None:
    new = OLD.replace("[search_kb]", "[search_kb, send_email]").replace("[send_email]", "[]").replace(": 10", ": 100")
    (folder / "new.yaml").write_text(new)
    code, data = as_json("policy", "diff", "agent.yaml", "new.yaml", cwd=folder)
    found = [(f["code"], f["message"], f["location"]["line"]) for f in data["findings"]]
    assert code == 1
    assert ("AG801", "send_email: held for review → autonomous", 7) in found
    assert ("AG801", "max_emails_per_hour (send_email): 10 → 100", 13) in found
    back, reverse = as_json("policy", "diff", "new.yaml", "agent.yaml", cwd=folder)
    assert back == 0
    assert {c["direction"] for c in reverse["data"]["changes"]} == {"narrowed"}


def test_a_widening_that_is_approved_with_an_end_passes(folder: Path) -> None:
    approval = 'agentctl: ignore[AG801] reason="agreed with security" until=2999-01-01'
    (folder / "ends.yaml").write_text(OLD.replace(": false", f": true # {approval}"))
    code, data = as_json("policy", "diff", "agent.yaml", "ends.yaml", cwd=folder)
    assert code == 0
    assert [c["direction"] for c in data["data"]["changes"]] == ["approved"]
    (folder / "endless.yaml").write_text(OLD.replace(": false", f": true # {approval.partition(' until')[0]}"))
    assert as_json("policy", "diff", "agent.yaml", "endless.yaml", cwd=folder)[0] == 1
    (folder / "past.yaml").write_text(OLD.replace(": false", f": true # {approval.replace('2999', '2020')}"))
    code, data = as_json("policy", "diff", "agent.yaml", "past.yaml", cwd=folder)
    assert code == 1
    assert "2020-01-01" in data["findings"][0]["message"]


def test_diff_reads_stdin_and_revisions(folder: Path) -> None:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    for arguments in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-qm", "x"]):
        subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)
    (folder / "agent.yaml").write_text(OLD.replace("allow_pii: false", "allow_pii: true"))
    code, data = as_json("policy", "diff", "main:agent.yaml", "agent.yaml", cwd=folder)
    assert code == 1
    assert [f["message"] for f in data["findings"]] == ["allow_pii: false → true"]
    assert as_json("policy", "diff", "agent.yaml", "-", cwd=folder, stdin=OLD)[0] == 0
    assert as_json("policy", "diff", "nowhere:agent.yaml", "agent.yaml", cwd=folder)[0] == 3


def test_a_broken_document_is_3_with_its_place(folder: Path) -> None:
    (folder / "broken.yaml").write_text("agent:\n  name: [\n")
    done = agentctl("policy", "diff", "agent.yaml", "broken.yaml", cwd=folder)
    assert done.returncode == 3
    assert "broken.yaml:" in done.stderr


@pytest.mark.parametrize("name", ["show", "alerts", "can-i x"])
def test_nothing_to_read_is_3(tmp_path: Path, name: str) -> None:
    assert agentctl("policy", *name.split(), cwd=tmp_path).returncode == 3


def test_alerts_are_yaml_that_prometheus_and_its_operator_take(folder: Path) -> None:
    import yaml

    rules = yaml.safe_load(agentctl("policy", "alerts", cwd=folder).stdout)
    assert {"AgentErrorRatio", "AgentSilent", "AgentRateLimitExceeded"} <= {
        r["alert"] for r in rules["groups"][0]["rules"]
    }
    wrapped = yaml.safe_load(agentctl("policy", "alerts", "--prometheus-rule", cwd=folder).stdout)
    assert wrapped["kind"] == "PrometheusRule"
    assert wrapped["spec"] == rules


def test_the_documents_of_a_recorded_incident_are_asked_too(folder: Path) -> None:
    config = folder / "incident" / "config"
    config.mkdir(parents=True)
    (config / "support.yaml").write_text(OLD.replace("name: support", "name: recorded"))
    window = {"start": "2026-03-03T10:00:00Z", "end": "2026-03-03T11:00:00Z"}
    manifest = {
        "schemaVersion": "agentctl/bundle-v1",
        "createdAt": window["end"],
        "window": window,
        "target": {"name": "x", "namespace": "agents"},
    }
    (folder / "incident" / "bundle.json").write_text(json.dumps(manifest | {"sources": {"config": {"status": "ok"}}}))
    _, data = as_json("policy", "show", "--bundle", "incident", cwd=folder)
    assert [a["agent"] for a in data["data"]["agents"]] == ["recorded"]
    assert as_json("policy", "can-i", "search_kb", "--bundle", "incident", cwd=folder)[0] == 0
