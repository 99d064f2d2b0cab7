"""What to probe: the tools whose address the governance documents name, and the pods of the agents that may call them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from agentctl.documents.load import load_bytes
from agentctl.governance.policy import Tool
from agentctl.governance.read import policy_of

PORTS = {"http": 80, "https": 443, "redis": 6379, "rediss": 6379, "postgres": 5432, "postgresql": 5432}


@dataclass(frozen=True, slots=True)
class Target:
    """A tool's address. `url` is what is asked; `scheme` http, https, redis, postgres or tcp."""

    tool: str
    agents: tuple[str, ...]
    url: str
    scheme: str
    host: str
    port: int


def targets(documents: Sequence[tuple[str, str]]) -> list[Target]:
    """The targets of all governance documents; a tool that several agents share is probed once an agent."""
    found: dict[tuple[str, str], list[str]] = {}
    for file, text in documents:
        for document in load_bytes(text.encode(), file).documents:
            if document.kind == "governance":
                policy = policy_of(document.data)
                for tool in policy.tools.values():
                    if url := address(tool):
                        found.setdefault((tool.name, url), []).append(policy.name)
    made = (_target(tool, url, agents) for (tool, url), agents in found.items())
    return [target for target in made if target is not None]


def address(tool: Tool) -> str:
    """Where a tool says it is healthy: `health` (a URL, or a path on its endpoint), else the endpoint itself; "" = nowhere."""
    if tool.health and "://" in tool.health:
        return tool.health
    if tool.health and tool.endpoint:
        return urljoin(tool.endpoint if tool.health.startswith("/") else tool.endpoint.rstrip("/") + "/", tool.health)
    return tool.endpoint


def _target(tool: str, url: str, agents: Sequence[str]) -> Target | None:
    try:
        parts = urlsplit(url)
        port = parts.port or PORTS.get(parts.scheme, 0)
    except ValueError:
        return None
    if not parts.hostname or not port:
        return None
    bare = url.replace(f"{parts.netloc.rpartition('@')[0]}@", "") if "@" in parts.netloc else url
    return Target(tool, tuple(dict.fromkeys(agents)), bare, parts.scheme, parts.hostname, port)
