"""The tie that AG103 offers: `agent.tools.TOOL.actions: [ENTRY]`, written into the file where its layout allows it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from agentctl.documents.edits import Edit, ending
from agentctl.documents.node import Document
from agentctl.governance.rules.ag103_near_miss import near_misses
from agentctl.governance.rules.base import Governed


class Tie(NamedTuple):
    """An entry of a tier that is tied to a tool. `edit` is None where the file's layout leaves no simple place for it."""

    document: Document
    tool: str
    entry: str
    edit: Edit | None

    @property
    def says(self) -> str:
        """What it comes to, as a person would write it."""
        return f"agent.tools.{self.tool}.actions: [{self.entry}]"


def ties(documents: Sequence[Document]) -> Iterator[Tie]:
    """Every tie that is offered, one at a time a document: after the first is written the places of the others move."""
    for document in documents:
        if document.kind != "governance":
            continue
        for miss in near_misses(Governed(document)):
            yield Tie(document, miss.tool, miss.entry, _edit(document, miss.tool, miss.entry))


def _edit(document: Document, tool: str, entry: str) -> Edit | None:
    """Where the tie goes: into the list of actions, else below the tool, else below `tools`, else as `tools` before the tiers."""
    if document.embedding is not None or not (_plain(tool) and _plain(entry)):
        return None
    actions = document.get("agent", "tools", tool, "actions")
    if isinstance(actions, list):
        return _into_list(document, tool, entry, actions)
    written = document.get("agent", "tools", tool)
    if isinstance(written, dict) and written:
        return _before(document, ("agent", "tools", tool, next(iter(written))), [f"actions: [{entry}]"])
    tools = document.get("agent", "tools")
    if isinstance(tools, dict) and tools and tool not in tools:
        return _before(document, ("agent", "tools", next(iter(tools))), [f"{tool}:", f"  actions: [{entry}]"])
    if tools is None and "tools" not in document.get("agent", default={}):
        return _before(document, ("agent", "decision_authority"), ["tools:", f"  {tool}:", f"    actions: [{entry}]"])
    return None


def _plain(name: str) -> bool:
    return bool(name) and name.replace("_", "a").replace("-", "a").isalnum() and not name[0].isdigit()


def _into_list(document: Document, tool: str, entry: str, actions: list[Any]) -> Edit | None:
    if not actions:
        return None
    span = document.span("agent", "tools", tool, "actions", len(actions) - 1)
    if span is None or span.line != span.end_line:
        return None
    line = document.lines[span.line - 1]
    before = line[: span.column - 1]
    if before.strip() == "-":
        return Edit(
            span.line, span.end_column, span.end_column, f"{ending(document.source)}{before}{entry}", "AG103: the tie"
        )
    return Edit(span.line, span.end_column, span.end_column, f", {entry}", "AG103: the tie")


def _before(document: Document, path: tuple[str, ...], lines: Sequence[str]) -> Edit | None:
    """New lines before a key that starts a line, with its indentation, above the comments that stand right above it."""
    span = document.span(*path, key=True)
    if span is None:
        return None
    text = document.lines
    indent = text[span.line - 1][: span.column - 1]
    if indent.strip():
        return None
    first = span.line
    while first > 1 and text[first - 2].strip().startswith("#"):
        first -= 1
    new = "".join(f"{indent}{line}{ending(document.source)}" for line in lines)
    return Edit(first, 1, 1, new, "AG103: the tie")
