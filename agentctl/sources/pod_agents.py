"""(namespace, pod) → agent, as the cluster knows it, for logs that come from somewhere else."""

from __future__ import annotations

import threading

from agentctl.model.errors import SourceError
from agentctl.sources.identity import Identity
from agentctl.sources.kubernetes_live import LiveClusters


class PodAgents:
    """Asked once, when the first stream needs a name; without a cluster (or its leave) nobody is known."""

    def __init__(self, clusters: LiveClusters | None, identity: Identity) -> None:
        self._clusters = clusters
        self._identity = identity
        self._lock = threading.Lock()
        self._known: dict[tuple[str, str], str] | None = None

    def __call__(self, namespace: str, pod: str) -> str | None:
        """The agent of a pod; None where the cluster does not know it."""
        with self._lock:
            if self._known is None:
                self._known = self._read()
            return self._known.get((namespace, pod))

    def _read(self) -> dict[tuple[str, str], str]:
        try:
            pods = self._clusters.pods() if self._clusters else ()
        except SourceError:
            return {}
        return {(pod.namespace, pod.name): self._identity.agent_of(pod) for pod in pods}
