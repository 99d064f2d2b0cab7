"""The live clusters of a run: opened when somebody asks, one or (with several contexts) many seen as one."""

from __future__ import annotations

import threading
from collections.abc import Callable, MutableMapping, Sequence
from typing import TypeVar

from agentctl.model.cluster import Event, Node, Pod, Workload
from agentctl.model.errors import ErrorNote, SourceError
from agentctl.sources import kube_objects
from agentctl.sources.kubernetes_api import KubeApi
from agentctl.sources.kubernetes_cluster import KubernetesCluster
from agentctl.sources.kubernetes_config import load_access
from agentctl.sources.kubernetes_logs import KubernetesLogs, KubernetesStream
from agentctl.sources.protocols import LogQuery
from agentctl.sources.request import Request

T = TypeVar("T")


class LiveClusters:
    """A ClusterSource and a LogSource. A context that fails is noted while another answers; when all fail, the first one's error
    is raised, every time without asking again."""

    def __init__(self, request: Request, notes: MutableMapping[str, ErrorNote]) -> None:
        self._request = request
        self._notes = notes
        self._lock = threading.Lock()
        self._opened: list[KubernetesCluster | SourceError] | None = None

    def pods(self) -> Sequence[Pod]:
        """The agents' pods."""
        return self._gather(lambda cluster: cluster.pods())

    def events(self) -> Sequence[Event]:
        """The events."""
        return self._gather(lambda cluster: cluster.events())

    def deployments(self) -> Sequence[Workload]:
        """The agents' Deployments."""
        return self._gather(lambda cluster: cluster.deployments())

    def replicasets(self) -> Sequence[Workload]:
        """The agents' ReplicaSets."""
        return self._gather(lambda cluster: cluster.replicasets())

    def nodes(self) -> Sequence[Node]:
        """The nodes."""
        return self._gather(lambda cluster: cluster.nodes())

    def streams(self, query: LogQuery) -> Sequence[KubernetesStream]:
        """The logs of every container of every pod."""
        return self._gather(lambda cluster: KubernetesLogs(cluster, self._request.identity).streams(query))

    def raw(self, name: str) -> list[kube_objects.Json]:
        """The objects as the API prints them: `pods`, `events`, `deployments`, `replicasets` or `nodes`."""
        return self._gather(lambda cluster: cluster.raw(name))

    def run(self, pod: Pod, command: Sequence[str]) -> tuple[int, str]:
        """(exit code, output) of one command in the first running container of a pod. Raises SourceError.

        Whoever calls this has checked that the command only reads, and that the person allows it.
        """
        from agentctl.sources.kubernetes_exec import run

        container = next((c.name for c in pod.containers if not c.init and c.state == "running"), None)
        if container is None:
            raise SourceError(
                "not-found", f"{pod.namespace}/{pod.name}: no container runs", "look at it with kubectl describe"
            )
        home = next((c for c in self.opened() if any(p is pod or p == pod for p in c.pods())), self.opened()[0])
        ran = run(home.api, pod.namespace, pod.name, container, command, home.api.timeout)
        return ran.code, (ran.stdout + ran.stderr).decode("utf-8", "replace")

    def opened(self) -> Sequence[KubernetesCluster]:
        """The clusters that could be opened (nothing is asked of them yet). Raises SourceError where none could."""
        return self._gather(lambda cluster: [cluster])

    def _gather(self, ask: Callable[[KubernetesCluster], Sequence[T]]) -> list[T]:
        found: list[T] = []
        errors: list[SourceError] = []
        clusters = self._clusters()
        for cluster in clusters:
            try:
                if isinstance(cluster, SourceError):
                    raise cluster
                found += ask(cluster)
            except SourceError as error:
                errors.append(error)
        if len(errors) == len(clusters):
            raise errors[0]
        if errors:
            self._notes["kubernetes"] = errors[0].note()
        return found

    def _clusters(self) -> list[KubernetesCluster | SourceError]:
        with self._lock:
            if self._opened is None:
                self._opened = [self._open(context) for context in self._request.contexts or (None,)]
            return self._opened

    def _open(self, context: str | None) -> KubernetesCluster | SourceError:
        r = self._request
        try:
            access = load_access(r.kubeconfig, context, r.as_user, r.as_groups, r.environ, r.request_timeout)
        except SourceError as error:
            return error
        api = KubeApi(access, r.request_timeout, connections=r.max_log_requests + 4)
        return KubernetesCluster(api, r.scope, self._notes)
