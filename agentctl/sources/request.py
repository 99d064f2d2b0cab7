"""What a run wants to look at, as plain data: the command line's answer to "where does the data come from"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from agentctl.sources.identity import Identity
from agentctl.sources.kubernetes_scope import DEFAULT_NAMESPACE, DEFAULT_SELECTOR, Scope


@dataclass(frozen=True, slots=True)
class Request:
    """`bundle` beats `logs` beats the live cluster. Times are seconds; secrets are looked up in `environ` when they are needed."""

    bundle: Path | None = None
    logs: tuple[str, ...] = ()
    stdin: BinaryIO | None = None
    kubeconfig: Path | None = None
    contexts: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = (DEFAULT_NAMESPACE,)
    all_namespaces: bool = False
    selector: str = DEFAULT_SELECTOR
    field_selector: str = ""
    container: str | None = None
    as_user: str = ""
    as_groups: tuple[str, ...] = ()
    request_timeout: float = 20.0
    max_log_requests: int = 16
    prometheus_url: str = ""
    prometheus_ca_file: str = ""
    prometheus_client_cert: str = ""
    prometheus_client_key: str = ""
    prometheus_org_id: str = ""
    prometheus_labels: Mapping[str, str] = field(default_factory=dict)
    loki_url: str = ""
    traces_url: str = ""
    policies: tuple[Path, ...] = ()
    allow_exec: bool = False
    identity: Identity = field(default_factory=Identity)
    environ: Mapping[str, str] = field(default_factory=dict)
    # Which of namespace, selector and container narrow a recording too: only what was asked for in this very call.
    narrow: frozenset[str] = frozenset()

    @property
    def narrowed(self) -> Scope | None:
        """What a recording is to be narrowed to; None = all of it."""
        namespaces = self.namespaces if "namespace" in self.narrow and not self.all_namespaces else None
        selector = self.selector if "selector" in self.narrow and self.selector != DEFAULT_SELECTOR else ""
        container = self.container if "container" in self.narrow else None
        if namespaces is None and not selector and container is None:
            return None
        return Scope(namespaces, selector, "", container)

    @property
    def scope(self) -> Scope:
        """The part of the cluster that is looked at."""
        namespaces = None if self.all_namespaces else self.namespaces
        return Scope(namespaces, self.selector, self.field_selector, self.container)
