"""Which Prometheus? The one that was given, else the one that is found in the cluster and reached through its API server.

The cluster's credentials go to its API server only, which passes the question on without them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import quote

from agentctl.model.errors import SourceError
from agentctl.sources.credentials import credentials
from agentctl.sources.kubernetes_answers import Need
from agentctl.sources.kubernetes_api import KubeApi
from agentctl.sources.kubernetes_live import LiveClusters
from agentctl.sources.prometheus_access import PrometheusAccess
from agentctl.sources.request import Request
from agentctl.sources.selectors import matches
from agentctl.sources.vendors import load as load_vendor

NOT_FOUND_HINT = "give --prometheus-url URL, or label its Service as kube-prometheus-stack does"


class Kind(NamedTuple):
    """A kind of server: the labels of its Service, and the path before /api/v1."""

    name: str
    selector: str
    prefix: str = ""


# In this order; the first Service that matches is taken, among equals the first by namespace and name.
KINDS = (
    Kind("Prometheus", "app=kube-prometheus-stack-prometheus"),
    Kind("Prometheus", "app=prometheus,component=server"),
    Kind("Prometheus", "app=prometheus-server"),
    Kind("Prometheus", "app=prometheus-operator-prometheus"),
    Kind("Prometheus", "app=rancher-monitoring-prometheus"),
    Kind("Prometheus", "app=prometheus-prometheus"),
    Kind("Prometheus", "app.kubernetes.io/name=prometheus,app.kubernetes.io/component in (server,prometheus)"),
    Kind("Prometheus", "app.kubernetes.io/name=prometheus"),
    Kind("Prometheus", "operated-prometheus=true"),
    Kind(
        "Thanos",
        "app.kubernetes.io/name in (thanos,thanos-query),app.kubernetes.io/component in (query,query-layer,querier)",
    ),
    Kind("Thanos", "app.kubernetes.io/name in (thanos-query,thanos-querier)"),
    Kind("Thanos", "app in (thanos-query,thanos-querier)"),
    Kind("Mimir", "app.kubernetes.io/name=mimir,app.kubernetes.io/component in (gateway,nginx)", "/prometheus"),
    Kind("Mimir", "app.kubernetes.io/name=mimir,app.kubernetes.io/component=query-frontend", "/prometheus"),
    Kind("VictoriaMetrics", "app.kubernetes.io/name in (vmsingle,victoria-metrics-single)"),
    Kind("VictoriaMetrics", "app in (vmsingle,victoria-metrics,victoria-metrics-single)"),
    Kind("VictoriaMetrics", "app.kubernetes.io/name=vmselect", "/select/0/prometheus"),
)
_PORT_NAMES = ("http-web", "web", "http", "https", "http-query", "http-metrics", "metrics")
_PORT_NUMBERS = (9090, 80, 8080, 8428, 8481, 10902, 9009)
# Where Prometheus usually lives, for accounts that may not list the Services of the whole cluster.
_USUAL = ("monitoring", "prometheus", "observability")


@dataclass(frozen=True, slots=True)
class Found:
    """A Service that answers PromQL."""

    kind: Kind
    namespace: str
    name: str
    port: str
    scheme: str = "http"

    def __str__(self) -> str:
        return f"{self.kind.name} (service {self.namespace}/{self.name}, port {self.port})"

    @property
    def path(self) -> str:
        """The path of the service proxy on the API server."""
        name = f"https:{self.name}" if self.scheme == "https" else self.name
        service = quote(f"{name}:{self.port}", safe=":")
        return f"/api/v1/namespaces/{quote(self.namespace, safe='')}/services/{service}/proxy{self.kind.prefix}"


def given(request: Request) -> PrometheusAccess:
    """The way to the server of --prometheus-url. Raises InputError for an address or credentials that cannot be used."""
    secret = credentials(request.environ, "AGENTCTL_PROMETHEUS")
    return PrometheusAccess(
        url=request.prometheus_url,
        token=secret.token,
        user=secret.user,
        password=secret.password,
        ca_file=request.prometheus_ca_file,
        client_cert=request.prometheus_client_cert,
        client_key=request.prometheus_client_key,
        org_id=request.prometheus_org_id,
        labels=request.prometheus_labels,
        timeout=request.request_timeout,
    )


def find(request: Request, clusters: LiveClusters) -> tuple[PrometheusAccess, str]:
    """The way to the first server found in the (first) cluster, and which it is. Raises SourceError where there is none."""
    cluster = clusters.opened()[0]
    found = choose(services(cluster.api, request.namespaces))
    if found is None:
        raise SourceError("missing", f"no Prometheus was found in cluster {cluster.api.access.name}", NOT_FOUND_HINT)
    return through(cluster.api, found, request), str(found)


def through(api: KubeApi, found: Found, request: Request) -> PrometheusAccess:
    """The way to a Service through the API server's proxy."""
    load_vendor("agentctl.sources.kubernetes_session")
    from agentctl.sources.kubernetes_session import session_of

    return PrometheusAccess(
        url=api.base + found.path,
        org_id=request.prometheus_org_id,
        labels=request.prometheus_labels,
        timeout=request.request_timeout,
        session_factory=lambda: session_of(api, request.prometheus_org_id),
    )


def services(api: KubeApi, namespaces: Sequence[str]) -> list[Mapping[str, Any]]:
    """The Services of the cluster; where that is forbidden, those of our namespaces and of the usual ones that we may read."""
    try:
        return list(api.items("/api/v1/services", Need("list", "services")))
    except SourceError as error:
        if error.code != "forbidden":
            raise
        refused = error
    found: list[Mapping[str, Any]] = []
    readable = False
    for namespace in dict.fromkeys((*namespaces, *_USUAL)):
        try:
            found += api.items(
                f"/api/v1/namespaces/{quote(namespace, safe='')}/services", Need("list", "services", namespace)
            )
            readable = True
        except SourceError as error:
            if error.code not in ("forbidden", "not-found"):
                raise
    if not readable:
        raise SourceError("forbidden", refused.message, f"give --prometheus-url URL, or allow it: {refused.hint}")
    return found


def choose(items: Iterable[Mapping[str, Any]]) -> Found | None:
    """The Service to ask, in the order of KINDS."""
    known = [s for s in items if isinstance(s.get("metadata"), Mapping)]
    known.sort(key=lambda s: (str(s["metadata"].get("namespace", "")), str(s["metadata"].get("name", ""))))
    for kind in KINDS:
        for service in known:
            labels = service["metadata"].get("labels") or {}
            port = _port(service.get("spec") or {}) if matches(kind.selector, labels) else None
            if port is not None:
                meta = service["metadata"]
                scheme = "https" if "https" in str(port.get("name", "")) or port.get("port") == 443 else "http"
                return Found(kind, str(meta["namespace"]), str(meta["name"]), str(port["port"]), scheme)
    return None


def _port(spec: Mapping[str, Any]) -> Mapping[str, Any] | None:
    ports = [p for p in spec.get("ports") or () if isinstance(p, Mapping) and p.get("port")]
    for name in _PORT_NAMES:
        if named := next((p for p in ports if p.get("name") == name), None):
            return named
    for number in _PORT_NUMBERS:
        if numbered := next((p for p in ports if p["port"] == number), None):
            return numbered
    return ports[0] if ports else None
