"""A recorded incident as a source of everything, offline, with the clock of the recording."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

from agentctl.model.cluster import Pod, Workload
from agentctl.model.errors import InputError, SourceError
from agentctl.sources.bundle_answers import BundleConfig, BundleProbes, BundleQuota
from agentctl.sources.bundle_cluster import BundleCluster
from agentctl.sources.bundle_folder import Folder, open_folder
from agentctl.sources.bundle_logs import BundleLogs
from agentctl.sources.bundle_manifest import read_manifest
from agentctl.sources.bundle_metrics import FILE as METRICS_FILE
from agentctl.sources.bundle_metrics import BundleMetrics
from agentctl.sources.identity import Identity
from agentctl.sources.kubernetes_scope import Scope
from agentctl.sources.protocols import Sources
from agentctl.sources.spans import FILE as TRACES_FILE
from agentctl.sources.spans import BundleTraces

_POD_SUFFIX = re.compile(r"-[a-z0-9]{5}")


def open_bundle(path: str | Path, identity: Identity | None = None, scope: Scope | None = None) -> Sources:
    """Open a bundle: a folder or a tar file of it. `now` is the end of its window.

    What it lacks is None, so that its steps are skipped; what its manifest calls partial, or missing with an error, stands in
    `notes`. `scope` narrows pods, events, workloads and logs to namespaces, a label selector or a container (metrics and traces
    stay whole: their labels need not say either). Raises InputError where it is no bundle.
    """
    folder = open_folder(Path(path))
    manifest = read_manifest(folder.root, folder.shown)
    cluster = BundleCluster(folder, scope)
    agents = BundleAgents(cluster, identity or Identity())
    has = _present(folder)
    _check_namespaces(folder, cluster, scope)
    return Sources(
        target=manifest.target,
        now=manifest.window.end.timestamp(),
        window=manifest.window,
        logs=BundleLogs(folder, agents.agent_of, scope, cluster) if "logs" in has else None,
        cluster=cluster if "kubernetes" in has else None,
        metrics=BundleMetrics(folder) if "metrics" in has else None,
        traces=BundleTraces(folder) if "traces" in has else None,
        probes=BundleProbes(folder) if "probes" in has else None,
        quota=BundleQuota(folder) if "quota" in has else None,
        config=BundleConfig(folder) if "config" in has else None,
        notes=manifest.notes,
    )


def _check_namespaces(folder: Folder, cluster: BundleCluster, scope: Scope | None) -> None:
    """A namespace that is not in the recording is a slip of the hand, not a healthy fleet of nobody."""
    if scope is None or scope.namespaces is None:
        return
    places = (path.relative_to(folder.root).parts for path in folder.walk("logs"))
    found = {parts[1] for parts in places if len(parts) == 4}
    with suppress(SourceError):
        found |= {pod.namespace for pod in cluster.all_pods()}
    if found and not found & set(scope.namespaces):
        asked = ", ".join(scope.namespaces)
        raise InputError(
            "bundle", f"{folder.shown}: namespace {asked} is not in it", f"it has: {', '.join(sorted(found))}"
        )


class BundleAgents:
    """(namespace, pod) → agent, from pods.json.

    A pod that was deleted before the recording is not in pods.json; where its name is that of a recorded ReplicaSet and a pod's
    random suffix, it is resolved through the ReplicaSet.
    """

    def __init__(self, cluster: BundleCluster, identity: Identity) -> None:
        self._cluster = cluster
        self._identity = identity
        self._known: dict[tuple[str, str], str] | None = None
        self._replicasets: dict[tuple[str, str], Workload] = {}

    def agent_of(self, namespace: str, pod: str) -> str:
        """The agent of a pod; the pod's name where pods.json is missing or broken."""
        if self._known is None:
            self._load()
        assert self._known is not None
        agent = self._known.get((namespace, pod))
        return agent if agent is not None else self._deleted(namespace, pod)

    def _load(self) -> None:
        self._known = {}
        try:
            pods: list[Pod] = list(self._cluster.all_pods())
            self._known = {(p.namespace, p.name): self._identity.agent_of(p) for p in pods}
            self._replicasets = {(r.namespace, r.name): r for r in self._cluster.replicasets()}
        except SourceError:
            return

    def _deleted(self, namespace: str, pod: str) -> str:
        owner = self._replicasets.get((namespace, pod[:-6])) if _POD_SUFFIX.fullmatch(pod[-6:]) else None
        if owner is None:
            return pod
        return self._identity.resolve(pod, owner.labels, owner.owner or (owner.kind, owner.name))


def _present(folder: Folder) -> set[str]:
    files = {"metrics": METRICS_FILE, "traces": TRACES_FILE, "probes": "probes.json", "quota": "quota.json"}
    found = {name for name, file in files.items() if folder.file(*file.split("/")) is not None}
    return found | {name for name in ("logs", "kubernetes", "config") if next(folder.walk(name), None) is not None}
