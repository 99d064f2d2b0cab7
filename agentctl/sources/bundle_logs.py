"""The logs of a bundle: logs/NAMESPACE/POD/CONTAINER.log, `.previous.log` for the container before, each also as `.gz`."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from agentctl.model.records import Origin
from agentctl.sources.bundle_cluster import BundleCluster
from agentctl.sources.bundle_folder import Folder
from agentctl.sources.kubernetes_scope import Scope
from agentctl.sources.logfiles import FileStream
from agentctl.sources.protocols import LogQuery

_NAME = re.compile(r"(?P<container>.+?)(?P<previous>\.previous)?\.log(?:\.gz)?")
# (namespace, pod) → agent.
AgentOf = Callable[[str, str], str]


class BundleLogs:
    """Every log file of a bundle, each with the agent that its pod belongs to."""

    def __init__(
        self, folder: Folder, agent_of: AgentOf, scope: Scope | None = None, cluster: BundleCluster | None = None
    ) -> None:
        """`scope` narrows to namespaces, a container, or (through the pods of `cluster`) to a label selector."""
        self._folder = folder
        self._agent_of = agent_of
        self._scope = scope or Scope(namespaces=None, selector="")
        self._cluster = cluster

    def streams(self, query: LogQuery) -> Sequence[FileStream]:
        """The files in order of name; the window is left to the reader, which knows each record's time."""
        found = (self._stream(path, query) for path in self._folder.walk("logs"))
        wanted = self._wanted()
        return [s for s in found if s is not None and (wanted is None or (s.origin.namespace, s.origin.pod) in wanted)]

    def _wanted(self) -> set[tuple[str, str]] | None:
        """The (namespace, pod) that a selector chooses; None where there is no selector."""
        if not self._scope.selector or self._cluster is None:
            return None
        return {(pod.namespace, pod.name) for pod in self._cluster.pods()}

    def _stream(self, path: Path, query: LogQuery) -> FileStream | None:
        parts = path.relative_to(self._folder.root / "logs").parts
        match = _NAME.fullmatch(path.name)
        if len(parts) != 3 or match is None:
            return None
        namespace, pod, container = parts[0], parts[1], match["container"]
        if container != (query.container or self._scope.container or container):
            return None
        if self._scope.namespaces is not None and namespace not in self._scope.namespaces:
            return None
        origin = Origin(
            agent=self._agent_of(namespace, pod),
            namespace=namespace,
            pod=pod,
            container=container,
            previous=match["previous"] is not None,
            file="/".join(("logs", *parts)),
        )
        return FileStream(origin, path, query.tail)
