"""The metrics of one agent process, as prometheus_client keeps and exposes them.

A Counter is exposed with the suffix `_total` and a `_created` series beside it; a labelled series is born at its first use; all die
with the process.
"""

from __future__ import annotations

from bisect import bisect_left

BUCKETS = (0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
_LE = (*(str(b) for b in BUCKETS), "+Inf")

# A series within one target: the metric's name and its own labels.
Key = tuple[str, tuple[tuple[str, str], ...]]

TASKS, COST, DURATION, ACTIVE = (
    "agent_tasks_total",
    "agent_cost_total_usd_total",
    "agent_task_duration_seconds",
    "agent_active_runs",
)


class Histogram:
    """Observations by bucket (not cumulative), their sum and number; counts may be fractional while a history is summed up."""

    __slots__ = ("counts", "created", "keys", "total")

    def __init__(self, agent: str, tool: str, created: float) -> None:
        self.counts = [0.0] * (len(BUCKETS) + 1)
        self.total = 0.0
        self.created = created
        base = (("agent_name", agent), ("tool", tool))
        self.keys: tuple[Key, ...] = (
            *((f"{DURATION}_bucket", (*base[:1], ("le", le), *base[1:])) for le in _LE),
            (f"{DURATION}_count", base),
            (f"{DURATION}_sum", base),
        )

    def observe(self, seconds: float) -> None:
        """One observation; a value on a bucket's edge belongs to that bucket."""
        self.counts[bisect_left(BUCKETS, seconds)] += 1
        self.total += seconds


class Registry:
    """All series of one process of one agent."""

    def __init__(self, agent: str, now: float, memory: float) -> None:
        self.agent = agent
        self.counters: dict[Key, float] = {}
        self.histograms: dict[str, Histogram] = {}
        self.gauges: dict[Key, float] = {
            (ACTIVE, (("agent_name", agent),)): 0.0,
            ("process_resident_memory_bytes", ()): memory,
            ("process_start_time_seconds", ()): round(now, 2),
        }
        self._cost_keys: dict[str, tuple[Key, Key]] = {}
        self._task_keys: dict[str, tuple[Key, Key]] = {}
        self.active_key: Key = (ACTIVE, (("agent_name", agent),))
        self.memory_key: Key = ("process_resident_memory_bytes", ())

    def task(self, status: str, now: float, count: float = 1.0) -> None:
        """Count a task that ended in `status` (success, error or timeout)."""
        keys = self._task_keys.get(status)
        if keys is None:
            labels = (("agent_name", self.agent), ("status", status))
            keys = self._task_keys[status] = ((TASKS, labels), ("agent_tasks_created", labels))
            self._born(keys, now)
        self.counters[keys[0]] += count

    def cost(self, model: str, usd: float, now: float) -> None:
        """Add USD spent on a model."""
        keys = self._cost_keys.get(model)
        if keys is None:
            labels = (("agent_name", self.agent), ("model", model))
            keys = self._cost_keys[model] = ((COST, labels), ("agent_cost_total_usd_created", labels))
            self._born(keys, now)
        self.counters[keys[0]] += usd

    def histogram(self, tool: str, now: float) -> Histogram:
        """The duration histogram of a tool (`llm` for model calls)."""
        found = self.histograms.get(tool)
        if found is None:
            found = self.histograms[tool] = Histogram(self.agent, tool, now)
        return found

    def snapshot(self, buckets: bool) -> list[tuple[Key, float]]:
        """Every series and its value now, as /metrics exposes them."""
        found = [*self.counters.items(), *self.gauges.items()]
        for histogram in self.histograms.values():
            running = 0
            for key, count in zip(histogram.keys, histogram.counts, strict=False):
                running += int(count)
                if buckets:
                    found.append((key, running))
            found.append((histogram.keys[-2], running))
            found.append((histogram.keys[-1], histogram.total))
        return found

    def _born(self, keys: tuple[Key, Key], now: float) -> None:
        self.counters[keys[0]] = 0.0
        self.gauges[keys[1]] = round(now, 6)
