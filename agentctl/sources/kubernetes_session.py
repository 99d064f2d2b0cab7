"""A `requests` session that speaks to a cluster's API server as the kubeconfig says, for the service proxy."""

from __future__ import annotations

from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase

from agentctl.sources.kubernetes_api import KubeApi


class _KubeAuth(AuthBase):
    """The cluster's credentials, for its API server alone: on a request to any other address they are left out."""

    def __init__(self, api: KubeApi) -> None:
        self._api = api

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if str(request.url).startswith(f"{self._api.base}/"):
            for name, value in self._api.headers():
                request.headers[name] = value
        return request


class _Adapter(HTTPAdapter):
    """Checks the certificate against the name that the kubeconfig gives, where it gives one."""

    def __init__(self, server_name: str) -> None:
        self._server_name = server_name
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        if self._server_name:
            kwargs["server_hostname"] = kwargs["assert_hostname"] = self._server_name
        super().init_poolmanager(*args, **kwargs)


class _Session(requests.Session):
    """Asks with GET what would be a POST: the right to read through the proxy is then enough (POST needs `create`)."""

    def request(self, method: Any, url: Any, *args: Any, **options: Any) -> requests.Response:
        """As the session's own, a form in the body moved to the query."""
        form = options.pop("data", None)
        if str(method).upper() == "POST":
            method, options["params"] = "GET", form
        return super().request(method, url, *args, **options)


def session_of(api: KubeApi, org_id: str = "") -> requests.Session:
    """A new session; one a thread. It reads neither ~/.netrc nor the proxy variables."""
    configuration = api.access.configuration
    session = _Session()
    session.trust_env = False
    session.auth = _KubeAuth(api)
    session.verify = configuration.ssl_ca_cert or True
    if configuration.cert_file:
        session.cert = (
            (configuration.cert_file, configuration.key_file) if configuration.key_file else configuration.cert_file
        )
    if getattr(configuration, "proxy", None):
        session.proxies = {"http": configuration.proxy, "https": configuration.proxy}
    if org_id:
        session.headers["X-Scope-OrgID"] = org_id
    for scheme in ("http://", "https://"):
        session.mount(scheme, _Adapter(getattr(configuration, "tls_server_name", None) or ""))
    return session
