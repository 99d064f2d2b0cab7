"""The logs of a bundle: logs/NAMESPACE/POD/CONTAINER.log, `.previous.log` for the container before, each also as `.gz`."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from agentctl.model.records import Origin
from agentctl.sources.bundle_folder import Folder
from agentctl.sources.logfiles import FileStream
from agentctl.sources.protocols import LogQuery

_NAME = re.compile(r"(?P<container>.+?)(?P<previous>\.previous)?\.log(?:\.gz)?")
# (namespace, pod) → agent.
AgentOf = Callable[[str, str], str]


class BundleLogs:
    """Every log file of a bundle, each with the agent that its pod belongs to."""

    def __init__(self, folder: Folder, agent_of: AgentOf) -> None:
        self._folder = folder
        self._agent_of = agent_of

    def streams(self, query: LogQuery) -> Sequence[FileStream]:
        """The files in order of name; the window is left to the reader, which knows each record's time."""
        found = (self._stream(path, query) for path in self._folder.walk("logs"))
        return [stream for stream in found if stream is not None]

    def _stream(self, path: Path, query: LogQuery) -> FileStream | None:
        parts = path.relative_to(self._folder.root / "logs").parts
        match = _NAME.fullmatch(path.name)
        if len(parts) != 3 or match is None:
            return None
        namespace, pod, container = parts[0], parts[1], match["container"]
        if query.container is not None and container != query.container:
            return None
        origin = Origin(
            agent=self._agent_of(namespace, pod),
            namespace=namespace,
            pod=pod,
            container=container,
            previous=match["previous"] is not None,
            file="/".join(("logs", *parts)),
        )
        return FileStream(origin, path, query.tail)
