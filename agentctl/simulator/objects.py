"""Kubernetes objects of the fleet as `kubectl get -o json` prints them."""

from __future__ import annotations

from random import Random

from agentctl.simulator.fleet import Fleet
from agentctl.simulator.object_cluster import event_object, node_object
from agentctl.simulator.object_pods import pod_object
from agentctl.simulator.object_workloads import deployment_object, replicaset_object
from agentctl.simulator.object_writer import Object, Writer


def all_objects(fleet: Fleet, now: float, rng: Random) -> dict[str, Object]:
    """Every kind as of a moment, by its file's stem, each wrapped in the list that `kubectl get` prints."""
    writer, agents = Writer(fleet, now, rng), fleet.agents.values()
    events = sorted(fleet.events, key=lambda event: (event.last, event.name))
    return {
        "pods": _listed([pod_object(writer, pod) for agent in agents for pod in agent.pods]),
        "events": _listed([event_object(writer, event) for event in events]),
        "deployments": _listed([deployment_object(writer, agent) for agent in agents]),
        "replicasets": _listed(
            [replicaset_object(writer, agent, revision) for agent in agents for revision in agent.replicasets]
        ),
        "nodes": _listed([node_object(writer, node) for node in fleet.nodes]),
    }


def _listed(items: list[Object]) -> Object:
    return {"apiVersion": "v1", "items": items, "kind": "List", "metadata": {"resourceVersion": ""}}
