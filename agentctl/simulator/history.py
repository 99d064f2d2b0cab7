"""The days before the window, as sums: what the counters rose by, scrape for scrape, with no single call simulated.

What a healthy task costs and how long its calls take is drawn once a profile and model from the same distributions that the window uses,
so that history and window join without a step.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from random import Random

from agentctl.simulator.fleet import Agent, Fleet, Pod
from agentctl.simulator.ledger import Ledger
from agentctl.simulator.registry import BUCKETS
from agentctl.simulator.scenario import Scenario
from agentctl.simulator.scrape import Prometheus
from agentctl.simulator.traffic import Cycle
from agentctl.simulator.world import World, latency

_DRAWS = 240


@dataclass(slots=True)
class Habit:
    """A task on average: USD, and of each tool the calls a task, seconds a call and their spread over the buckets."""

    usd: float = 0.0
    calls: dict[str, float] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    spread: dict[str, list[float]] = field(default_factory=dict)


def record_history(
    fleet: Fleet, world: World, prometheus: Prometheus, ledger: Ledger, scenario: Scenario, seed: int
) -> None:
    """Fill counters and samples from the history's start up to the window's start; without a history every counter is still to be born."""
    if not scenario.history:
        return
    cycle = Cycle(scenario.cycle, scenario.weekend)
    habits: dict[tuple[str, str], Habit] = {}
    hold = {target for agent in fleet.agents.values() for target in agent.handoffs}
    inflow = _inflow(fleet)
    for agent in fleet.agents.values():
        key = (agent.spec.profile + str(sorted(agent.weights.items())), agent.model)
        if key not in habits:
            habits[key] = _habit(agent, world, Random(f"{seed}/habit/{key}"))
        rate = agent.rate + (inflow.get(agent.name, 0.0) if agent.name in hold else 0.0)
        for pod in agent.pods:
            _fill(pod, rate, habits[key], cycle, prometheus, ledger, scenario, Random(f"{seed}/history/{pod.name}"))


def _inflow(fleet: Fleet) -> dict[str, float]:
    """Tasks an hour that other agents hand over."""
    inflow: dict[str, float] = {}
    for agent in fleet.agents.values():
        for target in agent.handoffs:
            inflow[target] = inflow.get(target, 0.0) + agent.rate / len(agent.handoffs)
    return inflow


def _habit(agent: Agent, world: World, rng: Random) -> Habit:
    habit = Habit()
    model, profile = world.models[agent.model], agent.profile
    observed: dict[str, list[float]] = {}
    nano = 0
    for _ in range(_DRAWS):
        context = profile["input"] * rng.uniform(0.75, 1.3)
        steps = max(1, round(rng.gauss(profile["steps"], profile["steps"] * 0.35))) if agent.weights else 0
        for step in range(steps + 1):
            outputs = max(8, int(profile["output"] * rng.lognormvariate(0, 0.35)))
            nano += model.nano(int(context), outputs)
            observed.setdefault("llm", []).append(latency(model.first, 0.35, rng) + outputs / model.speed)
            context += outputs + 40
            if step < steps:
                name = rng.choices(list(agent.weights), list(agent.weights.values()))[0]
                if agent.policy.tools.get(name) is not None:
                    spec = world.tools[name]
                    observed.setdefault(name, []).append(latency(spec.median, spec.sigma, rng))
                    context += 350
    habit.usd = nano / 1e9 / _DRAWS
    for name, values in observed.items():
        counts = [0.0] * (len(BUCKETS) + 1)
        for value in values:
            counts[bisect_left(BUCKETS, value)] += 1
        habit.calls[name] = len(values) / _DRAWS
        habit.seconds[name] = sum(values) / len(values)
        habit.spread[name] = [c / len(values) for c in counts]
    return habit


def _fill(
    pod: Pod,
    rate: float,
    habit: Habit,
    cycle: Cycle,
    prometheus: Prometheus,
    ledger: Ledger,
    scenario: Scenario,
    rng: Random,
) -> None:
    agent, registry = pod.agent, pod.registry
    share = rate / 3600 / max(1, len(agent.pods))
    step = scenario.metrics.history_step
    now = scenario.start - scenario.history
    _advance(pod, share * cycle.factor(now) * (now - pod.started), habit, rng, pod.started + rng.uniform(5, 90), None)
    target = prometheus.target(pod)
    offset = rng.uniform(0, step)
    now += offset
    previous = scenario.start - scenario.history
    while now < scenario.start:
        span = now - previous
        _advance(pod, share * cycle.factor(now - span / 2) * span, habit, rng, now, ledger)
        previous = now
        registry.gauges[registry.memory_key] *= rng.uniform(0.997, 1.003)
        target.times.append(round(now, 3))
        target.sample(("up", ()), 1.0)
        for key, value in registry.snapshot(prometheus.options.buckets):
            target.sample(key, value)
        now += step
    _advance(
        pod,
        share * cycle.factor(scenario.start) * max(0.0, scenario.start - previous),
        habit,
        rng,
        scenario.start,
        ledger,
    )
    # The scrapes of the window follow at their own rhythm: one just before it, as a real Prometheus has, is its baseline.
    target.times.append(round(max(scenario.start - 1.0, previous + 0.001), 3))
    target.sample(("up", ()), 1.0)
    for key, value in registry.snapshot(prometheus.options.buckets):
        target.sample(key, value)


def _advance(pod: Pod, mean: float, habit: Habit, rng: Random, now: float, ledger: Ledger | None) -> None:
    """Let about `mean` tasks happen to a pod's counters, booked to the hour that `now` ends or falls in."""
    agent, registry = pod.agent, pod.registry
    count = max(0, round(rng.gauss(mean, mean**0.5))) if mean > 0 else 0
    errors = sum(rng.random() < 0.004 for _ in range(count)) if count < 2000 else round(count * 0.004)
    hour = int((now - 1) // 3600)
    for status, tasks in (("success", count - errors), ("error", errors)):
        if tasks:
            registry.task(status, now, tasks)
            if ledger is not None:
                ledger.tasks[agent.name, status, hour] += tasks
    if not count:
        return
    nano = round(habit.usd * count * rng.gauss(1.0, 0.35 / max(1.0, count**0.5)) * 1e9)
    registry.cost(agent.model, max(nano, 0) / 1e9, now)
    if ledger is not None:
        ledger.cost[agent.name, agent.model, hour] += max(nano, 0)
    for name, calls in habit.calls.items():
        histogram = registry.histogram(name, now)
        for index, part in enumerate(habit.spread[name]):
            histogram.counts[index] += part * calls * count
        histogram.total += habit.seconds[name] * calls * count * rng.gauss(1.0, 0.05)
