"""What a test does with the running cluster: load it, lay logs, can exec answers, break things, start over."""

from __future__ import annotations

import json
import secrets
import time
import urllib.parse
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from testbed import bundles, loader
from testbed.api import KINDS, Api, Refused, each, path_of, storage_key
from testbed.etcd import Etcd
from testbed.logfiles import log_path

_KEPT = {"Namespace", "ClusterRole", "ClusterRoleBinding", "Service", "Endpoints"}

READING = (
    {"apiGroups": [""], "resources": ["pods", "pods/log", "events", "namespaces", "nodes", "services"],
     "verbs": ["get", "list", "watch"]},
    {"apiGroups": [""], "resources": ["services/proxy"], "verbs": ["get"]},
    {"apiGroups": ["apps"], "resources": ["deployments", "replicasets", "statefulsets", "daemonsets"],
     "verbs": ["get", "list", "watch"]},
    {"apiGroups": ["batch"], "resources": ["jobs"], "verbs": ["get", "list", "watch"]},
)  # fmt: skip


@dataclass
class Cluster:
    """A running API server. ``kubeconfigs`` and ``tokens`` are by user: admin, reader, nobody."""

    url: str
    kubeconfigs: dict[str, Path]
    tokens: dict[str, str]
    authority: Path
    api: Api
    etcd: Etcd
    state: Path
    kubelet_port: int

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig."""
        return self.kubeconfigs["admin"]

    def kubeconfig_through(self, url: str, user: str = "admin") -> Path:
        """A kubeconfig of ``user`` that reaches the API server at another URL, as through a ``links.Link``."""
        text = self.kubeconfigs[user].read_text()
        path = self.kubeconfigs[user].with_name(f"{user}-{urllib.parse.urlsplit(url).port}.kubeconfig")
        path.touch(mode=0o600)
        path.write_text(text.replace(self.url, url))
        return path

    def allow(self, user: str, rules: Sequence[Mapping[str, Any]]) -> None:
        """Gives ``user`` exactly these cluster-wide rules (in place of those given before); they hold on return."""
        name, mark = f"bed-{user}", f"/bed/{secrets.token_hex(8)}"
        group = "rbac.authorization.k8s.io"
        marked = [*rules, {"nonResourceURLs": [mark], "verbs": ["get"]}]
        self.api.apply(
            {"apiVersion": f"{group}/v1", "kind": "ClusterRole", "metadata": {"name": name}, "rules": marked}
        )
        self.api.apply(
            {
                "apiVersion": f"{group}/v1",
                "kind": "ClusterRoleBinding",
                "metadata": {"name": name},
                "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": name},
                "subjects": [{"apiGroup": group, "kind": "User", "name": user}],
            }
        )
        # The server learns of its own rules a moment later; the mark tells when.
        question = {"user": user, "nonResourceAttributes": {"path": mark, "verb": "get"}}
        review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": question}
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            if self.api.call("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", review)["status"]["allowed"]:
                return
            time.sleep(0.02)
        raise Refused(f"the rules of {user} did not take effect")

    def allow_reading(self, user: str) -> None:
        """Gives ``user`` what a diagnosis reads: no exec, no secrets, no writing."""
        self.allow(user, READING)

    def load(self, *lists: Any) -> dict[str, int]:
        """Creates the objects of Kubernetes lists (or single objects); returns the number of each kind."""
        return loader.load_objects(self, [item for one in lists for item in loader.items_of(one)])

    def load_bundle(self, folder: Path) -> dict[str, int]:
        """Loads ``kubernetes/*.json`` of a bundle and lays its logs for the kubelet."""
        counts = self.load(*(json.loads(path.read_bytes()) for path in sorted((folder / "kubernetes").glob("*.json"))))
        counts["logs"] = bundles.copy_logs(folder, self.state)
        return counts

    def write_log(self, namespace: str, pod: str, container: str, text: str, *, previous: bool = False) -> Path:
        """Lays a container's log: stamped lines. Returns its path; what is appended there reaches followers."""
        path = log_path(self.state, namespace, pod, container, previous)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def can_exec(self, *entries: Mapping[str, Any]) -> None:
        """Sets the table of exec answers: ``{"argv": [...], "pod": PATTERN, "stdout", "stderr", "rc", "delay"}``."""
        self._table("exec.json", entries)

    def break_pods(self, *faults: Mapping[str, Any]) -> None:
        """Sets the fault table: ``{"pod": PATTERN, "on": "logs|exec", "delay", "hang", "status", "cut"}``; none: heals."""
        self._table("faults.json", faults)

    def _table(self, name: str, entries: Iterable[Mapping[str, Any]]) -> None:
        partial = self.state / f".{name}"
        partial.write_text(json.dumps(list(entries)), encoding="utf-8")
        partial.replace(self.state / name)

    def expose(self, namespace: str, service: str, url: str, labels: Mapping[str, str] | None = None) -> None:
        """Makes a server on loopback reachable through the API server's service proxy.

        The address of an Endpoints may not be loopback, so that part is written past the API server.
        """
        port = urllib.parse.urlsplit(url).port
        meta = {"name": service, "namespace": namespace, "labels": dict(labels or {})}
        ports = [{"name": "http", "port": port, "protocol": "TCP"}]
        pod = {"name": f"{service}-0", "namespace": namespace, "labels": dict(labels or {})}
        target = {"kind": "Pod", "namespace": namespace, "name": pod["name"]}
        address = {"ip": "192.0.2.1", "targetRef": target}
        self.load(
            {"apiVersion": "v1", "kind": "Pod", "metadata": pod,
             "spec": {"containers": [{"name": "server", "image": "server"}]},
             "status": {"phase": "Running", "podIP": "192.0.2.1", "podIPs": [{"ip": "192.0.2.1"}]}},
            {"apiVersion": "v1", "kind": "Service", "metadata": meta,
             "spec": {"ports": [{**ports[0], "targetPort": port}]}},
            {"apiVersion": "v1", "kind": "Endpoints", "metadata": meta,
             "subsets": [{"addresses": [address], "ports": ports}]},
        )  # fmt: skip
        for kind, name in (("Pod", pod["name"]), ("Endpoints", service)):
            key = storage_key({"kind": kind, "metadata": {"namespace": namespace, "name": name}})
            moved = json.dumps(self.etcd.get(key)).replace("192.0.2.1", "127.0.0.1")
            self.etcd.put(key, json.loads(moved))

    def clear(self) -> None:
        """Empties the cluster: all loaded objects but namespaces and roles, all logs, answers and faults."""
        each(lambda kind: self.etcd.delete_below(f"/registry/{KINDS[kind][3]}/"), sorted(set(KINDS) - _KEPT))
        for kind, path in (("Service", "/api/v1/services"), ("Endpoints", "/api/v1/endpoints")):
            for item in self.api.call("GET", path)["items"]:
                # The server's own entry for itself stays.
                if item["metadata"]["namespace"] != "default":
                    self.api.call("DELETE", path_of({**item, "kind": kind}))
        bundles.remove_logs(self.state)
        for name in ("exec.json", "faults.json", "containers.json"):
            (self.state / name).unlink(missing_ok=True)
