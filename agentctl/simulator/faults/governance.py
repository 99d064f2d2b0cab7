"""Faults that the governance stops, or should have stopped."""

from __future__ import annotations

from agentctl.simulator.clock import Process
from agentctl.simulator.scenario import FaultSpec
from agentctl.simulator.stage import Stage, number, word


def policy_denials(stage: Stage, spec: FaultSpec) -> None:
    """`agent` wants, in a `share` of its calls, a `tool` that its governance refuses: BLOCKED, again and again."""
    agent, tool, share = stage.agent(spec), word(spec, "tool", "get_customer"), number(spec, "share", 0.6)
    _known(stage, spec, tool)
    stage.between(
        spec, lambda: setattr(agent, "denied_tool", (tool, share)), lambda: setattr(agent, "denied_tool", None)
    )


def unlisted_tool(stage: Stage, spec: FaultSpec) -> None:
    """`agent` really calls, in a `share` of its calls, a `tool` that is not in its allowlist: the check is bypassed."""
    agent, tool, share = stage.agent(spec), word(spec, "tool", "delete_customer"), number(spec, "share", 0.3)
    _known(stage, spec, tool)
    if tool in (agent.policy.allowed_tools or ()):
        raise ValueError(f"fault {spec.kind}: {tool} is in the allowlist of {agent.name}")
    stage.between(
        spec, lambda: setattr(agent, "forced_tool", (tool, share)), lambda: setattr(agent, "forced_tool", None)
    )


def limit_reached(stage: Stage, spec: FaultSpec) -> None:
    """`agent` wants `tool` so often (weight `factor` times) that the tool's rate limit is used up.

    With `budget: true` what the agent has spent today stands just below its daily budget at the onset instead.
    """
    agent = stage.agent(spec)
    if spec.parameters.get("budget"):
        stage.clock.start(_spend(stage, spec), None, spec.at)
        return
    tool, factor = word(spec, "tool"), number(spec, "factor", 20.0)
    if tool not in agent.weights:
        raise ValueError(f"fault {spec.kind}: {agent.name} does not use {tool!r}")
    before = agent.weights[tool]

    def put(weight: float) -> None:
        agent.weights[tool] = weight

    stage.between(spec, lambda: put(before * factor), lambda: put(before))


def _spend(stage: Stage, spec: FaultSpec) -> Process:
    agent = stage.agent(spec)
    budget = agent.policy.max_daily_spend_usd
    if budget is None:
        raise ValueError(f"fault {spec.kind}: {agent.name} has no daily budget")
    agent.day = int(stage.clock.now // 86400)
    agent.spent_today = int(budget * 1_000_000_000)
    yield 0.0


def _known(stage: Stage, spec: FaultSpec, tool: str) -> None:
    if tool not in stage.world.tools:
        raise ValueError(f"fault {spec.kind}: no tool named {tool!r}")
