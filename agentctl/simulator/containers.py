"""The kubelet: containers that start, exit, come back and back off."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from agentctl.simulator.clock import Clock, Process
from agentctl.simulator.fleet import MEBI, Fleet, Pod
from agentctl.simulator.ledger import Ledger
from agentctl.simulator.registry import Registry

BACKOFF = (10.0, 20.0, 40.0, 80.0, 160.0, 300.0)


@dataclass(slots=True)
class Containers:
    """Moves containers through their lives. `watch` is called with each new pod, so that it gets scraped and chatters."""

    clock: Clock
    fleet: Fleet
    ledger: Ledger
    rng: Random
    watch: Callable[[Pod], None]

    def banner(self, pod: Pod) -> None:
        """What an agent prints when it starts."""
        agent, now = pod.agent, self.clock.now
        fields = {"agent_name": agent.name}
        version = pod.replicaset.image.rpartition(":")[2]
        pod.log(now, "INFO", "enterprise-agent", f"starting {agent.name} version={version} model={agent.model}", fields)
        pod.log(
            now + 0.21,
            "INFO",
            "enterprise-agent",
            f"loaded {len(agent.policy.allowed_tools or ())} tools from governance document",
            fields,
        )
        pod.log(
            now + 0.64,
            "INFO",
            "uvicorn.error",
            f"Uvicorn running on http://0.0.0.0:8080 (Press CTRL+C to quit) [pid {self.rng.randint(1, 9)}]",
            {},
        )

    def stop(self, pod: Pod, code: int, reason: str) -> None:
        """The container ends: its runs, its queue and its counters are gone."""
        now = self.clock.now
        self._lose(pod)
        pod.last_exit = (code, reason, pod.started, now)
        pod.epoch += 1
        pod.running = pod.ready = False
        pod.unready_since = now
        pod.active = 0
        pod.queue.clear()

    def _lose(self, pod: Pod) -> None:
        for (name, labels), value in pod.registry.counters.items():
            if name == "agent_cost_total_usd_total":
                model = labels[1][1]
                self.ledger.unscraped[pod.agent.name, model] += value - pod.seen.get(model, 0.0)
        pod.seen = {}

    def boot(self, pod: Pod) -> None:
        """A new container of the pod starts, with a new process and empty counters."""
        now = self.clock.now
        pod.sinks["agent"].rotate()
        pod.restarts += 1
        pod.started = now
        pod.running = True
        pod.waiting = ""
        pod.registry = Registry(pod.agent.name, now, self.rng.uniform(140, 190) * MEBI)
        self.fleet.pod_event(
            pod, "Normal", "Pulled", f'Container image "{pod.replicaset.image}" already present on machine', now
        )
        self.fleet.pod_event(pod, "Normal", "Created", "Created container: agent", now)
        self.fleet.pod_event(pod, "Normal", "Started", "Started container agent", now)
        self.banner(pod)
        self.clock.start(self._readiness(pod), pod)

    def _readiness(self, pod: Pod) -> Process:
        yield self.rng.uniform(4, 9)
        pod.ready, pod.unready_since = True, None

    def restart(self, pod: Pod, code: int = 0, reason: str = "Completed", pause: float = 1.2) -> Process:
        """The container exits once and comes back."""
        self.stop(pod, code, reason)
        yield pause
        if pod.gone is None:
            self.boot(pod)

    def crash_loop(
        self, pod: Pod, alive: float, die: Callable[[Pod], tuple[int, str]], until: float = float("inf")
    ) -> Process:
        """Start, live `alive` seconds, die, wait as the kubelet does; `die` prints the last words and says exit code and reason."""
        attempt = 0
        while pod.gone is None and pod.deleted is None:
            code, reason = die(pod)
            self.stop(pod, code, reason)
            pause = BACKOFF[min(attempt, len(BACKOFF) - 1)]
            attempt += 1
            if attempt > 1:
                pod.waiting = "CrashLoopBackOff"
                length = f"{int(pause // 60)}m{int(pause % 60)}s" if pause >= 60 else f"{pause:.0f}s"
                which = f"pod={pod.name}_{self.fleet.namespace}({pod.uid})"
                pod.waiting_message = f"back-off {length} restarting failed container=agent {which}"
                self.fleet.pod_event(
                    pod,
                    "Warning",
                    "BackOff",
                    f"Back-off restarting failed container agent in pod {pod.name}_{self.fleet.namespace}({pod.uid})",
                    self.clock.now,
                )
            yield pause if attempt > 1 else 1.0
            if pod.gone is not None:
                return
            self.boot(pod)
            if self.clock.now >= until:
                return
            yield alive * self.rng.uniform(0.8, 1.3)
