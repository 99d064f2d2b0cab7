"""The faults of a scenario, each a function from its parameters to what it changes; the list is explicit."""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from typing import NamedTuple

from agentctl.simulator.faults import behaviour, cluster, containers, governance, outside
from agentctl.simulator.scenario import FaultSpec
from agentctl.simulator.stage import Stage


class Fault(NamedTuple):
    """What a kind of fault does, and the names of the parameters that it reads; what they mean says the function."""

    apply: Callable[[Stage, FaultSpec], None]
    parameters: tuple[str, ...]


_WHO = ("agent", "agents", "pods")

FAULTS: dict[str, Fault] = {
    "tool-down": Fault(outside.tool_down, ("tool", "mode", "share", *_WHO)),
    "tool-slow": Fault(outside.tool_slow, ("tool", "factor", *_WHO)),
    "provider-rate-limit": Fault(outside.provider_rate_limit, ("provider", "share", *_WHO)),
    "provider-down": Fault(outside.provider_down, ("provider", "mode", "share", "factor", *_WHO)),
    "quota-spent": Fault(outside.quota_spent, ("provider", *_WHO)),
    "key-rejected": Fault(outside.key_rejected, ("provider", *_WHO)),
    "traffic-surge": Fault(behaviour.traffic_surge, ("factor", "agent", "agents")),
    "prompt-growth": Fault(behaviour.prompt_growth, ("agent", "factor")),
    "model-swap": Fault(behaviour.model_swap, ("agent", "model")),
    "agent-loop": Fault(behaviour.agent_loop, ("agent", "partner", "share", "hops")),
    "retry-storm": Fault(behaviour.retry_storm, ("agent", "attempts", "backoff", "share")),
    "saturation": Fault(behaviour.saturation, ("agent", "share", "seconds")),
    "policy-denials": Fault(governance.policy_denials, ("agent", "tool", "share")),
    "unlisted-tool": Fault(governance.unlisted_tool, ("agent", "tool", "share")),
    "limit-reached": Fault(governance.limit_reached, ("agent", "tool", "factor", "budget")),
    "rollout": Fault(containers.rollout, ("agent", "pods", "errors", "bug", "crash", "model")),
    "crash-loop": Fault(containers.crash_loop, ("agent", "pods", "crash", "alive")),
    "memory-leak": Fault(containers.memory_leak, ("agent", "pods", "mib_per_minute")),
    "node-lost": Fault(cluster.node_lost, ("node",)),
    "restart": Fault(cluster.restart, ("agent",)),
    "scrape-gone": Fault(cluster.scrape_gone, ("agent", "mode")),
    "scale": Fault(cluster.scale, ("agent", "replicas")),
    "drain": Fault(cluster.drain, ("node",)),
}


def apply(stage: Stage, spec: FaultSpec) -> None:
    """Lay a fault on the stage. Raises ValueError for an unknown kind, an unknown parameter, or one that fits nothing."""
    if spec.kind not in FAULTS:
        raise ValueError(f"unknown fault {spec.kind!r}: {_suggest(spec.kind, list(FAULTS))}")
    fault = FAULTS[spec.kind]
    for name in spec.parameters:
        if name not in fault.parameters:
            raise ValueError(f"fault {spec.kind} has no parameter {name!r}: {_suggest(name, list(fault.parameters))}")
    fault.apply(stage, spec)


def _suggest(word: str, known: list[str]) -> str:
    near = get_close_matches(word, known, 1)
    return f"did you mean {near[0]}?" if near else f"one of {', '.join(known)}"
