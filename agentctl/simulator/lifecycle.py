"""The controllers: pods that come and go, and rollouts."""

from __future__ import annotations

from dataclasses import dataclass

from agentctl.simulator.build import new_pod
from agentctl.simulator.clock import Process
from agentctl.simulator.containers import BACKOFF, Containers
from agentctl.simulator.fleet import MEBI, Agent, Pod, ReplicaSet
from agentctl.simulator.registry import Registry


@dataclass(slots=True)
class Lifecycle(Containers):
    """Makes and removes pods as ReplicaSets and Deployments do."""

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
        if pod.replicaset.missing_image:
            yield from self._cannot_pull(pod)
            return
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

    def _cannot_pull(self, pod: Pod) -> Process:
        """The registry has no such image: the kubelet tries again and again, with longer and longer pauses."""
        image, attempt = pod.replicaset.image, 0
        why = f'failed to pull and unpack image "{image}": failed to resolve reference "{image}": {image}: not found'
        said = f'Failed to pull image "{image}": rpc error: code = NotFound desc = {why}'
        while pod.gone is None and pod.deleted is None:
            yield 1.5
            self.fleet.pod_event(pod, "Warning", "Failed", said, self.clock.now)
            self.fleet.pod_event(pod, "Warning", "Failed", "Error: ErrImagePull", self.clock.now)
            pod.waiting, pod.waiting_message = (
                "ImagePullBackOff",
                f'Back-off pulling image "{image}": ErrImagePull: {said}',
            )
            self.fleet.pod_event(pod, "Normal", "BackOff", f'Back-off pulling image "{image}"', self.clock.now)
            self.fleet.pod_event(pod, "Warning", "Failed", "Error: ImagePullBackOff", self.clock.now)
            yield BACKOFF[min(attempt, len(BACKOFF) - 1)]
            attempt += 1
            self.fleet.pod_event(pod, "Normal", "Pulling", f'Pulling image "{image}"', self.clock.now)

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
