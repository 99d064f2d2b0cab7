"""What probes of the tools and look-ups of the quota say at one moment of the simulation."""

from __future__ import annotations

from random import Random
from typing import Any

from agentctl.model.duration import format_time, parse_time
from agentctl.simulator.fleet import Fleet, Pod
from agentctl.simulator.world import ToolSpec, World, latency, provider_of

_LIMITS = {
    "anthropic": (
        ("requests_per_minute", 1000),
        ("input_tokens_per_minute", 400_000),
        ("output_tokens_per_minute", 80_000),
    ),
    "openai": (("requests_per_minute", 5000), ("tokens_per_minute", 450_000)),
    "google": (("requests_per_minute", 360),),
}
_WORDS = {
    "refused": "connection refused",
    "dns": "no such host",
    "timeout": "timed out after 5s",
    "reset": "connection reset by peer",
}


def probes(fleet: Fleet, world: World, now: float, rng: Random) -> list[dict[str, Any]]:
    """One probe of each tool from each pod that may use it, at most three pods an agent."""
    found = []
    at = format_time(parse_time(str(now)))
    for agent in fleet.agents.values():
        for pod in [pod for pod in agent.pods if pod.running and pod.reachable][:3]:
            for name in (name for name in agent.weights if name in agent.policy.tools):
                spec = world.tools[name]
                found.append(
                    {
                        "tool": name,
                        "target": spec.endpoint,
                        "from": {"agent": agent.name, "pod": pod.name},
                        **_probe(spec, world, pod, now, rng),
                        "at": at,
                    }
                )
    return found


def _probe(spec: ToolSpec, world: World, pod: Pod, now: float, rng: Random) -> dict[str, Any]:
    factor, mode = 1.0, ""
    for trouble in world.tool_troubles.get(spec.name, ()):
        strength = trouble.span.intensity(now - 1)
        if strength and trouble.hits(pod):
            factor *= 1 + (trouble.factor - 1) * strength
            if trouble.mode and rng.random() < trouble.share * strength:
                mode = trouble.mode
    seconds = latency(spec.median * 0.3, 0.3, rng) * factor
    if not mode and seconds > 5:
        mode = "timeout"
    if not mode:
        return {
            "via": "exec",
            "ok": True,
            "status": 200 if "http" in spec.endpoint else 0,
            "latencyMs": round(seconds * 1000, 1),
            "error": "",
        }
    if mode == "5xx":
        return {
            "via": "exec",
            "ok": False,
            "status": 503,
            "latencyMs": round(seconds * 1000, 1),
            "error": "HTTP 503 Service Unavailable",
        }
    return {
        "via": "exec",
        "ok": False,
        "status": None,
        "latencyMs": 5000.0 if mode == "timeout" else round(seconds * 100, 1),
        "error": _WORDS[mode],
    }


def quota(fleet: Fleet, world: World, now: float, rng: Random) -> list[dict[str, Any]]:
    """The limits of each provider in use, and what was left of them in the last minute."""
    found = []
    at = format_time(parse_time(str(now)))
    for provider in sorted({provider_of(world, agent) for agent in fleet.agents.values()}):
        tight = any(
            t.mode in {"rate-limit", "quota"} and t.span.intensity(now - 1) > 0.5
            for t in world.provider_troubles.get(provider, ())
        )
        models = sorted({agent.model for agent in fleet.agents.values() if provider_of(world, agent) == provider})
        limits = [
            {
                "model": model,
                "type": kind,
                "limit": limit,
                "remaining": 0 if tight and kind != "requests_per_minute" else round(limit * rng.uniform(0.55, 0.95)),
                "reset": format_time(parse_time(str(now + 20))) if provider == "anthropic" else "12s",
            }
            for model in models
            for kind, limit in _LIMITS[provider]
        ]
        found.append({"provider": provider, "source": "headers", "at": at, "limits": limits})
    return found
