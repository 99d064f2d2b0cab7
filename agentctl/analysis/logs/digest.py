"""What many log lines come to: counts by minute, error groups, tool and model calls. Plain data, picklable, mergeable.

A *cell* is (agent, pod); the pod is "" where the lines come from a plain file. A *minute* is `int(unix seconds // 60)`,
and NO_MINUTE where the record has no time. Merging is exact and does not depend on the order of the parts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from agentctl.model.records import LogRecord

Cell = tuple[str, str]
# Time, pod, file, container, line: which record is the earlier one.
Order = tuple[float, str, str, str, int]
NO_MINUTE = -1
TRACE_IDS = 20
# The key in `Group.after` that stands for a model call.
MODEL_CALL = "llm.call"
DEAREST = 100
GROUPS = 5000
RUNS = 100_000
# Groups beyond GROUPS, the rarest, are counted under this template, so that the counts still add up.
OTHER = "(other)"


class Counts(NamedTuple):
    """Records of one cell in one minute; errors and warnings are among the records."""

    records: int
    errors: int
    warnings: int


class ToolTotals(NamedTuple):
    """Calls of one tool. `repeats`: those whose arguments equal an earlier call's of the same cell in the same minute."""

    calls: int
    repeats: int


class LlmTotals(NamedTuple):
    """Model calls. Tokens that a line does not state count 0; `cost` is USD of the priced calls, `unpriced` the others."""

    calls: int
    input_tokens: int
    output_tokens: int
    cost: Decimal
    unpriced: int


class DearCall(NamedTuple):
    """One model call among the dearest. `cost` is USD, `time` unix seconds UTC or None."""

    cost: Decimal
    agent: str
    pod: str
    model: str
    input_tokens: int | None
    output_tokens: int | None
    time: float | None
    trace_id: str | None
    run_id: str | None
    line: int


@dataclass(slots=True)
class RunTotals:
    """All records that carry one run id. Times are unix seconds UTC; `tools` counts calls by tool."""

    run_id: str
    agent: str
    pod: str
    records: int = 0
    errors: int = 0
    llm: LlmTotals = LlmTotals(0, 0, 0, Decimal(0), 0)
    tools: dict[str, int] = field(default_factory=dict)
    first_seen: float | None = None
    last_seen: float | None = None


@dataclass(slots=True)
class Group:
    """Records of one kind: what is left when ids, numbers and quoted text are masked is equal.

    `level` is the most severe one seen. `sample` is the earliest record (not redacted; its traceback included),
    `traceback` the traceback of the earliest record that has one, `trace_ids` the earliest TRACE_IDS distinct ids.
    The counts of `cells` (by cell, then minute) add up to `count`.
    """

    template: str
    level: str | None
    count: int
    cells: dict[Cell, dict[int, int]]
    first_seen: float | None
    last_seen: float | None
    sample: LogRecord
    traceback: str | None = None
    trace_ids: list[str] = field(default_factory=list)
    # When each of `trace_ids` was first seen, unix seconds; what merging needs to keep the earliest.
    trace_times: list[float] = field(default_factory=list)
    # The place of the record that `traceback` is from, as `groups.order` gives it.
    traceback_order: Order | None = None
    # How often each tool's call (or MODEL_CALL) was the last one logged before in the same stream; "" where none was.
    # A hint only: several runs share a stream, and a stream read in parts loses it at each cut.
    after: dict[str, int] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class LogDigest:
    """Everything that the commands ask of the logs.

    - `lines`: lines read (those out of the window included); `records`: records in the window; `errors`: those of an
      error level; `undated`: records with no time (kept); `outside`: records dropped because they lie out of the window;
      `cut`: lines longer than the limit, read up to it.
    - `first_time`, `last_time`: unix seconds UTC of the records in the window, None where none has a time.
    - `activity[cell][minute]`: Counts. `tools[agent, pod, tool][minute]`, `llm[agent, pod, model][minute]`: totals.
    - `groups` (errors), `attempts` (`Attempt N failed`, by the error), `blocked` (policy refusals), `warnings` (warnings
      that are neither): most frequent first, then by template.
    - `dearest`: at most DEAREST model calls, dearest first. `runs[run_id]`: at most a fixed number of runs, `runs_left_out`
      records belong to runs beyond it.
    """

    lines: int = 0
    records: int = 0
    errors: int = 0
    undated: int = 0
    outside: int = 0
    cut: int = 0
    first_time: float | None = None
    last_time: float | None = None
    activity: Mapping[Cell, Mapping[int, Counts]] = field(default_factory=dict)
    groups: tuple[Group, ...] = ()
    attempts: tuple[Group, ...] = ()
    blocked: tuple[Group, ...] = ()
    warnings: tuple[Group, ...] = ()
    tools: Mapping[tuple[str, str, str], Mapping[int, ToolTotals]] = field(default_factory=dict)
    llm: Mapping[tuple[str, str, str], Mapping[int, LlmTotals]] = field(default_factory=dict)
    dearest: tuple[DearCall, ...] = ()
    runs: Mapping[str, RunTotals] = field(default_factory=dict)
    runs_left_out: int = 0
