"""Builds the fleet at the window's start from a scenario."""

from __future__ import annotations

import copy
import uuid
from collections.abc import Mapping
from random import Random
from typing import Any

from agentctl.governance.read import policy_of
from agentctl.simulator.fleet import MEBI, Agent, Fleet, Node, Pod, ReplicaSet, Sink, suffix
from agentctl.simulator.load import catalogue
from agentctl.simulator.logformat import FORMATS
from agentctl.simulator.registry import Registry
from agentctl.simulator.sayings import DIALECTS
from agentctl.simulator.scenario import AgentSpec, Scenario

DAY = 86400.0
REGISTRY_HOST = "registry.example.com"


def new_uid(rng: Random) -> str:
    """A version 4 UUID from the scenario's random numbers."""
    return str(uuid.UUID(int=rng.getrandbits(128), version=4))


def build_fleet(scenario: Scenario, seed: int) -> Fleet:
    """Agents with their Deployments, ReplicaSets and pods on nodes, as they have stood for days."""
    rng = Random(f"{seed}/fleet")
    count = max(1, scenario.nodes)
    nodes = [
        Node(f"node-{suffix(rng, 4)}-{i}" if count > 20 else f"worker-{i + 1}", f"10.0.{i // 200}.{10 + i % 200}")
        for i in range(count)
    ]
    fleet = Fleet(scenario.namespace, scenario.identity, {}, nodes)
    for spec in (*scenario.agents, *_filled(scenario, rng)):
        agent = _agent(spec, scenario, seed)
        if agent.name in fleet.agents:
            raise ValueError(f"two agents are named {agent.name!r}")
        fleet.agents[agent.name] = agent
        _deploy(agent, fleet, scenario, rng)
    for agent in fleet.agents.values():
        for target in agent.handoffs:
            if target not in fleet.agents:
                raise ValueError(f"{agent.name} hands over to {target!r}, which is no agent of the fleet")
    return fleet


def _filled(scenario: Scenario, rng: Random) -> list[AgentSpec]:
    """`fleet.fill` further agents of mixed profiles with names of their own."""
    names = catalogue("words")["names"]
    profiles = [p for p in catalogue("profiles") if p != "router"]
    taken = {spec.name for spec in scenario.agents}
    found: list[AgentSpec] = []
    number = 0
    while len(found) < scenario.fill:
        base = names[number % len(names)]
        turn = number // len(names)
        name = f"{base}-agent" if not turn else f"{base}-agent-{turn + 1}"
        number += 1
        if name not in taken:
            profile = rng.choice(profiles)
            rate = catalogue("profiles")[profile]["tasks_per_hour"] * rng.uniform(0.5, 1.2)
            found.append(
                AgentSpec(name, profile, tasks_per_hour=round(rate, 1), replicas=rng.choice((1, 1, 1, 2, 2, 3)))
            )
    return found


def _merge(base: dict[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    for key, value in changes.items():
        base[key] = (
            _merge(base[key], value) if isinstance(value, Mapping) and isinstance(base.get(key), dict) else value
        )
    return base


def _agent(spec: AgentSpec, scenario: Scenario, seed: int) -> Agent:
    rng = Random(f"{seed}/agent/{spec.name}")
    profile = catalogue("profiles")[spec.profile]
    document = copy.deepcopy(profile["document"])
    document["agent"]["name"] = spec.name
    if spec.model:
        document["agent"]["model"] = spec.model
    _merge(document["agent"], spec.governance)
    format_name = spec.log_format or scenario.log_format
    if format_name == "varied":
        format_name = rng.choice(tuple(FORMATS))
    policy = policy_of(document)
    weights = dict(spec.tools) if spec.tools is not None else dict(profile["tools"])
    unknown = sorted(set(weights) - set(catalogue("tools")) - set(scenario.tools))
    if unknown:
        raise ValueError(f"{spec.name}: no tool named {unknown[0]!r} in the catalogue or the scenario")
    if document["agent"]["model"] not in catalogue("models"):
        raise ValueError(f"{spec.name}: no model named {document['agent']['model']!r} in the catalogue")
    return Agent(
        spec, spec.name, profile, document, policy, rng, FORMATS[format_name], format_name, spec.name.replace("_", "-"),
        scenario.start - rng.uniform(20, 200) * DAY, document["agent"]["model"],
        spec.tasks_per_hour if spec.tasks_per_hour is not None else profile["tasks_per_hour"],
        weights, rng.randrange(DIALECTS), spec.handoffs, attempts=policy.max_retries or 3,
    )  # fmt: skip


def _deploy(agent: Agent, fleet: Fleet, scenario: Scenario, rng: Random) -> None:
    agent.replicas = agent.spec.replicas or agent.profile["replicas"]
    agent.uid = new_uid(rng)
    minor = rng.randint(3, 30)
    age = scenario.start - (
        rng.uniform(2.2, 12) * DAY + scenario.history if scenario.history else rng.uniform(100, 400)
    )
    for step in (1, 0):
        image = f"{REGISTRY_HOST}/agents/{agent.deployment}:1.{minor - step}.{rng.randint(0, 4)}"
        revision = ReplicaSet(
            "", "", minor - step, image, age - step * rng.uniform(2, 9) * DAY, environment(agent), uid=new_uid(rng)
        )
        revision.hash = suffix(rng, 10)
        revision.name = f"{agent.deployment}-{revision.hash}"
        agent.replicasets.append(revision)
    agent.replicasets[-1].desired = agent.replicas
    for _ in range(agent.replicas):
        new_pod(agent, fleet, agent.replicasets[-1], rng, age + rng.uniform(3, 90))


def environment(agent: Agent) -> dict[str, str]:
    """The container's plain environment; keys come from a Secret and are in no object."""
    return {
        "AGENT_NAME": agent.name,
        "AGENT_MODEL": agent.model,
        "LOG_LEVEL": "INFO",
        "MAX_RETRIES": str(agent.policy.max_retries or 3),
    }


def new_pod(agent: Agent, fleet: Fleet, revision: ReplicaSet, rng: Random, created: float) -> Pod:
    """A running pod of a revision on the least filled healthy node."""
    healthy = [node for node in fleet.nodes if node.lost_at is None and not node.cordoned] or fleet.nodes
    used = {node.name: 0 for node in fleet.nodes}
    for other in fleet.agents.values():
        for pod in other.pods:
            used[pod.node.name] += 1
    for pod in agent.pods:
        used[pod.node.name] += 1
    low = min(used[node.name] for node in healthy)
    node = rng.choice([node for node in healthy if used[node.name] <= low])
    index = fleet.nodes.index(node)
    pod = Pod(
        f"{revision.name}-{suffix(rng, 5)}", new_uid(rng), agent, revision, node,
        f"10.{244 + index // 250}.{index % 250}.{rng.randint(2, 250)}",
        created, created + 2.5, Registry(agent.name, created + 2.5, rng.uniform(150, 260) * MEBI),
    )  # fmt: skip
    pod.sinks["agent"] = Sink()
    if agent.spec.sidecar:
        pod.sinks["otel-collector"] = Sink()
    agent.pods.append(pod)
    return pod
