"""Faults of the cluster: nodes that go, targets that nobody scrapes; and what is ordinary there: restarts, scaling, upgrades."""

from __future__ import annotations

from agentctl.simulator.clock import Process
from agentctl.simulator.scenario import FaultSpec
from agentctl.simulator.stage import Stage, number

TOLERATION = 300.0


def node_lost(stage: Stage, spec: FaultSpec) -> None:
    """A `node` (the one with most pods where none is named) goes silent; 40 s later it is NotReady, 5 min later its pods are replaced."""
    stage.clock.start(_lose_node(stage, spec), None, spec.at)


def _lose_node(stage: Stage, spec: FaultSpec) -> Process:
    fleet, clock = stage.fleet, stage.clock
    pods = [pod for agent in fleet.agents.values() for pod in agent.pods]
    name = str(
        spec.parameters.get("node") or max(fleet.nodes, key=lambda n: (sum(p.node is n for p in pods), n.name)).name
    )
    node = next((n for n in fleet.nodes if n.name == name), None)
    if node is None:
        raise ValueError(f"fault {spec.kind}: no node named {name!r}")
    node.lost_at = clock.now
    hit = [pod for pod in pods if pod.node is node]
    for pod in hit:
        pod.reachable = False
        pod.epoch += 1
    yield 40.0
    fleet.event(
        "Node",
        name,
        name,
        "Normal",
        "NodeNotReady",
        f"Node {name} status is now: NodeNotReady",
        clock.now,
        "node-controller",
    )
    for pod in hit:
        pod.ready, pod.unready_since = False, clock.now
        fleet.pod_event(pod, "Warning", "NodeNotReady", "Node is not ready", clock.now, "node-controller")
    yield TOLERATION
    for pod in hit:
        fleet.pod_event(
            pod,
            "Normal",
            "TaintManagerEviction",
            f"Marking for deletion Pod {fleet.namespace}/{pod.name}",
            clock.now,
            "taint-eviction-controller",
        )
        pod.deleted = clock.now
        stage.lifecycle.create(pod.agent, pod.replicaset)


def restart(stage: Stage, spec: FaultSpec) -> None:
    """One clean restart of one container of `agent`: nothing is wrong."""
    agent = stage.agent(spec)
    stage.between(spec, lambda: stage.clock.start(stage.lifecycle.restart(agent.pods[0])))


def scrape_gone(stage: Stage, spec: FaultSpec) -> None:
    """Prometheus gets nothing of `agent` any more though it works: its target fell out of discovery, or with `mode: refused` it does
    not answer any more (`up` 0)."""
    agent = stage.agent(spec)
    field = "answers" if spec.parameters.get("mode") == "refused" else "scraped"

    def put(on: bool) -> None:
        for pod in agent.pods:
            setattr(pod, field, on)

    stage.between(spec, lambda: put(False), lambda: put(True))


def scale(stage: Stage, spec: FaultSpec) -> None:
    """An autoscaler gives `agent` as many pods as `replicas` says: nothing is wrong, but counters are born."""
    agent = stage.agent(spec)
    replicas = int(number(spec, "replicas", len(agent.pods) + 1))

    def begin() -> None:
        revision, before = agent.replicasets[-1], agent.replicas
        agent.replicas = revision.desired = replicas
        message = f"Scaled up replica set {revision.name} from {before} to {replicas}"
        stage.fleet.event(
            "Deployment",
            agent.deployment,
            agent.uid,
            "Normal",
            "ScalingReplicaSet",
            message,
            stage.clock.now,
            "deployment-controller",
        )
        for _ in range(replicas - before):
            stage.lifecycle.create(agent, revision)

    stage.between(spec, begin)


def drain(stage: Stage, spec: FaultSpec) -> None:
    """A `node` is drained for an upgrade: its pods move one by one, and it comes back. Nothing is wrong."""
    stage.clock.start(_drain(stage, spec), None, spec.at)


def _drain(stage: Stage, spec: FaultSpec) -> Process:
    fleet, clock = stage.fleet, stage.clock
    node = next((n for n in fleet.nodes if n.name == spec.parameters.get("node")), None)
    if node is None:
        raise ValueError(f"fault {spec.kind}: no node named {spec.parameters.get('node')!r}")
    node.cordoned = True
    fleet.event(
        "Node",
        node.name,
        node.name,
        "Normal",
        "NodeNotSchedulable",
        f"Node {node.name} status is now: NodeNotSchedulable",
        clock.now,
        "kubelet",
        node.name,
    )
    for pod in [pod for agent in fleet.agents.values() for pod in agent.pods if pod.node is node]:
        fresh = stage.lifecycle.create(pod.agent, pod.replicaset)
        while not fresh.ready:
            yield 1.0
        stage.lifecycle.delete(pod)
        yield 15.0
    yield 240.0
    node.cordoned = False
    fleet.event(
        "Node",
        node.name,
        node.name,
        "Normal",
        "Rebooted",
        f"Node {node.name} has been rebooted, boot id: 5b0e7ff1-2d4c-4ad2-9b5e-6f3d2b8c7a11",
        clock.now,
        "kubelet",
        node.name,
    )
    fleet.event(
        "Node",
        node.name,
        node.name,
        "Normal",
        "NodeSchedulable",
        f"Node {node.name} status is now: NodeSchedulable",
        clock.now,
        "kubelet",
        node.name,
    )
