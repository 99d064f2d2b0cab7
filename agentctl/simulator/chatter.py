"""Lines that say nothing of importance, as every log is full of them."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random

from agentctl.simulator.clock import Clock, Process
from agentctl.simulator.fleet import MEBI, Pod


def chatter(pod: Pod, clock: Clock, rng: Random) -> Process:
    """The web server's access lines of dialect 2, a heart-beat line of the others now and then; and memory that breathes."""
    agent = pod.agent
    fields = {"agent_name": agent.name}
    yield rng.uniform(0, 30)
    while pod.gone is None:
        if pod.running:
            gauges, key = pod.registry.gauges, pod.registry.memory_key
            gauges[key] = max(120 * MEBI, gauges[key] * rng.uniform(0.996, 1.0045))
            if agent.dialect == 2:
                peer = f"{pod.node.ip}:{rng.randint(32768, 60999)}"
                path = rng.choice(("/healthz", "/readyz", "/metrics"))
                pod.log(clock.now, "INFO", "uvicorn.access", f'{peer} - "GET {path} HTTP/1.1" 200', {})
            elif rng.random() < 0.25:
                pod.log(clock.now, "INFO", "enterprise-agent", _remark(rng), fields)
        yield rng.uniform(20, 40)


def _remark(rng: Random) -> str:
    """Ordinary remarks; some hold a word that looks like trouble and is none."""
    return rng.choice(
        (
            f"memory store: {rng.randint(20, 900)} sessions cached, {rng.randint(0, 12)} evicted",
            f"prompt cache refreshed in {rng.randint(3, 90)} ms",
            f"self-check ok errors=0 warnings={rng.randint(0, 2)}",
            f"error budget for the month: {rng.uniform(96, 99.99):.2f}% left",
            "governance document unchanged",
            f"feature flags polled: {rng.randint(11, 14)} active",
        )
    )


def sidecar(pod: Pod, clock: Clock, rng: Random) -> Process:
    """The collector beside the agent reports what it passed on."""
    while pod.gone is None and pod.reachable:
        stamp = datetime.fromtimestamp(clock.now, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
        pod.sinks["otel-collector"].write(
            clock.now,
            f'{stamp}\tinfo\tTraces\t{{"resource spans": {rng.randint(1, 9)}, "spans": {rng.randint(5, 200)}}}',
        )
        yield rng.uniform(50, 70)
