"""What a request to the Kubernetes API needs, and how its answer is taken apart."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agentctl.model.errors import SourceError
from agentctl.sources.network_errors import first_line

_PIECE = 1 << 16


@dataclass(frozen=True, slots=True)
class Need:
    """What a request needs to be allowed, for the message when it is not."""

    verb: str
    resource: str
    namespace: str = ""
    group: str = ""

    def __str__(self) -> str:
        name = f"{self.resource}.{self.group}" if self.group else self.resource
        return (
            f"{self.verb} {name} in namespace {self.namespace}"
            if self.namespace
            else f"{self.verb} {name} in the whole cluster"
        )


class Later(Exception):
    """The server asks to come back after `wait` seconds."""

    def __init__(self, error: SourceError, wait: float) -> None:
        super().__init__(error.message)
        self.error = error
        self.wait = wait


def status_message(body: bytes) -> str:
    """The message of a Kubernetes Status, or the first line of whatever else was answered."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        data = None
    message = data.get("message") if isinstance(data, Mapping) else None
    return first_line(message.encode() if isinstance(message, str) else body)


def read1(response: Any) -> bytes:
    """What has arrived, b"" at the end; never waits for more than that."""
    read1 = getattr(response, "read1", None)
    data: bytes = read1(_PIECE) if read1 is not None else next(response.stream(_PIECE), b"")
    return data


def ended(response: Any) -> bool:
    """Whether an answer was read to its end, so that its connection can be used again."""
    body = getattr(response, "_fp", None)
    return body is None or bool(getattr(body, "isclosed", lambda: False)())


def seconds(text: str | None) -> float | None:
    """A Retry-After in seconds; None where it is a date or missing."""
    return float(text) if text and text.isascii() and text.isdigit() else None
