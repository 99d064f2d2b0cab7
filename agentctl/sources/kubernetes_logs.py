"""The logs of a live cluster: every container of every pod, the container before a restart too, streamed and never held."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC
from urllib.parse import quote

from agentctl.model.cluster import Container, Pod
from agentctl.model.errors import SourceError
from agentctl.model.records import Origin
from agentctl.sources.identity import Identity
from agentctl.sources.kubernetes_answers import Need
from agentctl.sources.kubernetes_api import KubeApi
from agentctl.sources.kubernetes_cluster import KubernetesCluster
from agentctl.sources.protocols import LogQuery

# One container may send this much; beyond it the rest is left out, and said to be.
LIMIT_BYTES = 512 * 1024 * 1024
# A stream may take this many times as long as one request.
STREAM_FACTOR = 3.0
_NOT_STARTED = ("is waiting to start", "ContainerCreating", "PodInitializing", "does not have a host assigned")
_NO_PREVIOUS = ("previous terminated container",)


class KubernetesLogs:
    """A LogSource over the pods of one cluster."""

    def __init__(self, cluster: KubernetesCluster, identity: Identity, limit_bytes: int = LIMIT_BYTES) -> None:
        self._cluster = cluster
        self._identity = identity
        self._limit = limit_bytes

    def streams(self, query: LogQuery) -> Sequence[KubernetesStream]:
        """One stream a container; two where it was restarted. Raises SourceError where the pods cannot be listed."""
        wanted = query.container or self._cluster.scope.container
        found: list[KubernetesStream] = []
        for pod in self._cluster.pods():
            agent = self._identity.agent_of(pod)
            for container in pod.containers:
                if wanted is None or container.name == wanted:
                    found += (
                        self._stream(pod, container, agent, query, before) for before in instances(container, query)
                    )
        return found

    def _stream(self, pod: Pod, container: Container, agent: str, query: LogQuery, previous: bool) -> KubernetesStream:
        origin = Origin(agent, pod.namespace, pod.name, container.name, previous, _file(pod, container, previous))
        return KubernetesStream(
            origin, self._cluster.api, _params(container, query, previous, self._limit), self._limit
        )


def instances(container: Container, query: LogQuery) -> Iterator[bool]:
    """Which runs of a container have logs: False = the one now, True = the one before.

    A container that waits to be restarted has no run of its own: the API would answer with the one before, twice. A run that
    ended before the window has nothing to say.
    """
    had_one_before = container.restarts > 0 or bool(container.last_reason) or container.last_exit_code is not None
    ended = container.last_finished_at
    if had_one_before and not (query.window and ended and ended < query.window.start.timestamp()):
        yield True
    if container.state in ("running", "terminated") or (container.state == "unknown" and not had_one_before):
        yield False


@dataclass(frozen=True, slots=True)
class KubernetesStream:
    """The log of one run of one container. Several may be read at once."""

    origin: Origin
    api: KubeApi
    params: dict[str, str]
    limit: int

    def chunks(self) -> Iterator[bytes]:
        """The bytes as they arrive; SourceError names the pod where they end too early, what came before stands."""
        o = self.origin
        where = f"{o.namespace}/{o.pod} ({o.container}{', previous' if o.previous else ''})"
        deadline = time.monotonic() + self.api.timeout * STREAM_FACTOR
        path = f"/api/v1/namespaces/{quote(o.namespace, safe='')}/pods/{quote(o.pod, safe='')}/log"
        size = 0
        try:
            for piece in self.api.stream(path, self.params, Need("get", "pods/log", o.namespace), deadline):
                size += len(piece)
                yield piece
        except SourceError as error:
            if _nothing_to_read(error, o.previous):
                return
            raise SourceError(error.code, f"{where}: {error.message}", error.hint) from error
        if size >= self.limit:
            raise SourceError(
                "truncated", f"{where}: only the first {self.limit >> 20} MiB were read", "ask for a shorter --since"
            )


def _params(container: Container, query: LogQuery, previous: bool, limit: int) -> dict[str, str]:
    params = {"container": container.name, "timestamps": "true", "limitBytes": str(limit)}
    if previous:
        params["previous"] = "true"
    if query.window:
        params["sinceTime"] = query.window.start.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if query.tail is not None:
        params["tailLines"] = str(query.tail)
    return params


def _file(pod: Pod, container: Container, previous: bool) -> str:
    """The name that this log has in a bundle, so that live and recorded answers read the same."""
    return f"logs/{pod.namespace}/{pod.name}/{container.name}{'.previous' if previous else ''}.log"


def _nothing_to_read(error: SourceError, previous: bool) -> bool:
    """A container that has not started, or whose run before is already cleared away, has no log: that is no failure."""
    words = (*_NOT_STARTED, *_NO_PREVIOUS) if previous else _NOT_STARTED
    return error.code in ("bad-answer", "not-found") and any(word in error.message for word in words)
