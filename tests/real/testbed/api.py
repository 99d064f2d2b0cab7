"""The few requests to the Kubernetes API that the bed needs, over plain HTTP and many threads."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import urllib3

Item = TypeVar("Item")
_THREADS = 16

# kind → (API path prefix, plural, has a namespace, etcd folder)
KINDS: dict[str, tuple[str, str, bool, str]] = {
    "Namespace": ("/api/v1", "namespaces", False, "namespaces"),
    "Node": ("/api/v1", "nodes", False, "minions"),
    "Service": ("/api/v1", "services", True, "services/specs"),
    "Endpoints": ("/api/v1", "endpoints", True, "services/endpoints"),
    "ConfigMap": ("/api/v1", "configmaps", True, "configmaps"),
    "Deployment": ("/apis/apps/v1", "deployments", True, "deployments"),
    "StatefulSet": ("/apis/apps/v1", "statefulsets", True, "statefulsets"),
    "DaemonSet": ("/apis/apps/v1", "daemonsets", True, "daemonsets"),
    "ReplicaSet": ("/apis/apps/v1", "replicasets", True, "replicasets"),
    "Job": ("/apis/batch/v1", "jobs", True, "jobs"),
    "Pod": ("/api/v1", "pods", True, "pods"),
    "Event": ("/api/v1", "events", True, "events"),
    "ClusterRole": ("/apis/rbac.authorization.k8s.io/v1", "clusterroles", False, "clusterroles"),
    "ClusterRoleBinding": ("/apis/rbac.authorization.k8s.io/v1", "clusterrolebindings", False, "clusterrolebindings"),
}


def path_of(item: dict[str, Any], *, named: bool = True) -> str:
    """The API path of an object, or of its collection with ``named=False``. KeyError for a kind the bed does not know."""
    prefix, plural, namespaced, _ = KINDS[item["kind"]]
    meta = item["metadata"]
    place = f"/namespaces/{meta.get('namespace', 'default')}" if namespaced else ""
    return f"{prefix}{place}/{plural}" + (f"/{meta['name']}" if named else "")


def storage_key(item: dict[str, Any]) -> str:
    """Where the API server keeps an object in etcd."""
    _, _, namespaced, folder = KINDS[item["kind"]]
    meta = item["metadata"]
    return f"/registry/{folder}/" + (f"{meta['namespace']}/" if namespaced else "") + str(meta["name"])


class Refused(Exception):
    """The API server did not take a request; the text has its status and message."""


class Api:
    """Requests as one user. urllib3 itself, as requests would take four times the processor time."""

    def __init__(self, url: str, token: str, authority: Path) -> None:
        self.url = url
        self._headers = {"Authorization": f"Bearer {token}"}
        self._pool = urllib3.PoolManager(maxsize=_THREADS, ca_certs=str(authority), retries=False)

    def call(self, method: str, path: str, body: Any = None, content: str = "application/json") -> dict[str, Any]:
        """One request with a JSON answer; raises Refused for anything but success."""
        data = None if body is None else json.dumps(body).encode()
        headers = {**self._headers, "Content-Type": content}
        answer = self._pool.request(method, self.url + path, body=data, headers=headers, timeout=60)
        if answer.status >= 300:
            raise Refused(f"{method} {path}: {answer.status} {answer.data[:500].decode(errors='replace')}")
        loaded: dict[str, Any] = json.loads(answer.data)
        return loaded

    def create(self, item: dict[str, Any]) -> dict[str, Any]:
        """POST of one object."""
        return self.call("POST", path_of(item, named=False), item)

    def apply(self, item: dict[str, Any]) -> dict[str, Any]:
        """Creates the object or replaces what is there under its name."""
        query = "?fieldManager=bed&force=true"
        return self.call("PATCH", path_of(item) + query, item, "application/apply-patch+yaml")

    def patch_status(self, item: dict[str, Any]) -> dict[str, Any]:
        """Merges ``item["status"]`` into the stored object's status."""
        body = {"status": item["status"]}
        return self.call("PATCH", path_of(item) + "/status", body, "application/merge-patch+json")


def each(work: Callable[[Item], Any], items: Iterable[Item]) -> list[Any]:
    """``work`` for all items on many threads, results in order; the first error is raised after all have ended."""
    with ThreadPoolExecutor(_THREADS) as pool:
        futures = [pool.submit(work, item) for item in items]
    return [future.result() for future in futures]
