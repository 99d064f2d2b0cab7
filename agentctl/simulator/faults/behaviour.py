"""Faults of the agents' own behaviour, and the surge that is no fault."""

from __future__ import annotations

from agentctl.simulator.scenario import FaultSpec
from agentctl.simulator.stage import Stage, number, word


def traffic_surge(stage: Stage, spec: FaultSpec) -> None:
    """`factor` times the tasks for `agents` (all where none is named). Dear, but nothing is broken."""
    factor = number(spec, "factor", 5.0)
    for agent in stage.agents(spec):
        stage.ramped(spec, lambda strength, agent=agent: setattr(agent, "traffic_factor", 1 + (factor - 1) * strength))  # type: ignore[misc]


def prompt_growth(stage: Stage, spec: FaultSpec) -> None:
    """The prompts of `agent` grow to `factor` times their size over the ramp: a history that nobody cuts."""
    factor = number(spec, "factor", 8.0)
    agent = stage.agent(spec)
    stage.ramped(spec, lambda strength: setattr(agent, "prompt_factor", 1 + (factor - 1) * strength))


def model_swap(stage: Stage, spec: FaultSpec) -> None:
    """`agent` calls another `model` than before; its governance document still says the old one. No release is involved."""
    agent, model = stage.agent(spec), word(spec, "model", "claude-opus-4-1-20250805")
    if model not in stage.world.models:
        raise ValueError(f"fault {spec.kind}: no model named {model!r}")
    before = agent.model
    stage.between(spec, lambda: setattr(agent, "model", model), lambda: setattr(agent, "model", before))


def agent_loop(stage: Stage, spec: FaultSpec) -> None:
    """`agent` makes no progress in a `share` of its runs; with `partner` the two hand a task to each other up to `hops` times."""
    agent = stage.agent(spec)
    share, hops = number(spec, "share", 0.5), int(number(spec, "hops", 40))
    pair = [agent]
    if "partner" in spec.parameters:
        partner = stage.agent(spec, "partner")
        pair.append(partner)

    def begin() -> None:
        agent.loop_share = share
        for one, other in zip(pair, reversed(pair), strict=True):
            if one is not other:
                one.loop_partner, one.hops = other.name, hops

    def end() -> None:
        for one in pair:
            one.loop_share, one.loop_partner, one.hops = 0.0, "", None

    stage.between(spec, begin, end)


def retry_storm(stage: Stage, spec: FaultSpec) -> None:
    """`agent` retries up to `attempts` times with hardly a pause, while a `share` of its attempts fail on their own."""
    agent = stage.agent(spec)
    before = (agent.attempts, agent.backoff, agent.flaw)
    after = (int(number(spec, "attempts", 25)), number(spec, "backoff", 0.02), number(spec, "share", 0.9))

    def put(values: tuple[int, float, float]) -> None:
        agent.attempts, agent.backoff, agent.flaw = values

    stage.between(spec, lambda: put(after), lambda: put(before))


def saturation(stage: Stage, spec: FaultSpec) -> None:
    """A `share` of the runs of `agent` hold their slot for `seconds` longer: `max_concurrent_runs` is pegged and tasks wait."""
    agent = stage.agent(spec)
    share, seconds = number(spec, "share", 0.5), number(spec, "seconds", 900.0)

    def put(values: tuple[float, float]) -> None:
        agent.hang_share, agent.hang_seconds = values

    stage.between(spec, lambda: put((share, seconds)), lambda: put((0.0, 0.0)))
