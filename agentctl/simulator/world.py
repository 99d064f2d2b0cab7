"""What the agents run against: tools and model providers, and the troubles that faults lay on them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from agentctl.simulator.failures import Failure
from agentctl.simulator.fleet import Agent, Pod
from agentctl.simulator.llm_failures import llm_failure
from agentctl.simulator.tool_failures import tool_failure


@dataclass(frozen=True, slots=True)
class Model:
    """A model: prices in nano-dollars a token, `first` seconds to the first token, then `speed` tokens a second."""

    name: str
    provider: str
    input_nano: int
    output_nano: int
    first: float
    speed: float

    def nano(self, input_tokens: int, output_tokens: int) -> int:
        """The price of a call in nano-dollars."""
        return input_tokens * self.input_nano + output_tokens * self.output_nano


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """A tool's server as the agents see it; `median` seconds and `sigma` of a log-normal."""

    name: str
    transport: str
    endpoint: str
    median: float
    sigma: float
    arguments: str
    denied: str = ""
    after: bool = False


@dataclass(frozen=True, slots=True)
class Span:
    """When a fault acts: from `begin`, growing over `ramp` seconds, until `end` (unix seconds)."""

    begin: float
    ramp: float
    end: float

    def intensity(self, now: float) -> float:
        """0 before and after, 1 at full strength, between them while it ramps up."""
        if now < self.begin or now >= self.end:
            return 0.0
        return min(1.0, (now - self.begin) / self.ramp) if self.ramp else 1.0


@dataclass(frozen=True, slots=True)
class Trouble:
    """Trouble with a tool or a provider. `share` of the calls fail in `mode` ("" = none do); calls take `factor` times as long."""

    span: Span
    mode: str = ""
    share: float = 1.0
    factor: float = 1.0
    hits: Callable[[Pod], bool] = lambda pod: True


@dataclass(slots=True)
class World:
    """The tools and providers. `tool` and `llm` say how one call goes: how many times as long, and with which failure."""

    tools: Mapping[str, ToolSpec]
    models: Mapping[str, Model]
    words: Mapping[str, Any]
    rng: Random
    transient: float
    slow: float
    month_end: str
    tool_troubles: dict[str, list[Trouble]] = field(default_factory=dict)
    provider_troubles: dict[str, list[Trouble]] = field(default_factory=dict)

    def tool(self, spec: ToolSpec, pod: Pod, now: float) -> tuple[float, Failure | None]:
        """(seconds, failure) of a tool call made from a pod now."""
        rng = pod.agent.rng
        factor, mode = _effect(self.tool_troubles.get(spec.name, ()), pod, now, rng)
        if not mode and rng.random() < self.transient * 0.5:
            mode = rng.choice(("timeout", "reset", "5xx"))
        if rng.random() < self.slow:
            factor *= rng.uniform(3, 8)
        seconds = latency(spec.median, spec.sigma, rng) * factor
        if not mode and factor > 1 and seconds > 10:
            mode = "timeout"
        if not mode:
            return seconds, None
        failure = tool_failure(spec.name, spec.transport, spec.endpoint, mode, rng)
        return failure.seconds if failure.seconds is not None else seconds, failure

    def llm(self, model: Model, output_tokens: int, pod: Pod, now: float) -> tuple[float, Failure | None]:
        """(seconds, failure) of a model call made from a pod now."""
        agent, rng = pod.agent, pod.agent.rng
        factor, mode = _effect(self.provider_troubles.get(model.provider, ()), pod, now, rng)
        if agent.key_rejected:
            mode = "auth"
        if not mode and rng.random() < self.transient:
            mode = rng.choice(("outage", "outage", "connection"))
        seconds = (latency(model.first, 0.35, rng) + output_tokens / model.speed) * factor
        if not mode:
            return seconds, None
        if mode == "outage" and rng.random() < 0.12:
            mode = rng.choice(("connection", "timeout"))
        failure = llm_failure(model.provider, model.name, mode, rng, self.month_end)
        return failure.seconds if failure.seconds is not None else seconds, failure

    def fill(self, template: str, rng: Random) -> str:
        """A tool's argument template with values drawn."""
        values = {name: rng.choice(choice) for name, choice in self.words.items() if "{" + name + "}" in template}
        return template.format(
            **values,
            customer=f"C-{rng.randint(1000, 9999)}",
            number=rng.randint(10000, 99999),
            order=f"SO-{rng.randint(100000, 999999)}",
            small=rng.randint(2, 90),
        )


def latency(median: float, sigma: float, rng: Random) -> float:
    """Seconds of a log-normal with the given median."""
    return median * math.exp(sigma * rng.gauss(0.0, 1.0))


def _effect(troubles: list[Trouble] | tuple[()], pod: Pod, now: float, rng: Random) -> tuple[float, str]:
    factor, mode = 1.0, ""
    for trouble in troubles:
        strength = trouble.span.intensity(now)
        if strength and trouble.hits(pod):
            factor *= 1.0 + (trouble.factor - 1.0) * strength
            if trouble.mode and rng.random() < trouble.share * strength:
                mode = trouble.mode
    return factor, mode


def world_from(
    tools: Mapping[str, Mapping[str, Any]],
    models: Mapping[str, Mapping[str, Any]],
    words: Mapping[str, Any],
    rng: Random,
    **noise: Any,
) -> World:
    """A world from the catalogues."""
    priced = {
        name: Model(
            name,
            m["provider"],
            round(float(m["input"]) * 1000),
            round(float(m["output"]) * 1000),
            float(m["first"]),
            float(m["speed"]),
        )
        for name, m in models.items()
    }
    return World({name: ToolSpec(name, **spec) for name, spec in tools.items()}, priced, words, rng, **noise)


def provider_of(world: World, agent: Agent) -> str:
    """The provider of the agent's model."""
    return world.models[agent.model].provider
