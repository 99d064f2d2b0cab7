"""What each tool's answers cost to read: a model call is booked to the tools called since the model call before it.

No price stands on a tool call itself, so this is an estimate: the call that reads a tool's answer also carries the whole
conversation before it. Calls that follow no tool (the first of a run) belong to no tool.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from agentctl.analysis.cost.logged import Logged
from agentctl.analysis.logs.digest import LlmTotals
from agentctl.model.money import ZERO
from agentctl.model.records import LlmCall, LogRecord, ToolCall

ESTIMATE = "a model call is booked to the tools called just before it"


@dataclass(slots=True)
class ToolBook:
    """Takes records stream by stream, in order. Runs are told apart by their id; where lines have none, by their pod."""

    booked: dict[str | None, Logged] = field(default_factory=lambda: defaultdict(Logged))
    _since: dict[tuple[str, str], list[str]] = field(default_factory=lambda: defaultdict(list))

    def add(self, record: LogRecord) -> None:
        """Count one record. A call that follows several tools is shared out evenly, tokens rounded down."""
        key = record.who, record.run_id or record.origin.pod or record.origin.file
        marker = record.marker
        if isinstance(marker, ToolCall):
            self._since[key].append(marker.tool)
        elif isinstance(marker, LlmCall):
            tools: list[str | None] = [*self._since.pop(key, ())]
            for tool in tools or [None]:
                self.booked[tool] = self.booked[tool].plus(_share(marker, len(tools) or 1))


def _share(call: LlmCall, parts: int) -> LlmTotals:
    cost = ZERO if call.cost is None else call.cost / parts
    tokens = (call.input_tokens or 0) // parts, (call.output_tokens or 0) // parts
    return LlmTotals(1, tokens[0], tokens[1], cost, 1 if call.cost is None else 0)


def book_by_tool(records: Iterable[LogRecord]) -> dict[str | None, Logged]:
    """What the calls of each tool cost to read; None holds the calls that follow no tool."""
    book = ToolBook()
    for record in records:
        book.add(record)
    return dict(book.booked)
