"""From the options of a command to the request that the sources understand."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from agentctl.cli.environment import environment
from agentctl.cli.options import SourceOptions
from agentctl.model.duration import parse_duration
from agentctl.sources.connect import connect
from agentctl.sources.identity import parse_order
from agentctl.sources.protocols import Sources
from agentctl.sources.request import Request


def request_of(options: SourceOptions, *, allow_exec: bool = False, policies: Sequence[Path] = ()) -> Request:
    """What was asked for, as data. Raises InputError for a config that names an agent's identity in a way that does not exist."""
    env = environment()
    defaults = Request()
    return Request(
        bundle=options.bundle,
        logs=tuple(options.logs or ()),
        stdin=env.stdin,
        kubeconfig=options.kubeconfig,
        contexts=tuple(options.context or ()),
        namespaces=tuple(options.namespace or defaults.namespaces),
        narrow=frozenset(key for key in ("namespace", "selector", "container") if _typed(key, getattr(options, key))),
        all_namespaces=options.all_namespaces,
        selector=options.selector,
        field_selector=options.field_selector or "",
        container=options.container,
        as_user=options.as_user or "",
        as_groups=tuple(options.as_group or ()),
        request_timeout=parse_duration(options.request_timeout).total_seconds(),
        max_log_requests=options.max_log_requests,
        prometheus_url=options.prometheus_url or "",
        prometheus_ca_file=str(options.prometheus_ca_file or ""),
        prometheus_client_cert=str(options.prometheus_client_cert or ""),
        prometheus_client_key=str(options.prometheus_client_key or ""),
        prometheus_org_id=options.prometheus_org_id or "",
        prometheus_labels=dict(_pair(text) for text in options.prometheus_label or ()),
        loki_url=options.loki_url or "",
        traces_url=options.traces_url or "",
        policies=tuple(policies),
        allow_exec=allow_exec,
        identity=parse_order(env.config.get("agent-identity", ())),
        environ=env.environ,
    )


def sources_of(options: SourceOptions, *, allow_exec: bool = False, policies: Sequence[Path] = ()) -> Sources:
    """The sources that the options choose. Raises InputError (exit 3) or SourceError (exit 4)."""
    return connect(request_of(options, allow_exec=allow_exec, policies=policies))


def _typed(key: str, value: Any) -> bool:
    """Whether an option stands on the command line itself: what a config or a variable says of a cluster does not narrow a bundle."""
    env = environment()
    standing = (env.config.get(key), env.environ.get(f"AGENTCTL_{key.upper()}"))
    said = " ".join(value) if isinstance(value, list) else value
    return bool(said) and said not in [" ".join(s) if isinstance(s, list) else s for s in standing]


def _pair(text: str) -> tuple[str, str]:
    key, _, value = text.partition("=")
    return key.strip(), value
