"""The kubelet and the controllers: containers that start, exit and back off, pods that come and go, rollouts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from agentctl.simulator.build import new_pod
from agentctl.simulator.clock import Clock, Process
from agentctl.simulator.fleet import MEBI, Agent, Fleet, Pod, ReplicaSet
from agentctl.simulator.ledger import Ledger
from agentctl.simulator.registry import Registry

BACKOFF = (10.0, 20.0, 40.0, 80.0, 160.0, 300.0)


@dataclass(slots=True)
class Lifecycle:
    """Moves pods and containers through their lives. `watch` is called with each new pod, so that it gets scraped and chatters."""

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

    def create(self, agent: Agent, revision: ReplicaSet) -> Pod:
        """The ReplicaSet makes a pod; it serves a few seconds later."""
        now = self.clock.now
        pod = new_pod(agent, self.fleet, revision, self.rng, now)
        pod.ready = pod.running = False
        pod.unready_since = now
        event = self.fleet.event
        event(
            "ReplicaSet",
            revision.name,
            revision.uid,
            "Normal",
            "SuccessfulCreate",
            f"Created pod: {pod.name}",
            now,
            "replicaset-controller",
        )
        self.fleet.pod_event(
            pod,
            "Normal",
            "Scheduled",
            f"Successfully assigned {self.fleet.namespace}/{pod.name} to {pod.node.name}",
            now,
            "default-scheduler",
        )
        self.clock.start(self._first_start(pod), pod)
        return pod

    def _first_start(self, pod: Pod) -> Process:
        size = self.rng.randint(180, 320) * MEBI
        self.fleet.pod_event(pod, "Normal", "Pulling", f'Pulling image "{pod.replicaset.image}"', self.clock.now)
        pull = self.rng.uniform(1.2, 4.0)
        yield pull
        now = self.clock.now
        self.fleet.pod_event(
            pod,
            "Normal",
            "Pulled",
            f'Successfully pulled image "{pod.replicaset.image}" in {pull:.3f}s ({pull:.3f}s including waiting). Image size: {size} bytes.',
            now,
        )
        self.fleet.pod_event(pod, "Normal", "Created", "Created container: agent", now)
        self.fleet.pod_event(pod, "Normal", "Started", "Started container agent", now)
        pod.started, pod.running = now, True
        pod.registry = Registry(pod.agent.name, now, self.rng.uniform(140, 190) * MEBI)
        self.banner(pod)
        self.watch(pod)
        yield self.rng.uniform(4, 9)
        pod.ready, pod.unready_since = True, None

    def delete(self, pod: Pod, grace: float = 12.0) -> None:
        """The pod is asked to end; it finishes what it runs within its grace time."""
        now = self.clock.now
        pod.deleted = now
        self.fleet.pod_event(pod, "Normal", "Killing", "Stopping container agent", now)
        revision = pod.replicaset
        self.fleet.event(
            "ReplicaSet",
            revision.name,
            revision.uid,
            "Normal",
            "SuccessfulDelete",
            f"Deleted pod: {pod.name}",
            now,
            "replicaset-controller",
        )
        self.clock.start(self._vanish(pod, grace))

    def _vanish(self, pod: Pod, grace: float) -> Process:
        left = grace
        while left > 0 and pod.active:
            yield 1.0
            left -= 1.0
        self.remove(pod)

    def remove(self, pod: Pod) -> None:
        """The pod's object is gone."""
        if pod.gone is None:
            if pod.running:
                self.stop(pod, 0, "Completed")
            pod.gone = self.clock.now
            pod.agent.pods.remove(pod)
            self.fleet.removed.append(pod)

    def roll_out(self, agent: Agent, revision: ReplicaSet, pods: int, pause: float = 25.0) -> Process:
        """Replace `pods` of the agent's pods by pods of the revision, one at a time: a new one first, then an old one goes."""
        now = self.clock.now
        revision.created = now
        old = agent.replicasets[-1]
        agent.replicasets.append(revision)
        scaled = "Scaled {} replica set {} from {} to {}"
        for step in range(pods):
            event = self.fleet.event
            event(
                "Deployment",
                agent.deployment,
                agent.uid,
                "Normal",
                "ScalingReplicaSet",
                scaled.format("up", revision.name, step, step + 1),
                self.clock.now,
                "deployment-controller",
            )
            revision.desired += 1
            fresh = self.create(agent, revision)
            waited = 0.0
            while not fresh.ready and waited < 600.0:
                yield 2.0
                waited += 2.0
            if not fresh.ready:
                return
            victims = [pod for pod in agent.pods if pod.replicaset is old and pod.deleted is None]
            if victims:
                event(
                    "Deployment",
                    agent.deployment,
                    agent.uid,
                    "Normal",
                    "ScalingReplicaSet",
                    scaled.format("down", old.name, len(victims), len(victims) - 1),
                    self.clock.now,
                    "deployment-controller",
                )
                old.desired -= 1
                self.delete(victims[0])
            yield pause
