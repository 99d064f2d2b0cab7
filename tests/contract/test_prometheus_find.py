"""Prometheus is found in the cluster by its Service's labels, in a stated order, and asked through the API server alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from agentctl.model.errors import InputError, SourceError
from agentctl.sources.connect import connect
from agentctl.sources.lazy_metrics import LazyMetrics
from agentctl.sources.prometheus_find import choose
from agentctl.sources.request import Request

from .kubernetes_server import Cluster, Served
from .test_bundle_create import samples


def service(
    name: str, namespace: str = "monitoring", port: int = 9090, port_name: str = "web", **labels: str
) -> dict[str, Any]:
    """A Service as the API prints it; `__` in a label's name stands for a dot or slash."""
    named = {key.replace("app_k8s_", "app.kubernetes.io/"): value for key, value in labels.items()}
    return {
        "metadata": {"name": name, "namespace": namespace, "labels": named},
        "spec": {"ports": [{"name": "grpc", "port": 10901}, {"name": port_name, "port": port}]},
    }


STACK = service("stack", app="kube-prometheus-stack-prometheus", port_name="http-web")
THANOS = service("thanos", app_k8s_name="thanos", app_k8s_component="query", port=9090, port_name="http")
MIMIR = service("mimir", app_k8s_name="mimir", app_k8s_component="gateway", port=80, port_name="http-metrics")
VICTORIA = service("vm", app_k8s_name="vmsingle", port=8428, port_name="http")
OTHERS = [service("grafana", app="grafana", port=3000), service("alerts", app="alertmanager")]


@pytest.mark.parametrize(
    ("items", "name", "path"),
    [
        ([VICTORIA, MIMIR, THANOS, STACK], "Prometheus", "services/stack:9090/proxy"),
        ([VICTORIA, MIMIR, THANOS], "Thanos", "services/thanos:9090/proxy"),
        ([VICTORIA, MIMIR], "Mimir", "services/mimir:80/proxy/prometheus"),
        ([*OTHERS, VICTORIA], "VictoriaMetrics", "services/vm:8428/proxy"),
        (
            [service("p", app_k8s_name="prometheus", port=443, port_name="https")],
            "Prometheus",
            "services/https:p:443/proxy",
        ),
        (
            [service("b", app="prometheus-server"), service("a", app="prometheus-server")],
            "Prometheus",
            "services/a:9090/proxy",
        ),
    ],
)
def test_the_first_kind_that_is_there_is_taken(items: list[dict[str, Any]], name: str, path: str) -> None:
    found = choose(items)
    assert found is not None
    assert found.kind.name == name
    assert found.path == f"/api/v1/namespaces/monitoring/{path}"
    assert "monitoring/" in str(found)


def test_nothing_that_only_looks_like_it_is_taken() -> None:
    assert choose(OTHERS) is None
    assert choose([{"metadata": {"name": "x", "labels": None}}, {}]) is None


def _ask(served: Served, tmp_path: Path, **more: Any) -> LazyMetrics:
    metrics = connect(Request(kubeconfig=served.kubeconfig(tmp_path / "kubeconfig"), **more)).metrics
    assert isinstance(metrics, LazyMetrics)
    return metrics


def test_it_is_asked_through_the_api_server(served: Served, cluster: Cluster, tmp_path: Path) -> None:
    cluster.objects["services"] = [STACK]
    cluster.services["monitoring/stack:9090"] = samples
    metrics = _ask(served, tmp_path, prometheus_org_id="blue")
    assert "agent_cost_total_usd_total" in metrics.names()
    assert metrics.described == "Prometheus (service monitoring/stack, port 9090)"
    asked = [(method, headers) for method, path, headers in cluster.seen if "/proxy/" in path]
    assert {method for method, _ in asked} == {"GET"}
    assert {headers["X-Scope-Orgid"] for _, headers in asked} == {"blue"}


def test_an_account_of_one_namespace_still_finds_it(served: Served, cluster: Cluster, tmp_path: Path) -> None:
    cluster.objects["services"] = [STACK]
    cluster.services["monitoring/stack:9090"] = samples
    everywhere = cluster.is_denied
    cluster.is_denied = lambda verb, resource, ns: (
        (resource == "services" and ns == "") or everywhere(verb, resource, ns)
    )  # type: ignore[method-assign]
    assert _ask(served, tmp_path).names()


def test_an_account_that_may_see_no_service_is_told_what_to_do(
    served: Served, cluster: Cluster, tmp_path: Path
) -> None:
    cluster.denied = [("list", "services", "*")]
    with pytest.raises(SourceError) as caught:
        _ask(served, tmp_path).names()
    assert caught.value.code == "forbidden"
    assert "--prometheus-url" in caught.value.hint


def test_a_search_that_failed_is_not_repeated(served: Served, cluster: Cluster, tmp_path: Path) -> None:
    metrics = _ask(served, tmp_path)
    for _ in range(3):
        with pytest.raises(SourceError):
            metrics.names()
    assert sum("/services" in path for _, path, _ in cluster.seen) == 1


def test_the_clusters_token_never_goes_to_an_address_that_was_given(
    served: Served, cluster: Cluster, tmp_path: Path
) -> None:
    other = Cluster(services={})
    from .kubernetes_server import serving

    with serving(other) as elsewhere, pytest.raises(SourceError):
        _ask(served, tmp_path, prometheus_url=elsewhere.url).names()
    assert other.seen
    assert all("Authorization" not in headers for _, _, headers in other.seen)


def test_secrets_come_from_variables_and_files(tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text("abc\n")
    access = _access({"AGENTCTL_PROMETHEUS_TOKEN_FILE": str(secret)})
    assert access.token == "abc"
    assert "abc" not in repr(access)
    assert _access({"AGENTCTL_PROMETHEUS_USER": "me", "AGENTCTL_PROMETHEUS_PASSWORD": "pw"}).user == "me"
    for environ in (
        {"AGENTCTL_PROMETHEUS_TOKEN": "a", "AGENTCTL_PROMETHEUS_USER": "b"},
        {"AGENTCTL_PROMETHEUS_TOKEN_FILE": str(tmp_path / "none")},
    ):
        with pytest.raises(InputError):
            _access(environ)


def _access(environ: dict[str, str]) -> Any:
    metrics = connect(Request(prometheus_url="http://p:9090", environ={"HOME": "/nowhere", **environ})).metrics
    assert isinstance(metrics, LazyMetrics)
    return metrics.access
