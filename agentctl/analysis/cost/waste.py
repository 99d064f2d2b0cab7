"""Money spent for nothing, call by call, from the log lines: retries, failed runs, the same call again, answers cut off.

A call is counted once, under the first of these that holds. Lines that carry a run id are followed exactly; without one,
the runs of a pod cannot be told apart, so a failed attempt is taken to have cost one average call: an estimate that says so.
"""

from __future__ import annotations

from collections import Counter as Tally
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from agentctl.analysis.logs.templates import error_template
from agentctl.model.money import ZERO, Figure, Quality, divide
from agentctl.model.records import FailedAttempt, LlmCall, LogRecord, ToolCall

RETRIES, FAILED, REPEATS, HOPS, CUT = (
    "retries",
    "failed runs",
    "same call again",
    "agents calling each other",
    "cut off",
)
# From this many equal tool calls in one run on, what follows is going in circles.
SAME_CALLS = 3
# From this many changes of agent in one trace on, agents are handing a task to and fro.
MAX_HOPS = 10
# Several answers of exactly one length that no answer ever exceeds were cut off there by max_tokens.
_CUT_LEAST, _CUT_TIMES = 64, 3
NO_RUN_ID = "no run ids in the log: one average call an attempt"


@dataclass(slots=True)
class Call:
    """One model call. `why` is the kind of waste it turned out to be, "" while it is none."""

    agent: str
    model: str
    cost: Decimal | None
    output: int | None
    why: str = ""
    what: str = ""


@dataclass(frozen=True, slots=True)
class Example:
    """A log line that shows it: where it stands, and its text (not redacted)."""

    place: str
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Waste:
    """What one kind of waste cost one agent. `count` is how often it happened, `calls` the model calls that were paid for it."""

    agent: str
    kind: str
    what: str
    spent: Figure
    calls: int
    count: int
    example: Example | None


@dataclass(slots=True)
class _Run:
    agent: str
    calls: list[Call] = field(default_factory=list)
    attempt_from: int = 0
    failed: str = ""
    seen: Tally[tuple[str, str]] = field(default_factory=Tally)
    circling: str = ""
    example: Example | None = None


@dataclass(slots=True)
class _Entry:
    calls: list[Call] = field(default_factory=list)
    count: int = 0
    example: Example | None = None


