"""One GET of one address: through the API server where the host is a Service of the cluster, else from here."""

from __future__ import annotations

import re
import time
from urllib.parse import quote, urlsplit

from agentctl.model.errors import InputError, SourceError
from agentctl.model.redaction import redact
from agentctl.sources.kubernetes_answers import Need
from agentctl.sources.kubernetes_cluster import KubernetesCluster
from agentctl.sources.kubernetes_live import LiveClusters
from agentctl.sources.network_errors import shown_origin, transport_error
from agentctl.sources.vendors import load as load_vendor

_MOST = 64 * 1024
_SECONDS = 10.0
_SERVICE = re.compile(r"(?P<name>[a-z0-9-]+)(?:\.(?P<namespace>[a-z0-9-]+)(?P<svc>\.svc(?:\.[a-z0-9.-]+)?)?)?")
# A two-part name that ends so is a name of the internet, not SERVICE.NAMESPACE.
_PUBLIC = frozenset("com net org io dev ai app cloud co eu de uk fr us local internal example invalid test".split())


class Fetcher:
    """Asks an address the way that reaches it."""

    def __init__(self, clusters: LiveClusters | None) -> None:
        self._clusters = clusters

    def __call__(self, url: str) -> tuple[int, float, str]:
        """(status, milliseconds, body) of a URL. Raises SourceError where it does not answer, InputError where it is none."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise InputError("url", f"{shown_origin(url)!r} is no address", "write http://host:port/path")
        service = service_of(parts.hostname)
        started = time.monotonic()
        if service is not None and self._clusters is not None:
            status, body = through(self._clusters.opened()[0], service, url)
        else:
            status, body = direct(url)
        return status, (time.monotonic() - started) * 1000, redact(body)


def service_of(host: str) -> tuple[str, str] | None:
    """(name, namespace or "") where a host is a Service of the cluster; None for `localhost`, addresses and names outside."""
    match = _SERVICE.fullmatch(host)
    if match is None or host == "localhost" or host.isdigit():
        return None
    if match["namespace"] and not match["svc"] and match["namespace"] in _PUBLIC:
        return None
    return match["name"], match["namespace"] or ""


def through(cluster: KubernetesCluster, service: tuple[str, str], url: str) -> tuple[int, str]:
    """(status, body) of a Service, through the API server's proxy. A Service with no namespace is one of the agents' own."""
    parts = urlsplit(url)
    namespace = service[1] or (cluster.scope.namespaces or ("default",))[0]
    port = parts.port or (443 if parts.scheme == "https" else 80)
    name = f"{'https:' if parts.scheme == 'https' else ''}{quote(service[0], safe='')}:{port}"
    path = f"/api/v1/namespaces/{quote(namespace, safe='')}/services/{name}/proxy{quote(parts.path or '/', safe='/%~')}"
    return cluster.api.probe(
        path + (f"?{parts.query}" if parts.query else ""), Need("get", "services/proxy", namespace)
    )


def direct(url: str, seconds: float = _SECONDS) -> tuple[int, str]:
    """(status, start of the body), asked from here; redirects are not followed."""
    load_vendor("httpx")
    import httpx

    what = shown_origin(url)
    body = b""
    deadline = time.monotonic() + seconds
    try:
        with httpx.Client(follow_redirects=False, timeout=seconds) as client, client.stream("GET", url) as response:
            for piece in response.iter_bytes():
                body += piece
                if len(body) > _MOST or time.monotonic() > deadline:
                    break
            return response.status_code, body[:_MOST].decode("utf-8", "replace")
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        raise transport_error(error, what, "check that it runs and can be reached from here", seconds) from error


def is_refusal(error: SourceError) -> bool:
    """Whether it was the API server that did not let us ask, so that nothing is known of what lies behind it."""
    return error.code in ("forbidden", "unauthorized", "unreachable", "tls", "dns")
