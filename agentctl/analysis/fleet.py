"""Every agent of a fleet in one row: what runs, what it did, how often it failed, how slow it was, what it cost. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from agentctl.analysis.cost.budget import Budget
from agentctl.analysis.cost.ledger import QUIET_SECONDS, Ledger, agent_of
from agentctl.analysis.counters import Counter, grouped, rise
from agentctl.analysis.logs.digest import LogDigest
from agentctl.analysis.quantile import quantile
from agentctl.model.cluster import Pod
from agentctl.model.money import Figure
from agentctl.model.observations import Series

# Any other status of a task is a failure.
GOOD = frozenset({"success", "succeeded", "ok", "completed", "complete", "done"})


@dataclass(frozen=True, slots=True)
class Row:
    """One agent. None = nobody said: not known is not zero. `p95` is seconds; `tasks` and `failed` counts of the window."""

    agent: str
    namespace: str = ""
    pods: int | None = None
    ready: int | None = None
    restarts: int | None = None
    tasks: float | None = None
    failed: float | None = None
    error_records: int | None = None
    p95: float | None = None
    active: float | None = None
    cost: Figure | None = None
    budget: Budget | None = None
    model: str = ""

    @property
    def error_ratio(self) -> float | None:
        """Failed tasks of all tasks, 0 to 1; None where no task was counted."""
        return self.failed / self.tasks if self.tasks and self.failed is not None else None

    @property
    def unwell(self) -> bool:
        """Whether the row deserves a second look: pods that are not ready, or one task in five that fails."""
        return (self.ready is not None and self.ready < (self.pods or 0)) or (self.error_ratio or 0) >= 0.2


@dataclass(frozen=True, slots=True)
class Observed:
    """What the rows are made of; whatever could not be had is None. `pods` are (agent, pod)."""

    pods: Sequence[tuple[str, Pod]] | None = None
    ledger: Ledger | None = None
    durations: Sequence[Counter] | None = None
    active: Sequence[Series] | None = None
    digest: LogDigest | None = None
    budgets: Mapping[str, Budget] | None = None


def rows(seen: Observed) -> list[Row]:
    """A row an agent that anything is known of, those in trouble first, then by name."""
    pods = _by_agent(seen.pods or ())
    costs = seen.ledger.agents() if seen.ledger else {}
    tasks = grouped(seen.ledger.tasks, agent_of) if seen.ledger else {}
    durations = grouped(seen.durations or (), agent_of)
    active = _active(seen)
    errors = _error_records(seen.digest)
    names = {name for table in (pods, costs, tasks, durations, active, errors) for name in table if name is not None}
    found = [
        Row(
            agent=name,
            namespace=pods[name][0].namespace if name in pods else "",
            pods=_number(pods.get(name), seen.pods, len),
            ready=_number(pods.get(name), seen.pods, lambda found: sum(p.ready for p in found)),
            restarts=_number(
                pods.get(name), seen.pods, lambda found: sum(c.restarts for p in found for c in p.containers)
            ),
            tasks=_tasks(tasks.get(name), seen.ledger),
            failed=_failed(tasks.get(name), seen.ledger),
            error_records=errors.get(name, 0) if seen.digest is not None else None,
            p95=_p95(durations.get(name, ()), seen.ledger),
            active=active.get(name),
            cost=seen.ledger.spent(costs[name]) if seen.ledger and name in costs else None,
            budget=(seen.budgets or {}).get(name),
            model=", ".join(sorted({c.labels["model"] for c in costs.get(name, ()) if c.labels.get("model")})),
        )
        for name in names
    ]
    return sorted(found, key=lambda r: (not r.unwell, r.agent))


def usd_per_hour(row: Row, ledger: Ledger) -> Decimal | None:
    """What an agent costs an hour over the window; None where its cost is not known."""
    if row.cost is None or row.cost.value is None:
        return None
    return (row.cost.value * 3600 / Decimal(str(ledger.window.seconds))).quantize(Decimal("1e-9"))


def _by_agent(pods: Iterable[tuple[str, Pod]]) -> dict[str, list[Pod]]:
    found: dict[str, list[Pod]] = defaultdict(list)
    for agent, pod in pods:
        if pod.phase not in ("Succeeded", "Failed") or pod.reason:
            found[agent].append(pod)
    return dict(found)


def _number(mine: Sequence[Pod] | None, all_pods: object, count: Callable[[Sequence[Pod]], int]) -> int | None:
    """A count over an agent's pods: 0 where the pods are known and it has none, None where nobody knows them."""
    return None if all_pods is None else count(mine or ())


def _tasks(counters: Sequence[Counter] | None, ledger: Ledger | None) -> float | None:
    return _float(rise(counters, ledger.start, ledger.end).value) if counters and ledger else None


def _failed(counters: Sequence[Counter] | None, ledger: Ledger | None) -> float | None:
    if not counters or ledger is None:
        return None
    bad = [c for c in counters if c.labels.get("status", "success").lower() not in GOOD]
    return _float(rise(bad, ledger.start, ledger.end).value) if bad else 0.0


def _p95(counters: Sequence[Counter], ledger: Ledger | None) -> float | None:
    if not counters or ledger is None:
        return None
    buckets: dict[float, float] = {}
    for le, found in grouped(counters, lambda labels: labels.get("le", "")).items():
        value = rise(found, ledger.start, ledger.end).value
        try:
            bound = float(le)
        except ValueError:
            continue
        if value is not None:
            buckets[bound] = float(value)
    return quantile(0.95, buckets) if buckets else None


def _active(seen: Observed) -> dict[str, float]:
    found: dict[str, float] = defaultdict(float)
    end = seen.ledger.end if seen.ledger else 0.0
    for one in seen.active or ():
        name = agent_of(one.labels)
        if name and one.samples and end - one.samples[-1].time <= QUIET_SECONDS:
            found[name] += one.samples[-1].value
    return dict(found)


def _error_records(digest: LogDigest | None) -> dict[str, int]:
    found: dict[str, int] = defaultdict(int)
    if digest is not None:
        for (agent, _), minutes in digest.activity.items():
            found[agent] += sum(counts.errors for counts in minutes.values())
    return dict(found)


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
