"""What agentctl needs to be allowed in a cluster: one list, which the printed role, the doctor and the error messages share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple


class Right(NamedTuple):
    """Verbs on a resource (`pods/log` is one), and what they are for."""

    verbs: tuple[str, ...]
    resource: str
    group: str = ""
    why: str = ""
    cluster: bool = False
    # Without it nothing can be diagnosed at all.
    vital: bool = False

    @property
    def name(self) -> str:
        """`pods/log`, `deployments.apps`."""
        return f"{self.resource}.{self.group}" if self.group else self.resource


READING = (
    Right(("get", "list"), "pods", why="the agents' pods", vital=True),
    Right(("get",), "pods/log", why="their logs", vital=True),
    Right(("list",), "events", why="restarts, evictions, failed scheduling"),
    Right(("list",), "deployments", "apps", why="rollouts"),
    Right(("list",), "replicasets", "apps", why="earlier revisions, and which Deployment owns a pod"),
)
NODES = Right(("list",), "nodes", why="nodes that are down or under pressure", cluster=True)
PROXY = (
    Right(("list",), "services", why="find Prometheus by its labels"),
    Right(("get",), "services/proxy", why="ask Prometheus and the tools through the API server"),
)
EXEC = Right(("get", "create"), "pods/exec", why="probe tools from inside the pods (--allow-exec)")


def rights(*, proxy: bool = True, execute: bool = False) -> Sequence[Right]:
    """Everything needed: `proxy` where Prometheus is reached through the API server, `execute` with --allow-exec."""
    return (*READING, NODES, *(PROXY if proxy else ()), *((EXEC,) if execute else ()))


def manifests(
    name: str, namespaces: Sequence[str], wanted: Sequence[Right], account: tuple[str, str] | None = None
) -> Iterator[dict[str, Any]]:
    """The roles as Kubernetes objects: one ClusterRole, or (with namespaces) a Role each and a ClusterRole for the nodes alone.

    `account` (namespace, ServiceAccount) adds the bindings to it.
    """
    local = [r for r in wanted if not (namespaces and r.cluster)]
    for namespace in namespaces:
        yield _role("Role", name, namespace, local)
        if account:
            yield _binding("RoleBinding", "Role", name, namespace, account)
    central = [r for r in wanted if r.cluster] if namespaces else list(wanted)
    if central:
        yield _role("ClusterRole", name, "", central)
        if account:
            yield _binding("ClusterRoleBinding", "ClusterRole", name, "", account)


def _role(kind: str, name: str, namespace: str, wanted: Sequence[Right]) -> dict[str, Any]:
    merged: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for right in wanted:
        merged.setdefault((right.group, right.verbs), []).append(right.resource)
    rules = [
        {"apiGroups": [group], "resources": names, "verbs": list(verbs)} for (group, verbs), names in merged.items()
    ]
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": kind,
        "metadata": _meta(name, namespace),
        "rules": rules,
    }


def _binding(kind: str, role: str, name: str, namespace: str, account: tuple[str, str]) -> dict[str, Any]:
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": kind,
        "metadata": _meta(name, namespace),
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": role, "name": name},
        "subjects": [{"kind": "ServiceAccount", "name": account[1], "namespace": account[0]}],
    }


def _meta(name: str, namespace: str) -> dict[str, Any]:
    return {"name": name} | ({"namespace": namespace} if namespace else {})
