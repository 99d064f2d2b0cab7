"""How a Prometheus is reached: address, credentials, certificates, tenant, labels, and how long to wait."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from agentctl.model.errors import InputError

if TYPE_CHECKING:
    import requests


@dataclass(frozen=True, slots=True)
class PrometheusAccess:
    """Everything needed to ask one server.

    `url` is the base, a path prefix included (`https://mimir/prometheus`). `timeout` is seconds for one request, its answer
    read to the end. `labels` are added to every selector that agentctl builds. `session_factory` makes a session that brings
    its own transport and credentials (the API server's service proxy); it is called once a thread.
    """

    url: str
    token: str = field(default="", repr=False)
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    ca_file: str = ""
    client_cert: str = ""
    client_key: str = ""
    org_id: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    timeout: float = 20.0
    session_factory: Callable[[], requests.Session] | None = None

    def __post_init__(self) -> None:
        """Raise InputError for an address that is none, or credentials that contradict each other."""
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise InputError(
                "prometheus-url", f"{self.url!r} is no address of a Prometheus", "write http://prometheus:9090"
            )
        if parts.username or parts.password:
            raise InputError(
                "prometheus-url",
                "the address of Prometheus holds a password",
                "set AGENTCTL_PROMETHEUS_USER and AGENTCTL_PROMETHEUS_PASSWORD instead",
            )
        if self.token and self.user:
            raise InputError("prometheus-auth", "both a token and a user are set for Prometheus", "set one of them")

    @property
    def base(self) -> str:
        """The address without a trailing slash."""
        return self.url.rstrip("/")
