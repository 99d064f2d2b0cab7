"""The Kubernetes objects of a bundle, read once each and only when somebody asks."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from agentctl.model.cluster import Event, Node, Pod, Workload
from agentctl.model.errors import SourceError
from agentctl.sources import kube_objects
from agentctl.sources.bundle_folder import Folder
from agentctl.sources.bundle_manifest import read_json
from agentctl.sources.kubernetes_scope import Scope
from agentctl.sources.selectors import matches


class BundleCluster:
    """kubernetes/*.json of a bundle. A file that is not there raises SourceError(code="missing")."""

    def __init__(self, folder: Folder, scope: Scope | None = None) -> None:
        self._folder = folder
        self._scope = scope or Scope(namespaces=None, selector="")

    def pods(self) -> Sequence[Pod]:
        """The pods, their ReplicaSets resolved to Deployments."""
        return [pod for pod in self._pods if self._within(pod.namespace) and matches(self._scope.selector, pod.labels)]

    def all_pods(self) -> Sequence[Pod]:
        """The pods that are in the file, whatever the recording was narrowed to."""
        return self._pods

    def events(self) -> Sequence[Event]:
        """The events."""
        found = (kube_objects.event(item) for item in self._items("events"))
        return [event for event in found if event.kind == "Node" or self._within(event.namespace)]

    def deployments(self) -> Sequence[Workload]:
        """The Deployments (and StatefulSets, where the list holds them)."""
        found = (kube_objects.workload(item, "Deployment") for item in self._items("deployments"))
        return [one for one in found if self._within(one.namespace)]

    def replicasets(self) -> Sequence[Workload]:
        """The ReplicaSets, the ones scaled to zero too."""
        return [one for one in self._replicasets if self._within(one.namespace)]

    def nodes(self) -> Sequence[Node]:
        """The nodes."""
        return [kube_objects.node(item) for item in self._items("nodes")]

    def _within(self, namespace: str) -> bool:
        return self._scope.namespaces is None or namespace in self._scope.namespaces

    @cached_property
    def _pods(self) -> list[Pod]:
        try:
            owners = kube_objects.owners_of(self._replicasets)
        except SourceError:
            owners = {}
        return [kube_objects.pod(item, owners) for item in self._items("pods")]

    @cached_property
    def _replicasets(self) -> list[Workload]:
        return [kube_objects.workload(item, "ReplicaSet") for item in self._items("replicasets")]

    def _items(self, name: str) -> list[kube_objects.Json]:
        path = self._folder.file("kubernetes", f"{name}.json")
        if path is None:
            raise SourceError(
                "missing", f"the bundle has no kubernetes/{name}.json", "record it with `agentctl bundle create`"
            )
        document = read_json(path, f"kubernetes/{name}.json")
        if not isinstance(document, dict | list):
            raise SourceError("bad-answer", f"kubernetes/{name}.json: holds no list of objects")
        return kube_objects.items(document)
