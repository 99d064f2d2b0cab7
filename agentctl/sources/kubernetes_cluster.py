"""The Kubernetes objects of a live cluster, each list asked for once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from typing import Any, TypeVar

from agentctl.model.cluster import Event, Node, Pod, Workload
from agentctl.model.errors import ErrorNote, SourceError
from agentctl.sources import kube_objects
from agentctl.sources.kubernetes_answers import Need
from agentctl.sources.kubernetes_api import KubeApi
from agentctl.sources.kubernetes_scope import Scope
from agentctl.sources.selectors import matches

T = TypeVar("T")
Raw = list[kube_objects.Json]
_APPS = "/apis/apps/v1"


class KubernetesCluster:
    """A ClusterSource over one cluster. What one namespace refuses is noted in `notes`; the others stand.

    Deployments and ReplicaSets are those that own the agents' pods or whose own pods the selector would find.
    """

    def __init__(self, api: KubeApi, scope: Scope, notes: MutableMapping[str, ErrorNote]) -> None:
        self.api = api
        self.scope = scope
        self._notes = notes
        self._guard = threading.Lock()
        self._locks: dict[str, threading.Lock] = {}
        self._once: dict[str, Any] = {}

    def pods(self) -> Sequence[Pod]:
        """The agents' pods, their ReplicaSets resolved to Deployments where those may be read."""
        return self._keep("pods", self._read_pods)

    def events(self) -> Sequence[Event]:
        """The events of the namespaces, of pods that are gone too."""
        return [kube_objects.event(item) for item in self.raw("events")]

    def deployments(self) -> Sequence[Workload]:
        """The Deployments of the agents."""
        return [kube_objects.workload(item, "Deployment") for item in self.raw("deployments")]

    def replicasets(self) -> Sequence[Workload]:
        """The ReplicaSets of the agents, the earlier ones too."""
        return [kube_objects.workload(item, "ReplicaSet") for item in self.raw("replicasets")]

    def nodes(self) -> Sequence[Node]:
        """All nodes."""
        return [kube_objects.node(item) for item in self.raw("nodes")]

    def raw(self, name: str) -> Raw:
        """The objects as the API prints them, for `pods`, `events`, `deployments`, `replicasets` or `nodes`."""
        readers: Mapping[str, Callable[[], Raw]] = {
            "pods": lambda: self._list("pods", params=self.scope.pod_params()),
            "events": lambda: self._list("events") + self._node_events(),
            "deployments": lambda: self._of_agents(self._list("deployments", _APPS, "apps"), "Deployment"),
            "replicasets": lambda: self._of_agents(self._list("replicasets", _APPS, "apps"), "ReplicaSet"),
            "nodes": lambda: list(self.api.items("/api/v1/nodes", Need("list", "nodes"))),
        }
        return self._keep(f"raw {name}", readers[name])

    def _read_pods(self) -> list[Pod]:
        items = self.raw("pods")
        try:
            owners = kube_objects.owners_of(kube_objects.workload(i, "ReplicaSet") for i in self._all_replicasets())
        except SourceError:
            owners = {}
        return [kube_objects.pod(item, owners) for item in items]

    def _node_events(self) -> Raw:
        """The events of nodes, which stand in the namespace `default`; none where we may not read them."""
        if self.scope.namespaces is None or "default" in self.scope.namespaces:
            return []
        need = Need("list", "events", "default")
        try:
            return list(
                self.api.items("/api/v1/namespaces/default/events", need, {"fieldSelector": "involvedObject.kind=Node"})
            )
        except SourceError:
            return []

    def _all_replicasets(self) -> Raw:
        return self._keep("all replicasets", lambda: self._list("replicasets", _APPS, "apps"))

    def _of_agents(self, items: Raw, kind: str) -> Raw:
        if not self.scope.selector:
            return items
        try:
            pods = self.pods()
        except SourceError:
            pods = ()
        owners = {(p.namespace, *p.owner) for p in pods if p.owner}
        owners |= {(p.namespace, "ReplicaSet", p.replicaset) for p in pods if p.replicaset}
        return [item for item in items if self._is_agents(kube_objects.workload(item, kind), owners)]

    def _is_agents(self, one: Workload, owners: set[tuple[str, str, str]]) -> bool:
        by_pod = (one.namespace, one.kind, one.name) in owners or (one.owner and (one.namespace, *one.owner) in owners)
        return bool(by_pod) or matches(self.scope.selector, one.labels)

    def _list(
        self, resource: str, api: str = "/api/v1", group: str = "", params: Mapping[str, str] | None = None
    ) -> Raw:
        found: Raw = []
        errors: list[SourceError] = []
        lists = list(self.scope.lists(resource, api, group))
        for path, need in lists:
            try:
                found += self.api.items(path, need, params)
            except SourceError as error:
                errors.append(error)
        if len(errors) == len(lists):
            raise errors[0]
        if errors:
            self._notes["kubernetes"] = errors[0].note()
        return found

    def _keep(self, key: str, read: Callable[[], T]) -> T:
        """The answer to a question, asked once; a failure is kept too, so that nobody waits for it twice.

        Each question has its own lock: one list that hangs holds up nobody who asks for another.
        """
        with self._guard:
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:
            if key not in self._once:
                try:
                    self._once[key] = read()
                except SourceError as error:
                    self._once[key] = error
            kept = self._once[key]
        if isinstance(kept, SourceError):
            raise kept
        answer: T = kept
        return answer
