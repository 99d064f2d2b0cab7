"""The entire bed at once, for working by hand: every server that is there, loaded from a bundle if one is given."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any

from testbed import binaries, controlplane, jaeger, loki, prometheus, victoria

Server = Callable[[], AbstractContextManager[Any]]


def _servers(folder: Path, bundle: Path | None) -> dict[str, Server]:
    samples = None
    if bundle and (bundle / "metrics").is_dir():
        samples = prometheus.write_openmetrics(bundle, folder / "samples.om")
    return {
        "kubernetes": lambda: controlplane.running(folder / "kubernetes"),
        "prometheus": lambda: prometheus.running(folder / "prometheus", samples),
        "prometheus3": lambda: prometheus.running(folder / "prometheus3", samples, edition="3"),
        "victoria": lambda: victoria.running(folder / "victoria"),
        "loki": lambda: loki.running(folder / "loki"),
        "jaeger": lambda: jaeger.running(folder / "jaeger"),
    }


def _entry(server: Any) -> dict[str, Any]:
    """What a person needs to use a server."""
    entry = {"url": server.url}
    if isinstance(server, jaeger.Jaeger):
        entry["otlp"] = server.otlp
    if hasattr(server, "kubeconfigs"):
        entry |= {f"kubeconfig {user}": str(path) for user, path in server.kubeconfigs.items()}
        entry["kubelet files"] = str(server.state)
    return entry


@contextmanager
def running(folder: Path, bundle: Path | None = None) -> Iterator[dict[str, Any]]:
    """Starts what is there; yields {server: {"url": ..., ...} or {"missing": reason}}."""
    folder.mkdir(parents=True, exist_ok=True)
    state: dict[str, Any] = {}
    with ExitStack() as stack:
        for name, begin in _servers(folder, bundle).items():
            try:
                server = stack.enter_context(begin())
            except binaries.Missing as missing:
                state[name] = {"missing": str(missing)}
                continue
            if bundle is not None and hasattr(server, "load_bundle"):
                server.load_bundle(bundle)
            state[name] = _entry(server)
        yield state


def describe(state: dict[str, Any]) -> str:
    """The state as lines for a person."""
    lines = []
    for name, entry in state.items():
        if "missing" in entry:
            lines.append(f"{name:12} -  {entry['missing']}")
            continue
        lines.append(f"{name:12} {entry['url']}")
        lines += [f"{'':12} {key}: {value}" for key, value in entry.items() if key != "url"]
    return "\n".join(lines)


def write_state(path: Path, state: dict[str, Any]) -> None:
    """Stores the state so that it is seen whole or not at all."""
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(state, indent=1), encoding="utf-8")
    partial.replace(path)
