"""Digests of several streams, or of several parts of one, as one digest. The order of the parts makes no difference."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from agentctl.analysis.logs.calls import add_totals, dearest
from agentctl.analysis.logs.digest import RUNS, Counts, Group, LlmTotals, LogDigest, RunTotals, ToolTotals
from agentctl.analysis.logs.groups import merge_groups


def merge(parts: Iterable[LogDigest]) -> LogDigest:
    """One digest of all; exact, but for the bounds on groups and runs that LogDigest names."""
    digests = list(parts)
    if len(digests) == 1:
        return digests[0]
    runs, left_out = _runs(digests)
    times = [t for d in digests for t in (d.first_time, d.last_time) if t is not None]
    return LogDigest(
        lines=sum(d.lines for d in digests),
        records=sum(d.records for d in digests),
        errors=sum(d.errors for d in digests),
        undated=sum(d.undated for d in digests),
        outside=sum(d.outside for d in digests),
        cut=sum(d.cut for d in digests),
        first_time=min(times, default=None),
        last_time=max(times, default=None),
        activity=_sum_minutes([d.activity for d in digests], Counts),
        groups=merge_groups(d.groups for d in digests),
        attempts=merge_groups(d.attempts for d in digests),
        blocked=merge_groups(d.blocked for d in digests),
        warnings=merge_groups(d.warnings for d in digests),
        tools=_sum_minutes([d.tools for d in digests], ToolTotals),
        llm=_sum_minutes([d.llm for d in digests], LlmTotals),
        dearest=dearest(c for d in digests for c in d.dearest),
        runs=runs,
        runs_left_out=left_out,
    )


def shifted(digest: LogDigest, lines: int) -> LogDigest:
    """A digest of a later part of a file with its line numbers counted from the file's start."""
    if not lines:
        return digest
    return replace(
        digest,
        dearest=tuple(c._replace(line=c.line + lines) for c in digest.dearest),
        groups=_shift(digest.groups, lines),
        attempts=_shift(digest.attempts, lines),
        blocked=_shift(digest.blocked, lines),
        warnings=_shift(digest.warnings, lines),
    )


def _shift(groups: Sequence[Group], lines: int) -> tuple[Group, ...]:
    return tuple(_shift_group(group, lines) for group in groups)


def _shift_group(group: Group, lines: int) -> Group:
    place = group.traceback_order
    return replace(
        group,
        sample=group.sample._replace(line=group.sample.line + lines),
        traceback_order=place and (*place[:4], place[4] + lines),
    )


def _sum_minutes(parts: Sequence[Mapping[Any, Mapping[int, Any]]], make: Any) -> dict[Any, dict[int, Any]]:
    merged: dict[Any, dict[int, Any]] = {}
    for part in parts:
        for key, minutes in part.items():
            mine = merged.get(key)
            if mine is None:
                merged[key] = dict(minutes)
                continue
            for minute, totals in minutes.items():
                known = mine.get(minute)
                mine[minute] = totals if known is None else make(*(a + b for a, b in zip(known, totals, strict=True)))
    return merged


def _runs(digests: Sequence[LogDigest]) -> tuple[dict[str, RunTotals], int]:
    merged: dict[str, RunTotals] = {}
    left_out = sum(d.runs_left_out for d in digests)
    for digest in digests:
        for run_id, run in digest.runs.items():
            mine = merged.get(run_id)
            if mine is not None:
                _absorb_run(mine, run)
            elif len(merged) < RUNS:
                merged[run_id] = replace(run, tools=dict(run.tools))
            else:
                left_out += run.records
    return merged, left_out


def _absorb_run(mine: RunTotals, other: RunTotals) -> None:
    mine.records += other.records
    mine.errors += other.errors
    mine.llm = add_totals(mine.llm, other.llm)
    for tool, calls in other.tools.items():
        mine.tools[tool] = mine.tools.get(tool, 0) + calls
    if _starts(other) < _starts(mine):
        mine.agent, mine.pod, mine.first_seen = other.agent, other.pod, other.first_seen
    mine.last_seen = max((t for t in (mine.last_seen, other.last_seen) if t is not None), default=None)


def _starts(run: RunTotals) -> tuple[float, str, str]:
    return (float("inf") if run.first_seen is None else run.first_seen, run.agent, run.pod)
