"""The faults of a scenario, each a function from its parameters to what it changes; the list is explicit."""

from __future__ import annotations

from collections.abc import Callable

from agentctl.simulator.faults import behaviour, cluster, governance, outside
from agentctl.simulator.scenario import FaultSpec
from agentctl.simulator.stage import Stage

Fault = Callable[[Stage, FaultSpec], None]

FAULTS: dict[str, Fault] = {
    "tool-down": outside.tool_down,
    "tool-slow": outside.tool_slow,
    "provider-rate-limit": outside.provider_rate_limit,
    "provider-down": outside.provider_down,
    "quota-spent": outside.quota_spent,
    "key-rejected": outside.key_rejected,
    "traffic-surge": behaviour.traffic_surge,
    "prompt-growth": behaviour.prompt_growth,
    "model-swap": behaviour.model_swap,
    "agent-loop": behaviour.agent_loop,
    "retry-storm": behaviour.retry_storm,
    "saturation": behaviour.saturation,
    "policy-denials": governance.policy_denials,
    "unlisted-tool": governance.unlisted_tool,
    "limit-reached": governance.limit_reached,
    "rollout": cluster.rollout,
    "crash-loop": cluster.crash_loop,
    "memory-leak": cluster.memory_leak,
    "node-lost": cluster.node_lost,
    "restart": cluster.restart,
    "scrape-gone": cluster.scrape_gone,
    "scale": cluster.scale,
    "drain": cluster.drain,
}


def apply(stage: Stage, spec: FaultSpec) -> None:
    """Lay a fault on the stage. Raises ValueError for an unknown kind or a parameter that fits nothing."""
    if spec.kind not in FAULTS:
        raise ValueError(f"unknown fault {spec.kind!r}: one of {', '.join(sorted(FAULTS))}")
    FAULTS[spec.kind](stage, spec)
