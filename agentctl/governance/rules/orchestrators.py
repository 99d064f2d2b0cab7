"""Orchestrators: their agents, and where routes, fallback and hand-offs lead."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any, NamedTuple

from agentctl.documents.node import Document
from agentctl.governance.rules.base import Corpus
from agentctl.governance.rules.wording import subject
from agentctl.model.finding import Location

Path = tuple[str | int, ...]


class Lead(NamedTuple):
    """A place that names an agent to go to. `kind` is route, fallback or hand-off; `source` the intent or agent it starts from."""

    kind: str
    source: str
    target: str
    path: Path


class Orchestrator:
    """An orchestrator document."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.data: dict[Any, Any] = (
            document.get("orchestrator") if isinstance(document.get("orchestrator"), dict) else {}
        )
        self.agents: tuple[tuple[str, Path], ...] = tuple(_agents(self.data.get("agents")))
        self.leads: tuple[Lead, ...] = tuple(_leads(self.data))

    @property
    def subject(self) -> str:
        """`orchestrator/NAME`, of the file where it has no name."""
        return subject("orchestrator", self.document.name or self.document.file)

    def at(self, *path: str | int, key: bool = False) -> Location:
        """The location of a path below `orchestrator`."""
        return self.document.at("orchestrator", *path, key=key)

    @cached_property
    def fallback(self) -> Lead | None:
        """The fallback agent, where one is written."""
        return next((lead for lead in self.leads if lead.kind == "fallback"), None)

    def handoffs(self) -> dict[str, list[Lead]]:
        """The hand-offs by the agent that hands over."""
        out: dict[str, list[Lead]] = {}
        for lead in self.leads:
            if lead.kind == "hand-off":
                out.setdefault(lead.source, []).append(lead)
        return out


def orchestrators(corpus: Corpus) -> Iterator[Orchestrator]:
    """The orchestrators of the call."""
    return (Orchestrator(document) for document in corpus.of_kind("orchestrator"))


def _agents(written: Any) -> Iterator[tuple[str, Path]]:
    """The agents with their places: a list of names, of mappings with a `name`, or a mapping by name."""
    for place, item in _entries(written):
        name = item.get("name") if isinstance(item, dict) and isinstance(written, list) else item
        name = place if isinstance(written, dict) else name
        if isinstance(name, str) and name:
            yield name, ("agents", place)


def _leads(data: dict[Any, Any]) -> Iterator[Lead]:
    for intent, target in _entries(data.get("routes")):
        for name, path in _targets(target, ("routes", intent)):
            yield Lead("route", str(intent), name, path)
    fallback = data.get("fallback_agent")
    if isinstance(fallback, str) and fallback:
        yield Lead("fallback", "", fallback, ("fallback_agent",))
    handoffs = data.get("handoffs")
    for source, target in handoffs.items() if isinstance(handoffs, dict) else ():
        for name, path in _targets(target, ("handoffs", source)):
            yield Lead("hand-off", str(source), name, path)


def _entries(value: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list):
        yield from enumerate(value)


def _targets(value: Any, path: Path) -> Iterator[tuple[str, Path]]:
    """The agents that a route or hand-off names: one, a list of them, or a mapping with an `agent`."""
    if isinstance(value, str) and value:
        yield value, path
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from _targets(item, (*path, place)) if not isinstance(item, list) else ()
    elif isinstance(value, dict) and isinstance(value.get("agent"), str):
        yield value["agent"], (*path, "agent")
