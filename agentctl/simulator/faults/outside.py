"""Faults of what the agents depend on: tools and model providers."""

from __future__ import annotations

from agentctl.simulator.llm_failures import HOSTS
from agentctl.simulator.scenario import FaultSpec
from agentctl.simulator.stage import Stage, number, word
from agentctl.simulator.tool_failures import MODES
from agentctl.simulator.world import Trouble


def tool_down(stage: Stage, spec: FaultSpec) -> None:
    """`tool`, `mode` (refused, dns, 5xx, timeout, reset), `share` of the calls, `agents` and the share of their `pods` that are hit."""
    mode = word(spec, "mode", "refused")
    if mode not in MODES:
        raise ValueError(f"fault {spec.kind}: mode {mode!r} is none of {', '.join(MODES)}")
    _tool(stage, spec, Trouble(stage.span(spec), mode, number(spec, "share", 1.0), 1.0, stage.pods(spec)))


def tool_slow(stage: Stage, spec: FaultSpec) -> None:
    """`tool`, `factor` times as slow; calls of more than ten seconds time out."""
    _tool(stage, spec, Trouble(stage.span(spec), "", 0.0, number(spec, "factor", 15.0), stage.pods(spec)))


def _tool(stage: Stage, spec: FaultSpec, trouble: Trouble) -> None:
    tool = word(spec, "tool")
    if tool not in stage.world.tools:
        raise ValueError(f"fault {spec.kind}: no tool named {tool!r}")
    stage.world.tool_troubles.setdefault(tool, []).append(trouble)


def provider_rate_limit(stage: Stage, spec: FaultSpec) -> None:
    """`provider` answers 429 to a `share` of the calls."""
    _provider(stage, spec, "rate-limit", number(spec, "share", 0.85))


def provider_down(stage: Stage, spec: FaultSpec) -> None:
    """`provider` answers 5xx (or not at all: `mode` connection) to a `share` of the calls, the others are `factor` times as slow."""
    _provider(stage, spec, word(spec, "mode", "outage"), number(spec, "share", 0.9), number(spec, "factor", 2.0))


def quota_spent(stage: Stage, spec: FaultSpec) -> None:
    """The account with `provider` has no money left."""
    _provider(stage, spec, "quota", 1.0)


def key_rejected(stage: Stage, spec: FaultSpec) -> None:
    """The key for `provider` is refused; with `agents`, only theirs."""
    _provider(stage, spec, "auth", 1.0)


def _provider(stage: Stage, spec: FaultSpec, mode: str, share: float, factor: float = 1.0) -> None:
    provider = word(spec, "provider", "anthropic")
    if provider not in HOSTS:
        raise ValueError(f"fault {spec.kind}: provider {provider!r} is none of {', '.join(HOSTS)}")
    trouble = Trouble(stage.span(spec), mode, share, factor, stage.pods(spec))
    stage.world.provider_troubles.setdefault(provider, []).append(trouble)
