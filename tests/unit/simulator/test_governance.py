"""The simulated agents keep to their governance, unless a fault says that they do not."""

import re
from collections import defaultdict
from datetime import datetime

import pytest
from instances import instances

from agentctl.governance.decide import decide
from agentctl.simulator import Scenario, Simulation, load_scenario, simulate

CALL = re.compile(r"^(\S+)Z .*?(TOOL_CALL: |APPROVED: |REVIEW_REQUESTED: )(\w+)")


def calls(simulation: Simulation) -> list[tuple[str, float, str, str]]:
    """(agent, time, marker, tool) of every audit line, in order of time."""
    found = []
    pods = [*(pod for agent in simulation.fleet.agents.values() for pod in agent.pods), *simulation.fleet.removed]
    for pod in pods:
        sink = pod.sinks["agent"]
        for line in (*(sink.previous or ()), *sink.current):
            match = CALL.search(line)
            if match:
                when = datetime.fromisoformat(match[1][:26] + "+00:00").timestamp()
                found.append((pod.agent.name, when, match[2].strip(": "), match[3]))
    return sorted(found, key=lambda item: item[1])


def governed() -> list[tuple[str, Scenario]]:
    """Small fleets, every fault but the one that goes round the governance."""
    small = [(name, s) for name, s in instances() if "/" not in name and not s.fill and s.window <= 7200]
    return [(name, s) for name, s in small if not any(fault.kind == "unlisted-tool" for fault in s.faults)]


@pytest.mark.parametrize(("name", "scenario"), governed(), ids=[name for name, _ in governed()])
def test_no_call_is_made_that_decide_refuses(name: str, scenario: Scenario) -> None:
    simulation = simulate(scenario)
    approved: dict[tuple[str, str], int] = defaultdict(int)
    made: dict[tuple[str, str], list[float]] = defaultdict(list)
    for agent, when, marker, tool in calls(simulation):
        policy = simulation.fleet.agents[agent].policy
        if marker == "APPROVED":
            approved[agent, tool] += 1
        if marker != "TOOL_CALL":
            continue
        outcome = decide(policy, tool).outcome
        assert outcome != "deny", f"{agent} called {tool}"
        if outcome == "review":
            approved[agent, tool] -= 1
            assert approved[agent, tool] >= 0, f"{agent} called {tool} with no approval"
        made[agent, tool].append(when)
    for agent in simulation.fleet.agents.values():
        for limit in agent.policy.rate_limits:
            times = sorted(t for tool in limit.tools for t in made[agent.name, tool])
            # The audit line of some tools is printed after the call, so the window is taken a little narrower.
            busiest = max((sum(t <= other < t + limit.seconds * 0.95 for other in times) for t in times), default=0)
            assert busiest <= limit.limit, f"{agent.name}: {limit.name}"


def test_a_forced_call_is_made_and_the_ledger_says_so() -> None:
    simulation = simulate(load_scenario("unlisted-tool-use"))
    made = [tool for agent, _, marker, tool in calls(simulation) if marker == "TOOL_CALL" and tool == "delete_customer"]
    assert 0 < len(made) == simulation.ledger.ungoverned["customer-support-v2", "delete_customer"]


def test_a_refused_call_leaves_a_blocked_line_and_no_audit_line() -> None:
    simulation = simulate(load_scenario("policy-denials"))
    agent = simulation.fleet.agents["customer-support-v2"]
    lines = [line for pod in agent.pods for line in pod.sinks["agent"].current]
    blocked = [line for line in lines if "BLOCKED: PII access for customer" in line]
    assert len(blocked) == simulation.ledger.denied["customer-support-v2", "get_customer"] > 20
    assert not any("TOOL_CALL: get_customer" in line for line in lines)


def test_runs_at_a_time_never_exceed_the_limit() -> None:
    simulation = simulate(load_scenario("saturation"))
    agent = simulation.fleet.agents["customer-support-v2"]
    peak = 0.0
    for name, labels, _, _, values in simulation.prometheus.series():
        if name == "agent_active_runs" and labels["agent_name"] == agent.name:
            peak = max(peak, *values)
    assert peak == agent.policy.max_concurrent_runs == 4
    assert (
        sum(v for (who, status, _), v in simulation.ledger.tasks.items() if who == agent.name and status == "timeout")
        > 5
    )


def test_a_chain_of_handovers_ends_at_the_bound() -> None:
    simulation = simulate(load_scenario("runaway-loop-pair"))
    hops = [
        int(m)
        for a in simulation.fleet.agents.values()
        for p in a.pods
        for line in p.sinks["agent"].current
        for m in re.findall(r"hop=(\d+)", line)
    ]
    assert max(hops) == 41  # the last hand-over, to a person, is counted too
    assert any(
        "human_handoff" in line
        for a in simulation.fleet.agents.values()
        for p in a.pods
        for line in p.sinks["agent"].current
    )
