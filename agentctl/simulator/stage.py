"""What a fault may touch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from agentctl.simulator.clock import Clock, Process
from agentctl.simulator.fleet import Agent, Fleet, Pod
from agentctl.simulator.lifecycle import Lifecycle
from agentctl.simulator.scenario import FaultSpec, Scenario
from agentctl.simulator.world import Span, World


@dataclass(slots=True)
class Stage:
    """The running simulation, as faults see it."""

    clock: Clock
    fleet: Fleet
    world: World
    lifecycle: Lifecycle
    scenario: Scenario
    rng: Random

    def span(self, spec: FaultSpec) -> Span:
        """When the fault acts, in unix seconds."""
        begin = self.scenario.start + spec.at
        return Span(begin, spec.ramp, begin + spec.duration if spec.duration is not None else float("inf"))

    def agent(self, spec: FaultSpec, key: str = "agent") -> Agent:
        """The agent a parameter names. Raises ValueError where there is none."""
        name = str(spec.parameters.get(key, ""))
        if name not in self.fleet.agents:
            raise ValueError(f"fault {spec.kind}: {key} {name!r} is no agent of the fleet")
        return self.fleet.agents[name]

    def agents(self, spec: FaultSpec) -> list[Agent]:
        """The agents that `agents` (or `agent`) names; all where neither is given."""
        names = spec.parameters.get("agents") or (
            [spec.parameters["agent"]] if "agent" in spec.parameters else list(self.fleet.agents)
        )
        missing = [name for name in names if name not in self.fleet.agents]
        if missing:
            raise ValueError(f"fault {spec.kind}: {missing[0]!r} is no agent of the fleet")
        return [self.fleet.agents[name] for name in names]

    def pods(self, spec: FaultSpec) -> Callable[[Pod], bool]:
        """Which pods are hit: of the agents named, the share `pods` (at least one where anything is hit)."""
        share = float(spec.parameters.get("pods", 1.0))
        agents = self.agents(spec)
        everyone = "agents" not in spec.parameters and "agent" not in spec.parameters
        if everyone and share >= 1.0:
            return lambda pod: True
        names = [pod.name for agent in agents for pod in agent.pods]
        if share < 1.0:
            names = self.rng.sample(names, max(1, round(len(names) * share)))
        hit, who = set(names), {agent.name for agent in agents}
        return (lambda pod: pod.agent.name in who) if share >= 1.0 else (lambda pod: pod.name in hit)

    def between(self, spec: FaultSpec, begin: Callable[[], None], end: Callable[[], None] | None = None) -> None:
        """Do something at the onset, and undo it when the fault's duration is over."""

        def process() -> Process:
            begin()
            if end is not None and spec.duration is not None:
                yield spec.duration
                end()

        self.clock.start(process(), None, self.scenario.start + spec.at - self.clock.now)

    def ramped(self, spec: FaultSpec, apply: Callable[[float], None], step: float = 30.0) -> None:
        """Call `apply(intensity)` from the onset, every `step` seconds while it changes."""
        span = self.span(spec)

        def process() -> Process:
            while True:
                strength = span.intensity(self.clock.now)
                apply(strength)
                if strength >= 1.0 and spec.duration is None:
                    return
                if self.clock.now >= span.end:
                    return
                yield step

        self.clock.start(process(), None, spec.at)


def number(spec: FaultSpec, key: str, default: float) -> float:
    """A numeric parameter. Raises ValueError where it is none."""
    value: Any = spec.parameters.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"fault {spec.kind}: {key} must be a number, not {value!r}")
    return float(value)


def word(spec: FaultSpec, key: str, default: str = "") -> str:
    """A text parameter. Raises ValueError where it is missing and has no default."""
    value = spec.parameters.get(key, default)
    if not isinstance(value, str) or not value:
        raise ValueError(f"fault {spec.kind}: {key} is missing")
    return value
