"""From what was asked for to the sources that answer it: a bundle, files, or live servers.

Nothing is contacted here, and no vendor library is imported before a live source is asked its first question. What only a live
run needs is not even loaded for an offline one.
"""

from __future__ import annotations

import time
from dataclasses import replace

from agentctl.model.errors import ErrorNote
from agentctl.model.report import Target
from agentctl.sources.bundle import open_bundle
from agentctl.sources.files import log_files
from agentctl.sources.policy_files import PolicyFiles
from agentctl.sources.protocols import Sources
from agentctl.sources.request import Request


def connect(request: Request) -> Sources:
    """The sources of a run. Raises InputError for a bundle or file that cannot be read, SourceError where there is nothing to ask."""
    if request.bundle is not None:
        return _with_policies(open_bundle(request.bundle, request.identity, request.narrowed), request)
    if request.logs:
        return _files(request)
    from agentctl.sources.live import live

    return live(request)


def _with_policies(recorded: Sources, request: Request) -> Sources:
    """Governance documents given by hand stand in for the recorded ones."""
    return replace(recorded, config=PolicyFiles(request.policies)) if request.policies else recorded


def _files(request: Request) -> Sources:
    logs = log_files(request.logs, request.stdin)
    name = ", ".join(request.logs[:3]) + (", …" if len(request.logs) > 3 else "")
    offline = Sources(target=Target("files", name), now=time.time(), logs=logs)
    if not (request.prometheus_url or request.traces_url or request.policies):
        return offline
    from agentctl.sources.live import servers_of

    notes: dict[str, ErrorNote] = {}
    servers = servers_of(request, None, notes)
    return replace(
        offline,
        metrics=servers.get("metrics"),
        traces=servers.get("traces"),
        config=servers.get("config"),
        notes=notes,
    )
