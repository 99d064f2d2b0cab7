"""The rules of `policy alerts`, judged by Prometheus's own tool: accepted, and firing when and only when they should."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from agentctl.governance.alerts import alert_groups, recording_groups
from agentctl.governance.read import policy_of

POLICY = policy_of(
    {
        "agent": {
            "name": 'sup"port',
            "allowed_tools": ["create_ticket", "search_kb"],
            "rate_limits": {"max_tickets_per_hour": 5, "max_searches_per_minute": 30},
            "cost_controls": {"max_daily_spend_usd": 48, "max_cost_per_run_usd": 2, "alert_on_threshold": 0.5},
        }
    }
)
NAME = 'agent_name="sup\\"port"'


def run(promtool: Path, *arguments: str, cwd: Path) -> str:
    done = subprocess.run([promtool, *arguments], cwd=cwd, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    path = tmp_path / "agents.rules.yaml"
    path.write_text(yaml.safe_dump({"groups": alert_groups([POLICY]) + recording_groups()}))
    return path


def test_promtool_accepts_every_rule(promtool: Path, rules: Path) -> None:
    said = run(promtool, "check", "rules", str(rules), cwd=rules.parent)
    assert f"{sum(len(g['rules']) for g in alert_groups([POLICY]) + recording_groups())} rules found" in said


def case(series: dict[str, str], minute: int, firing: set[str], alerts: set[str]) -> dict[str, Any]:
    """What promtool is asked: at that minute exactly these alerts fire (annotations are not compared where none are given)."""
    return {
        "interval": "1m",
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "promql_expr_test": [
            {
                "expr": f'count(ALERTS{{alertname="{name}",alertstate="firing"}})',
                "eval_time": f"{minute}m",
                "exp_samples": [{"labels": "{}", "value": 1}] if name in firing else [],
            }
            for name in sorted(alerts)
        ],
    }


COST = f'agent_cost_total_usd_total{{{NAME},model="m",pod="p"}}'
GOOD = f'agent_tasks_total{{{NAME},status="success",pod="p"}}'
BAD = f'agent_tasks_total{{{NAME},status="error",pod="p"}}'
TICKETS = f'agent_task_duration_seconds_count{{{NAME},tool="create_ticket",pod="p"}}'
WATCHED = {
    "AgentBudgetThreshold",
    "AgentBudgetExceeded",
    "AgentBudgetBurn1h",
    "AgentRunCost",
    "AgentErrorRatio",
    "AgentRateLimitExceeded",
    "AgentSilent",
}


@pytest.mark.parametrize(
    ("series", "minute", "firing"),
    [
        # $1 an hour, 60 tasks an hour, 1 ticket in 20 minutes: nothing to say after 10 hours.
        ({COST: "0+0.016667x700", GOOD: "0+1x700", TICKETS: "0+0.05x700"}, 600, set()),
        # $3 an hour: over $24 (the half of 48) after 8 hours, under 48.
        ({COST: "0+0.05x700", GOOD: "0+1x700"}, 600, {"AgentBudgetThreshold"}),
        # $24 an hour from the fifth hour on: a quarter of the day's budget in an hour.
        ({COST: "0x300 0+0.4x60", GOOD: "0+1x700"}, 355, {"AgentBudgetBurn1h"}),
        # $3 a task.
        ({COST: "0+0.06x120", GOOD: "0+0.02x120"}, 100, {"AgentRunCost"}),
        # Every second task fails.
        ({GOOD: "0+1x120", BAD: "0+1x120"}, 60, {"AgentErrorRatio"}),
        # Ten tickets an hour where five are allowed.
        ({TICKETS: "0+0.1667x120", GOOD: "0+1x120"}, 100, {"AgentRateLimitExceeded"}),
        # Worked for two hours, then nothing for one.
        ({GOOD: "0+1x120 120x90"}, 180, {"AgentSilent"}),
        # Worked for two hours, then its samples end.
        ({GOOD: "0+1x120"}, 180, {"AgentSilent"}),
    ],
    ids=["calm", "threshold", "burn", "run cost", "errors", "limit", "silent", "gone"],
)
def test_alerts_fire_when_and_only_when_they_should(
    promtool: Path, rules: Path, series: dict[str, str], minute: int, firing: set[str]
) -> None:
    # A burn is also spend: what else must fire with it is in the watched set as well.
    alerts = WATCHED if "AgentBudgetBurn1h" not in firing else WATCHED - {"AgentBudgetThreshold"}
    tests = {"rule_files": [rules.name], "evaluation_interval": "1m", "tests": [case(series, minute, firing, alerts)]}
    (rules.parent / "test.yaml").write_text(yaml.safe_dump(tests))
    run(promtool, "test", "rules", "test.yaml", cwd=rules.parent)
