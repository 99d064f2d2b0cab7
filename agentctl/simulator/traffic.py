"""Who asks for work and when: daily and weekly cycles, thinned from a Poisson process."""

from __future__ import annotations

import math
from dataclasses import dataclass

from agentctl.simulator.agent import Runner
from agentctl.simulator.clock import Clock, Process
from agentctl.simulator.fleet import Agent

PEAK_HOUR = 14.0


@dataclass(frozen=True, slots=True)
class Cycle:
    """The shape of a day (`amplitude` 0 to 1 round the mean, highest at 14:00 UTC) and what a weekend day keeps of it."""

    amplitude: float
    weekend: float

    def factor(self, time: float) -> float:
        """The traffic at a unix time as a multiple of the mean of a working day."""
        hour = time % 86400 / 3600
        day = (int(time // 86400) + 3) % 7  # 1970-01-01 was a Thursday; 0 = Monday
        shape = 1 + self.amplitude * math.cos((hour - PEAK_HOUR) / 24 * 2 * math.pi)
        return shape * (self.weekend if day >= 5 else 1.0)

    @property
    def highest(self) -> float:
        """An upper bound of `factor`."""
        return 1 + self.amplitude


def arrivals(agent: Agent, cycle: Cycle, runner: Runner, clock: Clock) -> Process:
    """Hands the agent's tasks to its pods, for ever. With no pod to serve it, a task is lost at the front door."""
    rng = agent.rng
    while True:
        bound = agent.rate / 3600 * cycle.highest * max(1.0, agent.traffic_factor)
        pause = rng.expovariate(bound) if bound > 0 else 3600.0
        if pause > 60.0:  # a Poisson process has no memory: wait, and draw again with the traffic of then
            yield 60.0
            continue
        yield pause
        now = clock.now
        accept = agent.rate / 3600 * cycle.factor(now) * agent.traffic_factor / bound if bound > 0 else 0.0
        if rng.random() < accept:
            pods = agent.serving()
            pod = rng.choice(pods) if pods else None
            if pod is not None and pod.reachable:
                runner.submit(agent, pod)
