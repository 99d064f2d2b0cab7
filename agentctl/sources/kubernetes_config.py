"""Which cluster, and as whom: kubeconfig (or the pod's own account) → a configuration of the `kubernetes` library.

The library is imported here, inside the functions, and nowhere on the way to an offline answer.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agentctl.model.errors import SourceError
from agentctl.model.redaction import redact
from agentctl.model.untrusted import shorten, visible
from agentctl.sources.vendors import load as load_vendor

_TOKEN_FILE = Path("/var/run/secrets/kubernetes.io/serviceaccount/token")
NO_CLUSTER = "give --kubeconfig FILE, replay an incident with --bundle PATH, or try it without a cluster: agentctl demo"


@dataclass(frozen=True, slots=True)
class Access:
    """A way into one cluster. `configuration` is the library's own object; impersonation stands beside it."""

    configuration: Any
    name: str
    as_user: str = ""
    as_groups: tuple[str, ...] = ()


def load_access(
    kubeconfig: Path | None,
    context: str | None,
    as_user: str = "",
    as_groups: Sequence[str] = (),
    environ: Mapping[str, str] = os.environ,
    timeout: float = 20.0,
) -> Access:
    """The way in: the kubeconfig given, else $KUBECONFIG, else ~/.kube/config, else the account of the pod we run in.

    `timeout` (seconds) bounds the credential plugins that a kubeconfig may call. Raises SourceError.
    """
    files = _files(kubeconfig, environ)
    if files:
        return _from_kubeconfig(files, context, as_user, tuple(as_groups), timeout)
    if _TOKEN_FILE.is_file() and environ.get("KUBERNETES_SERVICE_HOST"):
        return Access(_in_cluster(), "in-cluster", as_user, tuple(as_groups))
    raise SourceError("unreachable", "no cluster is configured: there is no kubeconfig and this is no pod", NO_CLUSTER)


def _files(kubeconfig: Path | None, environ: Mapping[str, str]) -> list[Path]:
    if kubeconfig is not None:
        if not kubeconfig.expanduser().is_file():
            raise SourceError("unreachable", f"{kubeconfig}: there is no such kubeconfig", NO_CLUSTER)
        return [kubeconfig.expanduser()]
    if environ.get("KUBECONFIG"):
        named = [Path(p).expanduser() for p in environ["KUBECONFIG"].split(os.pathsep) if p]
        found = [p for p in named if p.is_file()]
        if not found:
            raise SourceError("unreachable", f"KUBECONFIG={environ['KUBECONFIG']}: there is no such file", NO_CLUSTER)
        return found
    home = environ.get("HOME")
    default = Path(home) / ".kube" / "config" if home else None
    return [default] if default and default.is_file() else []


def _from_kubeconfig(
    files: list[Path], context: str | None, as_user: str, as_groups: tuple[str, ...], timeout: float
) -> Access:
    import yaml

    load_vendor("kubernetes.config")
    from kubernetes.config import kube_config
    from kubernetes.config.config_exception import ConfigException

    library: Any = kube_config
    merged = os.pathsep.join(map(str, files))
    try:
        contexts, active = library.list_kube_config_contexts(merged)
        chosen = active if context is None else next((c for c in contexts if c["name"] == context), None)
        if chosen is None:
            names = ", ".join(sorted(str(c["name"]) for c in contexts)) or "none"
            raise SourceError("unreachable", f"the kubeconfig has no context {context!r}", f"it has: {names}")
        configuration = _load(merged, str(chosen["name"]), timeout)
    except (ConfigException, yaml.YAMLError, OSError, KeyError, TypeError, AttributeError, ValueError) as error:
        said = visible(shorten(redact(str(error).split("\n", 1)[0]), 200))
        raise SourceError("unreachable", f"the kubeconfig {merged} cannot be used: {said}", NO_CLUSTER) from error
    _check(configuration, str(chosen["name"]))
    if not as_user:
        as_user, as_groups = _impersonated(files, str(chosen["context"].get("user", "")))
    return Access(configuration, str(chosen["name"]), as_user, as_groups)


