"""Can the agents reach their tools? From inside every pod (--allow-exec), through the API server, or from here."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator, MutableMapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from agentctl.model.cluster import Pod
from agentctl.model.errors import ErrorNote, SourceError
from agentctl.model.observations import ProbeResult
from agentctl.sources import kubernetes_exec
from agentctl.sources.fetcher import direct, is_refusal, service_of, through
from agentctl.sources.identity import Identity
from agentctl.sources.kubernetes_cluster import KubernetesCluster
from agentctl.sources.kubernetes_live import LiveClusters
from agentctl.sources.network_errors import transport_error
from agentctl.sources.probe_commands import MISSING, SECONDS, commands, kind_of
from agentctl.sources.probe_targets import Target, targets
from agentctl.sources.protocols import ConfigSource

_HTTP = ("http", "https")
_ASKED = {"redis": b"PING\r\n", "postgres": b"\x00\x00\x00\x08\x04\xd2\x16\x2f"}
_ANSWERS = {"redis": (b"+", b"-NOAUTH"), "postgres": (b"S", b"N")}


class Probes:
    """A ProbeSource over the tools of the governance documents. A tool that cannot be asked from here is noted under `probes`."""

    def __init__(
        self,
        config: ConfigSource,
        clusters: LiveClusters | None,
        identity: Identity,
        notes: MutableMapping[str, ErrorNote],
        *,
        allow_exec: bool = False,
        at_once: int = 16,
    ) -> None:
        self._config = config
        self._clusters = clusters
        self._identity = identity
        self._notes = notes
        self._allow_exec = allow_exec
        self._at_once = at_once

    def probes(self) -> Sequence[ProbeResult]:
        """A result a tool and pod (exec), or a tool. Raises SourceError where the pods are needed and cannot be listed."""
        jobs = [job for target in targets(self._config.documents()) for job in self._jobs(target)]
        with ThreadPoolExecutor(self._at_once, thread_name_prefix="probe") as pool:
            return [result for result in pool.map(lambda job: job(), jobs) if result is not None]

    def _jobs(self, target: Target) -> Iterator[Callable[[], ProbeResult | None]]:
        if self._allow_exec and self._clusters is not None:
            for cluster in self._clusters.opened():
                for pod in self._pods_of(cluster, target):
                    yield lambda c=cluster, p=pod: self._inside(c, p, target)  # type: ignore[misc]
            return
        service = service_of(target.host)
        if service is None:
            yield lambda: _direct(target)
        elif self._clusters is not None and target.scheme in _HTTP:
            cluster = self._clusters.opened()[0]
            yield lambda: self._through(cluster, service, target)
        else:
            text = f"tool {target.tool}: {target.host}:{target.port} can be reached from inside the cluster only"
            self._notes["probes"] = ErrorNote("unsupported", text, "allow probes from inside the pods: --allow-exec")

    def _pods_of(self, cluster: KubernetesCluster, target: Target) -> list[Pod]:
        names = {_plain(agent) for agent in target.agents}
        running = [pod for pod in cluster.pods() if pod.phase == "Running" and not pod.deleted_at]
        return [pod for pod in running if _plain(self._identity.agent_of(pod)) in names]

    def _inside(self, cluster: KubernetesCluster, pod: Pod, target: Target) -> ProbeResult | None:
        container = next((c.name for c in pod.containers if not c.init and c.state == "running"), None)
        if container is None:
            return None
        agent = self._identity.agent_of(pod)
        for command in commands(target):
            started = time.monotonic()
            try:
                ran = kubernetes_exec.run(
                    cluster.api, pod.namespace, pod.name, container, command.words, SECONDS + cluster.api.timeout
                )
            except SourceError as error:
                self._notes["probes"] = error.note()
                return None
            if ran.code in MISSING:
                continue
            status, seconds = command.read(ran)
            spent = (time.monotonic() - started if seconds is None else seconds) * 1000
            ok = ran.code == 0 and _well(target, status)
            said = "" if ok else (ran.stderr or ran.stdout).decode("utf-8", "replace").strip().split("\n")[-1][:300]
            error_text = (
                ""
                if ok
                else said
                if status is None and said
                else f"HTTP {status}"
                if status
                else f"exit code {ran.code}"
            )
            return ProbeResult(
                target.tool, target.url, agent, pod.name, "exec", ok, status, spent, error_text, time.time()
            )
        text = f"{pod.namespace}/{pod.name} holds none of curl, python3, wget and nc to probe with"
        self._notes["probes"] = ErrorNote("unsupported", text, "probe from outside: leave out --allow-exec")
        return None

    def _through(self, cluster: KubernetesCluster, service: tuple[str, str], target: Target) -> ProbeResult | None:
        started = time.monotonic()
        try:
            status, body = through(cluster, service, target.url)
        except SourceError as error:
            if is_refusal(error):
                self._notes["probes"] = error.note()
                return None
            return ProbeResult(target.tool, target.url, "", "", "proxy", False, None, None, error.message, time.time())
        spent = (time.monotonic() - started) * 1000
        ok = _well(target, status)
        said = "" if ok else f"HTTP {status}: {body}" if body else f"HTTP {status}"
        return ProbeResult(target.tool, target.url, "", "", "proxy", ok, status, spent, said, time.time())


def _direct(target: Target) -> ProbeResult:
    """From the machine that agentctl runs on."""
    started = time.monotonic()
    status: int | None = None
    said = ""
    try:
        if target.scheme in _HTTP:
            status, _ = direct(target.url, SECONDS)
            said = "" if _well(target, status) else f"HTTP {status}"
        else:
            said = _tcp(target)
    except (OSError, ValueError) as error:
        said = transport_error(error, f"{target.host}:{target.port}", "").message
    except SourceError as error:
        said = error.message
    spent = (time.monotonic() - started) * 1000
    return ProbeResult(target.tool, target.url, "", "", "direct", not said, status, spent, said, time.time())


def _tcp(target: Target) -> str:
    """ "" where the server answers as its kind does, else what is wrong."""
    kind = kind_of(target)
    with socket.create_connection((target.host, target.port), SECONDS) as line:
        if kind not in _ASKED:
            return ""
        line.settimeout(SECONDS)
        line.sendall(_ASKED[kind])
        return "" if line.recv(64).startswith(_ANSWERS[kind]) else f"it is no {kind} server"


def _well(target: Target, status: int | None) -> bool:
    """A health address must say yes; of a bare endpoint any answer but a server's own failure shows that it is reachable."""
    if status is None:
        return True
    path = urlsplit(target.url).path.strip("/")
    return 200 <= status < 400 if "health" in path or "ready" in path or "live" in path else status < 500


def _plain(name: str) -> str:
    return name.replace("_", "-").lower()
