"""Metrics as counts by minute: tasks, cost, durations, active runs, scrapes. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from agentctl.analysis.counters import read_counters
from agentctl.model.observations import Series
from agentctl.model.report import Window

ByMinute = dict[int, float]

TASKS = ("agent_tasks_total", "agent_tasks", "agent_tasks_created", "agent_tasks_total_created")
COST = ("agent_cost_total_usd_total", "agent_cost_total_usd", "agent_cost_total_usd_created")
DURATION_SUM, DURATION_COUNT = ("agent_task_duration_seconds_sum",), ("agent_task_duration_seconds_count",)
ACTIVE = ("agent_active_runs",)
UP = ("up",)
# Labels that name the agent, in the order in which they are believed.
AGENT_LABELS = ("agent_name", "agent", "gen_ai_agent_name", "exported_agent", "service_name", "app")
# `tool` values of the duration histogram that are no tool.
NO_TOOL = frozenset({"", "llm", "total", "all", "task", "run", "none", "agent", "_total"})


@dataclass(slots=True)
class Meters:
    """Per agent and minute. `tasks[agent][status]`, `cost[agent][model]` (USD), `took[agent, tool]` seconds and `calls[agent, tool]`
    (tool "llm" = the model), `active[agent]` = list of (time, runs of one process), `last[agent]` = its last sample's time."""

    tasks: dict[str, dict[str, ByMinute]] = field(default_factory=dict)
    cost: dict[str, dict[str, ByMinute]] = field(default_factory=dict)
    took: dict[tuple[str, str], ByMinute] = field(default_factory=dict)
    calls: dict[tuple[str, str], ByMinute] = field(default_factory=dict)
    active: dict[str, list[Series]] = field(default_factory=dict)
    up: list[Series] = field(default_factory=list)
    last: dict[str, float] = field(default_factory=dict)
    first: dict[str, float] = field(default_factory=dict)
    series: dict[str, list[Series]] = field(default_factory=dict)


def agent_of(series: Series) -> str:
    """The agent that a series belongs to, "" where its labels do not say."""
    return next((series.labels[name] for name in AGENT_LABELS if series.labels.get(name)), "")


def read_meters(
    tasks: Sequence[Series], cost: Sequence[Series], sums: Sequence[Series], counts: Sequence[Series], active: Sequence[Series], up: Sequence[Series], window: Window
) -> Meters:
    """The meters of a window (which may reach back into history)."""
    meters = Meters(up=list(up))
    for labels, minutes in _rises(tasks, window):
        _add(meters.tasks.setdefault(labels["agent"], {}).setdefault(labels.get("status", ""), {}), minutes)
    for labels, minutes in _rises(cost, window):
        _add(meters.cost.setdefault(labels["agent"], {}).setdefault(labels.get("model", ""), {}), minutes)
    for table, series in ((meters.took, sums), (meters.calls, counts)):
        for labels, minutes in _rises(series, window):
            _add(table.setdefault((labels["agent"], labels.get("tool", "")), {}), minutes)
    for one in active:
        meters.active.setdefault(agent_of(one), []).append(one)
    _seen(meters, (*tasks, *cost, *active))
    return meters


def _seen(meters: Meters, series: Iterable[Series]) -> None:
    for one in series:
        agent = agent_of(one)
        if not agent or not one.samples or one.name.endswith("_created"):
            continue
        meters.last[agent] = max(meters.last.get(agent, 0.0), one.samples[-1].time)
        meters.first[agent] = min(meters.first.get(agent, one.samples[0].time), one.samples[0].time)
        meters.series.setdefault(agent, []).append(one)


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


def _add(into: ByMinute, minutes: ByMinute) -> None:
    for minute, value in minutes.items():
        into[minute] = into.get(minute, 0.0) + value
