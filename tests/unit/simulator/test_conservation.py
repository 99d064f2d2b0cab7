"""Nothing is lost or invented: what the log says was paid, what the counters rose by, and the ledger are one sum."""

import json
import re
from collections import Counter, defaultdict
from decimal import Decimal

import pytest

from agentctl.simulator import Simulation, load_scenario, simulate
from agentctl.simulator.fleet import Pod

COST = re.compile(r"LLM_CALL model=(\S+) input_tokens=\d+ output_tokens=\d+ cost=\$(\d+\.\d{6})")


def pods(simulation: Simulation) -> list[Pod]:
    return [*(pod for agent in simulation.fleet.agents.values() for pod in agent.pods), *simulation.fleet.removed]


def logged(simulation: Simulation) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for pod in pods(simulation):
        sink = pod.sinks["agent"]
        for line in (*(sink.previous or ()), *sink.current):
            found = COST.search(line)
            if found:
                sums[pod.agent.name] += Decimal(found[2])
    return sums


def counted(simulation: Simulation) -> dict[tuple[str, str], float]:
    """What the samples of each cost counter rose by in the window, restarts added."""
    sums: dict[tuple[str, str], float] = defaultdict(float)
    for name, labels, target, indices, values in simulation.prometheus.series():
        if name == "agent_cost_total_usd_total":
            previous = simulation.ledger.opening.get((labels["pod"], labels["model"]), 0.0)
            for index, value in zip(indices, values, strict=True):
                if target.times[index] >= simulation.scenario.start:
                    sums[labels["agent_name"], labels["model"]] += value if value < previous else value - previous
                    previous = value
    return sums


@pytest.mark.parametrize(
    "name", ["healthy", "healthy-release", "healthy-restart", "tool-outage", "model-change", "retry-storm"]
)
def test_log_and_ledger_agree_to_the_rounding_of_each_line(name: str) -> None:
    simulation = simulate(load_scenario(name))
    sums = logged(simulation)
    for agent in simulation.fleet.agents:
        calls = simulation.ledger.llm_calls[agent]
        assert calls
        assert abs(sums[agent] - simulation.ledger.usd(agent)) <= Decimal("0.0000005") * calls


@pytest.mark.parametrize(
    "name", ["healthy-young", "healthy-restart", "healthy-release", "out-of-memory", "crash-loop", "model-change"]
)
def test_counters_and_ledger_agree_once_the_gap_between_scrape_and_death_is_added(name: str) -> None:
    simulation = simulate(load_scenario(name))
    sums, ledger = counted(simulation), simulation.ledger
    assert ledger.window_cost
    for key, nano in ledger.window_cost.items():
        assert sums[key] + ledger.unscraped[key] == pytest.approx(nano / 1e9, abs=1e-6)


def test_tasks_counted_by_the_processes_are_those_of_the_ledger(healthy: Simulation) -> None:
    booked: Counter[tuple[str, str]] = Counter()
    for (agent, status, _), count in healthy.ledger.tasks.items():
        booked[agent, status] += count
    for agent in healthy.fleet.agents.values():
        for status in ("success", "error"):
            key = ("agent_tasks_total", (("agent_name", agent.name), ("status", status)))
            ended = sum(pod.registry.counters.get(key, 0.0) for pod in agent.pods)
            # The processes are older than the history that the ledger covers.
            assert ended >= booked[agent.name, status] > 0 or status == "error"


def test_the_history_joins_the_window_without_a_step(healthy: Simulation) -> None:
    first, hours = int(healthy.scenario.start // 3600), defaultdict(float)
    for (_, _, hour), nano in healthy.ledger.cost.items():
        hours[hour] += nano / 1e9
    assert 0.7 < hours[first] / hours[first - 24 + 1] < 1.3
    assert 0.75 < hours[first] / hours[first - 1] < 1.45


def test_the_ledger_is_plain_data(healthy: Simulation) -> None:
    data = healthy.ledger.data()
    total = sum(Decimal(item["usd"]) for item in data["windowCost"])
    assert total == healthy.ledger.usd() > 0
    assert json.loads(json.dumps(data)) == data
