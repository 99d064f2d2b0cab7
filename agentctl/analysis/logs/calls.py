"""Tool and model calls summed up by minute, and the dearest of them."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from decimal import Decimal
from math import inf

from agentctl.analysis.logs.digest import DEAREST, Cell, DearCall, LlmTotals, ToolTotals
from agentctl.model.records import LlmCall, LogRecord, ToolCall

Key = tuple[str, str, str]
# Distinct arguments of one tool that are remembered within a minute; then it begins anew, so that memory stays bounded.
_REMEMBERED = 4096


class ToolTally:
    """Calls by (agent, pod, tool) and minute. Of the arguments only those of the current minute are kept."""

    def __init__(self) -> None:
        # [calls, repeats]
        self._minutes: dict[Key, dict[int, list[int]]] = {}
        self._current: dict[Key, tuple[int, set[Hashable]]] = {}

    def add(self, record: LogRecord, call: ToolCall, cell: Cell, minute: int) -> None:
        """Count a call. Two calls are equal if their text is, or the fields of a structured record."""
        text = record.message.split("\n", 1)[0].rstrip()
        usual = f"TOOL_CALL: {call.tool}"
        arguments: Hashable = (text, *call.arguments.items())
        if text.startswith(usual) and text.isascii() and text.isprintable():
            arguments = text[len(usual) :].encode()
        self.count((*cell, call.tool), minute, arguments)

    def count(self, key: Key, minute: int, arguments: Hashable) -> None:
        """Count a call whose arguments are known by a value that is equal for equal ones."""
        note_call(*self.open(key, minute), arguments)

    def open(self, key: Key, minute: int) -> tuple[list[int], set[Hashable]]:
        """The totals of a minute, and the arguments seen in it, for `note_calls`; good until another minute is opened."""
        minutes = self._minutes.get(key)
        if minutes is None:
            minutes = self._minutes[key] = {}
        totals = minutes.get(minute)
        if totals is None:
            totals = minutes[minute] = [0, 0]
        current = self._current.get(key)
        if current is None or current[0] != minute:
            current = self._current[key] = (minute, set())
        return totals, current[1]

    def totals(self) -> dict[Key, dict[int, ToolTotals]]:
        """The sums."""
        return {key: {m: ToolTotals(*t) for m, t in minutes.items()} for key, minutes in self._minutes.items()}


def note_call(totals: list[int], seen: set[Hashable], arguments: Hashable) -> None:
    """Count one call, as a repeat if its arguments were seen."""
    totals[0] += 1
    if arguments in seen:
        totals[1] += 1
    else:
        if len(seen) >= _REMEMBERED:
            seen.clear()
        seen.add(arguments)


def note_calls(totals: list[int], seen: set[Hashable], arguments: Sequence[Hashable]) -> None:
    """Count calls in their order, as `note_call` counts each of them."""
    fresh = set(arguments) - seen
    if len(seen) + len(fresh) > _REMEMBERED:
        for one in arguments:
            note_call(totals, seen, one)
        return
    totals[0] += len(arguments)
    totals[1] += len(arguments) - len(fresh)
    seen |= fresh


class LlmTally:
    """Model calls by (agent, pod, model) and minute, and the dearest of all."""

    def __init__(self) -> None:
        self._minutes: dict[Key, dict[int, LlmTotals]] = {}
        self._dear: list[DearCall] = []
        # Only a call at least as dear as this can be among the dearest.
        self.floor = Decimal(-1)

    def add(self, record: LogRecord, call: LlmCall, cell: Cell, minute: int) -> None:
        """Count a call."""
        self.count((*cell, call.model), minute, totals_of(call))
        if call.cost is not None and call.cost >= self.floor:
            agent, pod = cell
            read, written = call.input_tokens, call.output_tokens
            time, trace, run = record.time, record.trace_id, record.run_id
            self.offer(DearCall(call.cost, agent, pod, call.model, read, written, time, trace, run, record.line))

    def count(self, key: Key, minute: int, totals: LlmTotals) -> None:
        """Count calls that are summed up already."""
        minutes = self._minutes.get(key)
        if minutes is None:
            minutes = self._minutes[key] = {}
        known = minutes.get(minute)
        minutes[minute] = totals if known is None else add_totals(known, totals)

    def offer(self, call: DearCall) -> None:
        """Keep a call if it may be among the dearest."""
        self._dear.append(call)
        if len(self._dear) >= 4 * DEAREST:
            self._dear = list(dearest(self._dear))
            self.floor = self._dear[-1].cost

    def totals(self) -> dict[Key, dict[int, LlmTotals]]:
        """The sums."""
        return self._minutes

    def dearest(self) -> tuple[DearCall, ...]:
        """At most DEAREST calls, dearest first."""
        return dearest(self._dear)


def dearest(calls: Iterable[DearCall]) -> tuple[DearCall, ...]:
    """The DEAREST of these calls, dearest first, then earliest, then by agent, pod and line."""
    return tuple(sorted(calls, key=_order)[:DEAREST])


def _order(call: DearCall) -> tuple[Decimal, float, str, str, int, str, str]:
    return (
        -call.cost,
        inf if call.time is None else call.time,
        call.agent,
        call.pod,
        call.line,
        call.model,
        call.run_id or "",
    )


def totals_of(call: LlmCall) -> LlmTotals:
    """The totals of one call."""
    cost = call.cost
    return LlmTotals(
        1, call.input_tokens or 0, call.output_tokens or 0, Decimal(0) if cost is None else cost, int(cost is None)
    )


def add_totals(one: LlmTotals, other: LlmTotals) -> LlmTotals:
    """The totals of the calls of both."""
    calls, read, written, cost, unpriced = other
    return LlmTotals(one[0] + calls, one[1] + read, one[2] + written, one[3] + cost, one[4] + unpriced)
