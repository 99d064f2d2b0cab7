"""Prometheus alert rules from governance documents: what a document promises, something should watch.

The metric names are those that prometheus_client really exposes: a Counter("agent_cost_total_usd") appears as
`agent_cost_total_usd_total`. `increase()` extrapolates to the window's edges, so thresholds near a single call are approximate.
Burn-rate windows follow the multi-window pattern of the Google SRE workbook: a short window confirms the long one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from agentctl.governance.policy import Policy, RateLimit

COST = "agent_cost_total_usd_total"
TASKS = "agent_tasks_total"
TOOL_CALLS = "agent_task_duration_seconds_count"
DEFAULT_THRESHOLD = 0.8
# (long window, short window, hours of the long one, share of the daily budget that may go in it, severity)
BURN = (("1h", "5m", 1, 0.25, "critical"), ("6h", "30m", 6, 0.5, "warning"))
ERROR_RATIO = 0.2

Rule = dict[str, Any]


def alert_groups(policies: Sequence[Policy]) -> list[dict[str, Any]]:
    """One rule group an agent, as Prometheus rule files hold them under `groups`."""
    return [{"name": f"agentctl-{policy.name}", "rules": list(_rules(policy))} for policy in policies]


def recording_groups() -> list[dict[str, Any]]:
    """Recording rules that make the heavy cost questions cheap: USD and tasks by agent and model, as rates per second."""
    record = {
        "agent:agent_cost_usd:rate5m": f"sum by (agent_name) (rate({COST}[5m]))",
        "agent_model:agent_cost_usd:rate5m": f"sum by (agent_name, model) (rate({COST}[5m]))",
        "agent:agent_cost_usd:increase1h": f"sum by (agent_name) (increase({COST}[1h]))",
        "agent_status:agent_tasks:rate5m": f"sum by (agent_name, status) (rate({TASKS}[5m]))",
    }
    return [{"name": "agentctl-recording", "rules": [{"record": name, "expr": expr} for name, expr in record.items()]}]


def _rules(policy: Policy) -> Iterator[Rule]:
    yield from _budget(policy)
    yield from _run_cost(policy)
    yield from _limits(policy)
    yield _errors(policy)
    yield _silent(policy)


def _budget(policy: Policy) -> Iterator[Rule]:
    if policy.max_daily_spend_usd is None:
        return
    budget = float(policy.max_daily_spend_usd)
    share = policy.alert_on_threshold if policy.alert_on_threshold is not None else DEFAULT_THRESHOLD
    spent = f"sum by (agent_name) (increase({COST}{_of(policy)}[1d]))"
    yield _alert(
        "AgentBudgetThreshold",
        f"{spent} > {_number(budget * share)}",
        "warning",
        policy,
        f'{{{{ $labels.agent_name }}}} spent ${{{{ $value | printf "%.2f" }}}} in 24 h: over {share:.0%} of its ${budget:g} a day',
    )
    yield _alert(
        "AgentBudgetExceeded",
        f"{spent} > {_number(budget)}",
        "critical",
        policy,
        f'{{{{ $labels.agent_name }}}} spent ${{{{ $value | printf "%.2f" }}}} in 24 h: its daily cap is ${budget:g}',
    )
    for long, short, hours, part, severity in BURN:
        limit = budget * part
        both = " and ".join(
            f"sum by (agent_name) (rate({COST}{_of(policy)}[{window}])) * 3600 > {_number(limit / hours)}"
            for window in (long, short)
        )
        text = f'{{{{ $labels.agent_name }}}} burns ${{{{ $value | printf "%.2f" }}}} an hour: {part:.0%} of the day\'s budget in {long}'
        yield _alert(f"AgentBudgetBurn{long}", both, severity, policy, text)


def _run_cost(policy: Policy) -> Iterator[Rule]:
    if policy.max_cost_per_run_usd is None:
        return
    cap = float(policy.max_cost_per_run_usd)
    mean = (
        f"sum by (agent_name) (increase({COST}{_of(policy)}[1h]))"
        f" / sum by (agent_name) (increase({TASKS}{_of(policy)}[1h]))"
    )
    text = f'a run of {{{{ $labels.agent_name }}}} costs ${{{{ $value | printf "%.2f" }}}} on average: its cap for one run is ${cap:g}'
    yield _alert("AgentRunCost", f"{mean} > {_number(cap)}", "warning", policy, text)


def _limits(policy: Policy) -> Iterator[Rule]:
    for limit in policy.rate_limits:
        for tool in limit.tools:
            text = (
                f'{{{{ $labels.agent_name }}}} called {tool} {{{{ $value | printf "%.0f" }}}} times in {_window(limit)[0]}:'
                f" {limit.name} allows {limit.limit:g}"
            )
            window, seconds = _window(limit)
            calls = f"sum by (agent_name, tool) (increase({TOOL_CALLS}{_of(policy, tool=tool)}[{window}]))"
            allowed = limit.limit * seconds / limit.seconds
            yield _alert("AgentRateLimitExceeded", f"{calls} > {_number(allowed)}", "warning", policy, text, tool=tool)


def _errors(policy: Policy) -> Rule:
    failed = f"sum by (agent_name) (rate({TASKS}{_of(policy, extra=_NOT_SUCCESS)}[15m]))"
    every = f"sum by (agent_name) (rate({TASKS}{_of(policy)}[15m]))"
    text = "{{ $value | humanizePercentage }} of the tasks of {{ $labels.agent_name }} fail"
    return _alert("AgentErrorRatio", f"{failed} / {every} > {ERROR_RATIO}", "critical", policy, text, wait="10m")


def _silent(policy: Policy) -> Rule:
    recent = f"sum by (agent_name) (increase({TASKS}{_of(policy)}[30m]))"
    before = f"sum by (agent_name) (increase({TASKS}{_of(policy)}[6h] offset 30m))"
    gone = f"({before} > 0) unless ({recent} > 0)"
    text = "{{ $labels.agent_name }} has finished no task for 30 minutes, though it worked in the 6 hours before"
    return _alert("AgentSilent", gone, "warning", policy, text, wait="10m")


_NOT_SUCCESS = 'status!~"success|ok"'


def _alert(name: str, expr: str, severity: str, policy: Policy, summary: str, wait: str = "", tool: str = "") -> Rule:
    rule: Rule = {"alert": name, "expr": expr}
    if wait:
        rule["for"] = wait
    return rule | {
        "labels": {"severity": severity, "agent": policy.name} | ({"tool": tool} if tool else {}),
        "annotations": {"summary": summary, "runbook": "agentctl diagnose"},
    }


def _of(policy: Policy, tool: str = "", extra: str = "") -> str:
    labels: Mapping[str, str] = {"agent_name": policy.name} | ({"tool": tool} if tool else {})
    parts = [f'{key}="{_escape(value)}"' for key, value in labels.items()]
    return "{" + ",".join(parts + ([extra] if extra else [])) + "}"


def _escape(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _window(limit: RateLimit) -> tuple[str, int]:
    # A scrape comes every 15 to 60 s: less than 5 minutes would see one sample or none.
    return {3600: ("1h", 3600), 86400: ("1d", 86400)}.get(limit.seconds, ("5m", 300))


def _number(value: float) -> str:
    return format(round(value, 6), "g")
