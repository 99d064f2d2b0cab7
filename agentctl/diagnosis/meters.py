"""Metrics as counts by minute: tasks, cost, durations, active runs, scrapes. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from math import isfinite

from agentctl.analysis.counters import read_counters
from agentctl.model.observations import Series
from agentctl.model.report import Window

ByMinute = dict[int, float]

TASKS = ("agent_tasks_total", "agent_tasks", "agent_tasks_created", "agent_tasks_total_created")
# In the order in which the runbooks ask for it, so that both share one answer.
COST = ("agent_cost_total_usd", "agent_cost_total_usd_total", "agent_cost_total_usd_created")
DURATION_SUM, DURATION_COUNT = ("agent_task_duration_seconds_sum",), ("agent_task_duration_seconds_count",)
ACTIVE = ("agent_active_runs",)
UP = ("up",)
# Labels that name the agent, in the order in which they are believed.
AGENT_LABELS = ("agent_name", "agent", "gen_ai_agent_name", "exported_agent", "service_name", "app")
# `tool` values of the duration histogram that are no tool.
NO_TOOL = frozenset({"", "llm", "total", "all", "task", "run", "none", "agent", "_total"})


@dataclass(slots=True)
class Meters:
    """By minute. `tasks[agent][status]`, `cost[agent][model]` (USD), `llm_calls[agent]`; over all agents `took[tool]` seconds and
    `calls[tool]`, with their `users[tool]`. `active[agent]` are the gauges as scraped, `seen[agent]` the times of its samples."""

    tasks: dict[str, dict[str, ByMinute]] = field(default_factory=dict)
    cost: dict[str, dict[str, ByMinute]] = field(default_factory=dict)
    took: dict[str, ByMinute] = field(default_factory=dict)
    calls: dict[str, ByMinute] = field(default_factory=dict)
    users: dict[str, set[str]] = field(default_factory=dict)
    llm_calls: dict[str, ByMinute] = field(default_factory=dict)
    active: dict[str, list[Series]] = field(default_factory=dict)
    up: list[Series] = field(default_factory=list)
    seen: dict[str, set[float]] = field(default_factory=dict)


def agent_of(series: Series) -> str:
    """The agent that a series belongs to, "" where its labels do not say."""
    return next((series.labels[name] for name in AGENT_LABELS if series.labels.get(name)), "")


def read_meters(ask: Callable[[tuple[str, ...], Window], Sequence[Series]], window: Window, wide: Window) -> Meters:
    """The meters of a window; tasks reach back to the start of `wide`. One family of metrics is held at a time."""
    meters = Meters()
    for labels, minutes in _rises(_noted(meters, ask(TASKS, wide)), wide):
        _add(meters.tasks.setdefault(labels["agent"], {}).setdefault(labels.get("status", ""), {}), minutes)
    for labels, minutes in _rises(_noted(meters, ask(COST, window)), window):
        _add(meters.cost.setdefault(labels["agent"], {}).setdefault(labels.get("model", ""), {}), minutes)
    for table, names in ((meters.took, DURATION_SUM), (meters.calls, DURATION_COUNT)):
        for series in ask(names, window):
            tool, agent = series.labels.get("tool", ""), agent_of(series)
            if tool not in NO_TOOL:
                _add_steps(table.setdefault(tool, {}), series)
                meters.users.setdefault(tool, set()).add(agent)
            elif tool == "llm" and table is meters.calls:
                _add_steps(meters.llm_calls.setdefault(agent, {}), series)
    for one in _noted(meters, ask(ACTIVE, window)):
        meters.active.setdefault(agent_of(one), []).append(one)
    meters.up = list(ask(UP, window))
    return meters


def _noted(meters: Meters, series: Sequence[Series]) -> Sequence[Series]:
    """The same series, the times of their samples noted."""
    for one in series:
        agent = agent_of(one)
        if agent and not one.name.endswith("_created"):
            meters.seen.setdefault(agent, set()).update(sample.time for sample in one.samples)
    return series


def _rises(series: Sequence[Series], window: Window) -> Iterable[tuple[dict[str, str], ByMinute]]:
    """What each counter rose by, minute by minute; a rise over several minutes is spread over them evenly."""
    for counter in read_counters(series, window):
        minutes: ByMinute = defaultdict(float)
        falls, times, values = set(counter.falls), counter.times, counter.values
        for i in range(1, len(times)):
            step = values[i] if i in falls else values[i] - values[i - 1]
            if step > 0:
                first, last = int(times[i - 1] // 60) + 1, int(times[i] // 60)
                span = max(last - first + 1, 1)
                for minute in range(last - span + 1, last + 1):
                    minutes[minute] += step / span
        agent = next((counter.labels[name] for name in AGENT_LABELS if counter.labels.get(name)), "")
        if agent:
            yield {**counter.labels, "agent": agent}, dict(minutes)


def _add_steps(into: ByMinute, series: Series) -> None:
    """What a counter rose by from one sample to the next, in the minute of the later one; a fall is a restart from zero.

    For sums whose ratio alone counts: a replica that is scraped twice changes both, and one float of error in a mean is none.
    """
    last = None
    for time, value in series.samples:
        if not isfinite(value):
            continue
        if last is not None and value != last:
            minute = int(time // 60)
            into[minute] = into.get(minute, 0.0) + (value - last if value > last else value)
        last = value


def _add(into: ByMinute, minutes: ByMinute) -> None:
    for minute, value in minutes.items():
        into[minute] = into.get(minute, 0.0) + value
