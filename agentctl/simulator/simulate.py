"""Runs a scenario from its first scrape to its last and returns everything that happened."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

from agentctl.model.errors import InputError
from agentctl.simulator import faults
from agentctl.simulator.agent import Runner
from agentctl.simulator.build import build_fleet
from agentctl.simulator.calls import Calls
from agentctl.simulator.chatter import chatter, sidecar
from agentctl.simulator.clock import Clock
from agentctl.simulator.fleet import Fleet, Pod
from agentctl.simulator.history import record_history
from agentctl.simulator.ledger import Ledger
from agentctl.simulator.lifecycle import Lifecycle
from agentctl.simulator.load import catalogue
from agentctl.simulator.registry import COST
from agentctl.simulator.sayings import Sayings
from agentctl.simulator.scenario import Scenario
from agentctl.simulator.scrape import Prometheus, kube_state_scraper, scraper
from agentctl.simulator.spans import Trace
from agentctl.simulator.stage import Stage
from agentctl.simulator.traffic import Cycle, arrivals
from agentctl.simulator.world import World, world_from


@dataclass(slots=True)
class Simulation:
    """What happened: the fleet as it stands at the end, all samples and spans, and the truth."""

    scenario: Scenario
    seed: int
    fleet: Fleet
    world: World
    prometheus: Prometheus
    traces: list[Trace]
    ledger: Ledger


def simulate(scenario: Scenario, seed: int | None = None) -> Simulation:
    """Run a scenario; the same scenario and seed give the same result, byte for byte.

    Raises InputError where the scenario names something that does not exist.
    """
    try:
        return _simulate(scenario, scenario.seed if seed is None else seed)
    except ValueError as error:
        raise InputError("invalid-scenario", f"scenario {scenario.name}: {error}") from error


def _simulate(scenario: Scenario, seed: int) -> Simulation:
    fleet = build_fleet(scenario, seed)
    clock = Clock(scenario.start)
    world = _world(scenario, seed)
    ledger, sayings = Ledger(), Sayings()
    prometheus = Prometheus(scenario.namespace, scenario.metrics, Random(f"{seed}/scrape"))
    record_history(fleet, world, prometheus, ledger, scenario, seed)
    for pod in [pod for agent in fleet.agents.values() for pod in agent.pods]:
        pod.seen = {key[1][1][1]: value for key, value in pod.registry.counters.items() if key[0] == COST}
        ledger.opening.update({(pod.name, model): value for model, value in pod.seen.items()})

    noise = Random(f"{seed}/chatter")

    def watch(pod: Pod) -> None:
        clock.start(scraper(pod, prometheus, clock, scenario.metrics.scrape))
        clock.start(chatter(pod, clock, noise))
        if "otel-collector" in pod.sinks:
            clock.start(sidecar(pod, clock, noise))

    calls = Calls(clock, world, ledger, sayings)
    runner = Runner(
        clock,
        fleet,
        calls,
        ledger,
        sayings,
        Random(f"{seed}/runs"),
        scenario.max_agent_hops,
        scenario.noise.task_failure,
        scenario.traces,
    )
    lifecycle = Lifecycle(clock, fleet, ledger, Random(f"{seed}/lifecycle"), watch)
    cycle = Cycle(scenario.cycle, scenario.weekend)
    for agent in fleet.agents.values():
        clock.start(arrivals(agent, cycle, runner, clock))
        for pod in agent.pods:
            watch(pod)
    clock.start(kube_state_scraper(fleet, prometheus, clock, max(30.0, scenario.metrics.scrape)))
    stage = Stage(clock, fleet, world, lifecycle, scenario, Random(f"{seed}/faults"))
    for fault in scenario.faults:
        faults.apply(stage, fault)
    clock.run(scenario.end)
    for pod in [pod for agent in fleet.agents.values() for pod in agent.pods]:
        for key, value in pod.registry.counters.items():
            if key[0] == COST and pod.running:
                ledger.unscraped[pod.agent.name, key[1][1][1]] += value - pod.seen.get(key[1][1][1], 0.0)
    return Simulation(scenario, seed, fleet, world, prometheus, runner.traces, ledger)


def _world(scenario: Scenario, seed: int) -> World:
    tools = {name: {**spec, **scenario.tools.get(name, {})} for name, spec in catalogue("tools").items()}
    tools |= {name: dict(spec) for name, spec in scenario.tools.items() if name not in tools}
    day = datetime.fromtimestamp(scenario.start, UTC)
    end = day.replace(day=monthrange(day.year, day.month)[1]) + timedelta(days=1)
    return world_from(
        tools, catalogue("models"), catalogue("words"), Random(f"{seed}/world"),
        transient=scenario.noise.transient, slow=scenario.noise.slow, month_end=end.strftime("%Y-%m-%d"),
    )  # fmt: skip