def _impersonated(files: list[Path], user: str) -> tuple[str, tuple[str, ...]]:
    """Whom a kubeconfig's user acts as (`as`, `as-groups`): the library passes over it, and would act with more rights than meant."""
    import yaml

    for path in files:
        data = yaml.load(path.read_bytes(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        for entry in (data or {}).get("users") or ():
            if entry.get("name") == user:
                said = entry.get("user") or {}
                return str(said.get("as") or ""), tuple(map(str, said.get("as-groups") or ()))
    return "", ()


def _load(merged: str, context: str, timeout: float) -> Any:
    """Load in a thread of its own: a credential plugin may wait for ever for a person who is not there."""
    load_vendor("kubernetes.client", "kubernetes.config")
    from kubernetes.client import Configuration
    from kubernetes.config import kube_config

    library: Any = kube_config
    configuration = Configuration()
    failure: list[BaseException] = []
    said = _Said()

    def load() -> None:
        try:
            library.load_kube_config(merged, context=context, client_configuration=configuration, persist_config=False)
        except BaseException as error:  # noqa: BLE001  handed on to the caller's thread
            failure.append(error)

    root = logging.getLogger()
    root.addHandler(said)
    try:
        worker = threading.Thread(target=load, daemon=True)
        worker.start()
        worker.join(timeout)
    finally:
        root.removeHandler(said)
    if worker.is_alive():
        raise SourceError(
            "timeout",
            f"the credential plugin of context {context!r} did not answer within {timeout:g}s",
            "log in by hand first",
        )
    if failure:
        raise failure[0]
    if said.text and not configuration.api_key and not getattr(configuration, "cert_file", None):
        raise SourceError(
            "unauthorized", f"the credential plugin of context {context!r} failed: {said.text}", "log in again by hand"
        )
    return configuration


class _Said(logging.Handler):
    """The library tells a plugin's failure only to the log; kept here, so that it reaches the person."""

    text = ""

    def emit(self, record: logging.LogRecord) -> None:
        self.text = visible(shorten(redact(record.getMessage().split("\n", 1)[0]), 200))


def _check(configuration: Any, context: str) -> None:
    if not configuration.verify_ssl:
        raise SourceError(
            "tls",
            f"context {context!r} turns certificate verification off (insecure-skip-tls-verify)",
            "agentctl always verifies: put the cluster's CA into certificate-authority",
        )


def _in_cluster() -> Any:
    load_vendor("kubernetes.client", "kubernetes.config")
    from kubernetes.client import Configuration
    from kubernetes.config import incluster_config
    from kubernetes.config.config_exception import ConfigException

    library: Any = incluster_config
    configuration = Configuration()
    try:
        library.load_incluster_config(client_configuration=configuration)
    except ConfigException as error:
        raise SourceError("unreachable", f"the account of this pod cannot be used: {error}", NO_CLUSTER) from error
    return configuration


def is_configured(kubeconfig: Path | None, environ: Mapping[str, str]) -> bool:
    """Whether there is any way into a cluster: a kubeconfig that was named (there or not), a default one, or a pod's account."""
    if kubeconfig is not None or environ.get("KUBECONFIG"):
        return True
    return bool(_files(None, environ)) or (_TOKEN_FILE.is_file() and bool(environ.get("KUBERNETES_SERVICE_HOST")))


def context_name(kubeconfig: Path | None, environ: Mapping[str, str]) -> str:
    """The name of the current context, for a report's target; "" where it cannot be read (the first question will say why)."""
    import yaml

    try:
        for path in _files(kubeconfig, environ):
            loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
            data = yaml.load(path.read_bytes(), Loader=loader)
            if isinstance(data, Mapping) and data.get("current-context"):
                return str(data["current-context"])
    except (SourceError, OSError, yaml.YAMLError, UnicodeDecodeError):
        return ""
    return ""