@dataclass(slots=True)
class WasteTally:
    """Takes records of one stream after the other, in their order; `results()` once at the end. Holds each model call once."""

    runs: dict[tuple[str, str], _Run] = field(default_factory=dict)
    traces: dict[str, list[str]] = field(default_factory=dict)
    loose: dict[str, list[Call]] = field(default_factory=lambda: defaultdict(list))
    attempts: dict[tuple[str, str], _Entry] = field(default_factory=lambda: defaultdict(_Entry))
    events: dict[tuple[str, str, str], _Entry] = field(default_factory=lambda: defaultdict(_Entry))

    def add(self, record: LogRecord) -> None:
        """Count one record."""
        run = self._run(record)
        marker = record.marker
        if isinstance(marker, LlmCall):
            self._call(record, marker, run)
        elif isinstance(marker, FailedAttempt):
            self._attempt(record, marker, run)
        elif isinstance(marker, ToolCall) and run is not None:
            self._tool(record, marker, run)
        elif record.is_error and run is not None and not run.failed:
            run.failed, run.example = error_template(record.message), _example(record)

    def results(self) -> list[Waste]:
        """Every kind of waste of every agent, dearest first."""
        entries: dict[tuple[str, str, str], _Entry] = defaultdict(_Entry)
        for key, event in self.events.items():
            entries[key].count, entries[key].example = event.count, event.example
        for run in self.runs.values():
            self._close(run, entries)
        for call in (c for calls in self.loose.values() for c in calls if c.why):
            entries[call.agent, call.why, call.what].calls.append(call)
        self._cut_off(entries)
        out = [_waste(key, entry) for key, entry in entries.items() if entry.calls]
        out += [w for key, entry in self.attempts.items() if (w := self._estimated(key, entry)) is not None]
        return sorted(out, key=lambda w: (-w.spent.known, w.agent, w.kind, w.what))

    def spent(self) -> Figure:
        """All that the calls cost, wasted or not."""
        return _sum(
            [c for run in self.runs.values() for c in run.calls] + [c for calls in self.loose.values() for c in calls]
        )

    def _run(self, record: LogRecord) -> _Run | None:
        if record.run_id is None:
            return None
        return self.runs.setdefault((record.who, record.run_id), _Run(record.who))

    def _call(self, record: LogRecord, marker: LlmCall, run: _Run | None) -> None:
        call = Call(record.who, marker.model, marker.cost, marker.output_tokens)
        if record.trace_id:
            self._hop(record, call)
        if run is None:
            self.loose[record.who].append(call)
            return
        if run.circling and not call.why:
            call.why, call.what = REPEATS, run.circling
        run.calls.append(call)

    def _hop(self, record: LogRecord, call: Call) -> None:
        agents = self.traces.setdefault(record.trace_id or "", [])
        if not agents or agents[-1] != record.who:
            agents.append(record.who)
        if len(agents) > MAX_HOPS:
            call.why, call.what = HOPS, " and ".join(sorted(set(agents)))
            self._happened(record.who, HOPS, call.what, record)

    def _attempt(self, record: LogRecord, marker: FailedAttempt, run: _Run | None) -> None:
        what = error_template(marker.error)
        if run is None:
            entry = self.attempts[record.who, what]
            entry.count += 1
            entry.example = entry.example or _example(record)
            return
        for call in run.calls[run.attempt_from :]:
            call.why, call.what = call.why or RETRIES, call.what or what
        run.attempt_from = len(run.calls)
        self._happened(record.who, RETRIES, what, record)

    def _tool(self, record: LogRecord, marker: ToolCall, run: _Run) -> None:
        same = (marker.tool, str(sorted(marker.arguments.items())))
        run.seen[same] += 1
        if run.seen[same] >= SAME_CALLS:
            run.circling = marker.tool
            self._happened(record.who, REPEATS, marker.tool, record)
        else:
            run.circling = ""

    def _happened(self, agent: str, kind: str, what: str, record: LogRecord) -> None:
        entry = self.events[agent, kind, what]
        entry.count += 1
        entry.example = entry.example or _example(record)

    def _close(self, run: _Run, entries: dict[tuple[str, str, str], _Entry]) -> None:
        if run.failed:
            for call in run.calls:
                call.why, call.what = call.why or FAILED, call.what or run.failed
            entry = entries[run.agent, FAILED, run.failed]
            entry.count += 1
            entry.example = entry.example or run.example
        for call in run.calls:
            if call.why:
                entries[call.agent, call.why, call.what].calls.append(call)

    def _cut_off(self, entries: dict[tuple[str, str, str], _Entry]) -> None:
        every = [c for run in self.runs.values() for c in run.calls] + [
            c for calls in self.loose.values() for c in calls
        ]
        lengths: dict[tuple[str, str], Tally[int]] = defaultdict(Tally)
        for call in every:
            if call.output:
                lengths[call.agent, call.model][call.output] += 1
        caps = {
            key: max(tally)
            for key, tally in lengths.items()
            if max(tally) >= _CUT_LEAST and tally[max(tally)] >= _CUT_TIMES
        }
        for call in every:
            if call.why or not call.output or call.output != caps.get((call.agent, call.model)):
                continue
            entry = entries[call.agent, CUT, f"{call.model} at {call.output} tokens"]
            entry.calls.append(call)
            entry.count += 1

    def _estimated(self, key: tuple[str, str], entry: _Entry) -> Waste | None:
        agent, what = key
        priced = [c.cost for c in self.loose[agent] if c.cost is not None]
        each = divide(sum(priced, ZERO), len(priced)) if priced else None
        if each is None:
            spent = Figure.unknown("no priced call of this agent in the log")
        else:
            spent = Figure(each * entry.count, Quality.ESTIMATED, (NO_RUN_ID,))
        return Waste(agent, RETRIES, what, spent, entry.count, entry.count, entry.example)


def _waste(key: tuple[str, str, str], entry: _Entry) -> Waste:
    agent, kind, what = key
    spent = _sum(entry.calls)
    if kind == CUT and spent.quality is Quality.EXACT:
        spent = Figure(
            spent.value, Quality.ESTIMATED, ("taken for cut off by their equal length, the longest there is",)
        )
    return Waste(agent, kind, what, spent, len(entry.calls), entry.count, entry.example)


def _sum(calls: Iterable[Call]) -> Figure:
    held = list(calls)
    unpriced = sum(1 for c in held if c.cost is None)
    if not held or unpriced == len(held):
        return Figure.unknown("no priced call")
    value = sum((c.cost for c in held if c.cost is not None), ZERO)
    if unpriced:
        return Figure(value, Quality.LOWER_BOUND, (f"{unpriced} of {len(held)} calls state no cost",))
    return Figure(value)


def _example(record: LogRecord) -> Example:
    origin = record.origin
    place = "/".join(p for p in (origin.namespace, origin.pod, origin.container) if p) or origin.file
    return Example(place, record.line, record.message.split("\n", 1)[0])
