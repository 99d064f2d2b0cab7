"""The one thing that log lines come from, wherever they are kept. Sources make it, the analysis reads it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from agentctl.model.records import Origin


class LogStream(Protocol):
    """The lines of one container (or file), as `kubectl logs --timestamps` prints them, stamps optional."""

    @property
    def origin(self) -> Origin:
        """Where the lines come from."""
        ...

    def chunks(self) -> Iterator[bytes]:
        """The bytes in pieces of any size. Raises SourceError where reading fails; what came before it stands."""
        ...
