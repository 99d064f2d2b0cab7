"""Metrics as counts by minute: tasks, cost, durations, active runs, scrapes. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import isfinite

from agentctl.analysis.counters import Counter, read_counters
from agentctl.diagnosis.spread import Spread, Stretches
from agentctl.diagnosis.timeline import ByMinute, Minutes
from agentctl.model.observations import Series, times_of
from agentctl.model.report import Window

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

    tasks: dict[str, dict[str, Minutes]] = field(default_factory=dict)
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
    tasks = _spread(_rises(_noted(meters, ask(TASKS, wide)), wide), "status")
    meters.tasks.update({agent: dict(found) for agent, found in tasks.items()})
    cost = _spread(_rises(_noted(meters, ask(COST, window)), window), "model")
    meters.cost.update({agent: {model: m.by_minute() for model, m in found.items()} for agent, found in cost.items()})
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
            meters.seen.setdefault(agent, set()).update(times_of(one.samples))
    return series


def _spread(rises: Iterable[tuple[str, Mapping[str, str], Stretches]], by: str) -> dict[str, dict[str, Spread]]:
    """The rises by agent and by the value of a label."""
    table: dict[str, dict[str, Spread]] = {}
    for agent, labels, stretches in rises:
        table.setdefault(agent, {}).setdefault(labels.get(by, ""), Spread()).add(stretches)
    return table


def _rises(series: Sequence[Series], window: Window) -> Iterable[tuple[str, Mapping[str, str], Stretches]]:
    """What each counter rose by, minute by minute; a rise over several minutes is spread over them evenly."""
    for counter in read_counters(series, window):
        agent = next((counter.labels[name] for name in AGENT_LABELS if counter.labels.get(name)), "")
        if agent:
            yield agent, counter.labels, _stretches(counter)


def _stretches(counter: Counter) -> Stretches:
    found = Stretches()
    falls, times, values = set(counter.falls), counter.times, counter.values
    for i, (before, value) in enumerate(pairwise(values), 1):
        step = value if i in falls else value - before
        if step > 0:
            first, last = int(times[i - 1] // 60) + 1, int(times[i] // 60)
            span = max(last - first + 1, 1)
            found.add(last - span + 1, last, step / span)
    return found


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
