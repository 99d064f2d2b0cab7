"""The fleet's table over a recording: what it counts, and that what nobody knows is never zero."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

END = 1772535600  # 2026-03-03T11:00:00Z


def _pod(name: str, agent: str, ready: bool = True, restarts: int = 0) -> dict[str, Any]:
    status = {"name": "main", "restartCount": restarts, "state": {"running": {}}}
    return {
        "metadata": {"name": name, "namespace": "agents", "labels": {"agent": agent}},
        "spec": {"containers": [{"name": "main"}]},
        "status": {
            "phase": "Running",
            "conditions": [{"type": "Ready", "status": str(ready)}],
            "containerStatuses": [status],
        },
    }


def _series(name: str, first: float, last: float, **labels: str) -> str:
    values = [[END - 3660, str(first)], [END - 1800, str(first)], [END - 10, str(last)]]
    return json.dumps({"metric": {"__name__": name, **labels}, "values": values}) + "\n"


@pytest.fixture
def incident(tmp_path: Path) -> Path:
    folder = tmp_path / "incident"
    manifest = {
        "schemaVersion": "agentctl/bundle-v1",
        "createdAt": "2026-03-03T11:00:00Z",
        "window": {"start": "2026-03-03T10:00:00Z", "end": "2026-03-03T11:00:00Z"},
        "target": {"name": "prod", "namespace": "agents"},
        "sources": {},
    }
    lines = [
        _series("agent_tasks_total", 10, 110, agent_name="search", status="success"),
        _series("agent_tasks_total", 0, 100, agent_name="search", status="error"),
        _series("agent_cost_total_usd_total", 1, 3.5, agent_name="search", model="m-1"),
        _series("agent_task_duration_seconds_bucket", 0, 190, agent_name="search", le="2.0"),
        _series("agent_task_duration_seconds_bucket", 0, 200, agent_name="search", le="4.0"),
        _series("agent_task_duration_seconds_bucket", 0, 200, agent_name="search", le="+Inf"),
        _series("agent_active_runs", 1, 2, agent_name="search", pod="a"),
        _series("agent_active_runs", 1, 3, agent_name="search", pod="b"),
    ]
    files = {
        "bundle.json": json.dumps(manifest),
        "kubernetes/pods.json": json.dumps(
            {"items": [_pod("s-0", "search"), _pod("s-1", "search", False, 4), _pod("t-0", "triage")]}
        ),
        "metrics/samples.jsonl": "".join(lines),
        "config/search.yaml": "agent:\n  name: search\n  cost_controls: {max_daily_spend_usd: 5.00}\n",
        "logs/agents/t-0/main.log": "2026-03-03T10:30:00Z 2026-03-03 10:30:00,000 - triage - ERROR - boom\n",
    }
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def _run(*words: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "agentctl", "fleet", *words], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout


def test_a_row_an_agent(incident: Path) -> None:
    code, said = _run("--bundle", str(incident), "-o", "json")
    assert code == 0
    rows = {row["agent"]: row for row in json.loads(said)["data"]["rows"]}
    search = rows["search"]
    assert (search["pods"], search["ready"], search["restarts"], search["activeRuns"]) == (2, 1, 4, 5)
    assert (search["tasks"], search["failedTasks"], search["errorRatio"]) == (200, 100, 0.5)
    assert (search["usd"], search["usdPerHour"], search["quality"]) == ("2.5", "2.500000000", "exact")
    assert search["p95Seconds"] == pytest.approx(2.0)
    assert (float(search["budgetUsd"]), search["model"], search["unwell"]) == (5.0, "m-1", True)


def test_what_nobody_said_is_unknown(incident: Path) -> None:
    _, said = _run("--bundle", str(incident), "-o", "json")
    triage = next(row for row in json.loads(said)["data"]["rows"] if row["agent"] == "triage")
    assert [triage[k] for k in ("tasks", "usd", "usdPerHour", "p95Seconds", "budgetUsd")] == [None] * 5
    assert (triage["pods"], triage["errorRecords"]) == (1, 1)
    (incident / "kubernetes/pods.json").unlink()
    _, said = _run("--bundle", str(incident), "-o", "json")
    assert {row["pods"] for row in json.loads(said)["data"]["rows"]} == {None}


def test_those_in_trouble_stand_first(incident: Path) -> None:
    _, said = _run("--bundle", str(incident))
    names = [line.split()[0] for line in said.splitlines()]
    assert names.index("search") < names.index("triage")
    assert "50%" in said
    assert "$2.50" in said
    assert "1 logged" in said


def test_a_broken_part_is_named_and_the_rest_is_shown(incident: Path) -> None:
    (incident / "metrics/samples.jsonl").write_text("{broken\n")
    code, said = _run("--bundle", str(incident), "-o", "json")
    answer = json.loads(said)
    assert code == 0
    assert {row["agent"] for row in answer["data"]["rows"]} == {"search", "triage"}
    assert "samples.jsonl:1" in answer["errors"][0]["message"]


def test_nobody_is_no_success(incident: Path) -> None:
    for name in ("kubernetes/pods.json", "metrics/samples.jsonl", "logs/agents/t-0/main.log"):
        (incident / name).unlink()
    code, said = _run("--bundle", str(incident), "-o", "json")
    assert code == 5
    assert json.loads(said)["errors"][0]["code"] == "empty"
