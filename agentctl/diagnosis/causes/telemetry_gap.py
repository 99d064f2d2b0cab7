"""telemetry-gap: nobody scrapes an agent that works."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from agentctl.diagnosis.found import CauseType, Found
from agentctl.diagnosis.meters import agent_of
from agentctl.diagnosis.timeline import add_up
from agentctl.diagnosis.view import View
from agentctl.diagnosis.words import clock, count, some
from agentctl.model.finding import Remediation
from agentctl.model.observations import Series

ID = "telemetry-gap"
# A gap is at least so long, and at least so many scrapes.
MIN_SECONDS, MIN_SCRAPES = 240.0, 4


def find(view: View) -> list[Found]:
    """Series that stop, or `up` at 0, while the agent's logs or pods go on."""
    out = []
    targets = _targets(view)
    scrapes = _Scrapes(_step(view), max((max(times) for times in view.meters.seen.values()), default=view.end * 60.0))
    for agent in sorted(view.agents & (set(view.meters.seen) | set(targets))):
        gap = _down(view, agent, targets.get(agent, [])) or _silent(view, agent, scrapes)
        alive = _alive(view, agent, gap[0], gap[1]) if gap else []
        if gap and alive:
            out.append(_found(view, agent, gap, alive))
    return out


class _Scrapes(NamedTuple):
    """The usual time between two samples, and until when anything was scraped: a server that is down altogether is no gap of one
    agent. Seconds."""

    step: float
    end: float


def _found(view: View, agent: str, gap: tuple[float, float, str], alive: list[str]) -> Found:
    return Found(
        ID,
        f"agent/{agent}",
        0.85,
        gap[0],
        f"{agent} works, but its metrics do not arrive",
        [gap[2], *alive],
        Remediation(
            "Look at the scrape target: its annotation or ServiceMonitor, its port, a network policy.",
            "agentctl doctor",
        ),
        until=gap[1],
        agents=frozenset({agent}),
        pods=frozenset(view.pods_of(agent)),
    )


def _targets(view: View) -> dict[str, list[Series]]:
    """The `up` series by agent: by its own label, by the pod, by the job."""
    out: dict[str, list[Series]] = defaultdict(list)
    for series in view.meters.up:
        named, job = agent_of(series), series.labels.get("job", "")
        agent = (
            named
            if named in view.agents
            else view.agent_of_pod.get(series.labels.get("pod", ""), job if job in view.agents else "")
        )
        if agent and series.samples:
            out[agent].append(series)
    return out


def _silent(view: View, agent: str, scrapes: _Scrapes) -> tuple[float, float, str] | None:
    """The longest time without a sample of the agent, where it is long enough."""
    known = view.meters.seen.get(agent)
    if not known:
        return None
    times = sorted(t for t in known if t >= view.start * 60.0 - scrapes.step) or [max(known)]
    worst = max(zip(times, [*times[1:], scrapes.end], strict=True), key=lambda pair: pair[1] - pair[0])
    if worst[1] - worst[0] < max(MIN_SECONDS, MIN_SCRAPES * scrapes.step):
        return None
    return (
        worst[0],
        worst[1],
        f"metrics: no sample of {agent} from {clock(worst[0])} to {clock(worst[1])}, others are scraped every {scrapes.step:.0f} s",
    )


def _down(view: View, agent: str, targets: list[Series]) -> tuple[float, float, str] | None:
    """`up` at 0 for all of the agent's targets at once."""
    by_minute: dict[int, float] = {}
    for one in targets:
        for sample in one.samples:
            if sample.time >= view.start * 60.0:
                minute = int(sample.time // 60)
                by_minute[minute] = max(by_minute.get(minute, 0.0), sample.value)
    dark = sorted(m for m, best in by_minute.items() if best == 0)
    if len(dark) < 3 or (dark[-1] - dark[0]) * 60 < MIN_SECONDS:
        return None
    since, until = dark[0] * 60.0, dark[-1] * 60.0 + 60
    return since, until, f"metrics: up is 0 for {count(len(targets), 'target')} of {agent} since {clock(since)}"


def _step(view: View) -> float:
    """The usual time between two samples of one agent's gauge, else of what is scraped at all."""
    gaps: list[float] = []
    series = [one for found in list(view.meters.active.values())[:50] for one in found[:1]] or view.meters.up[:50]
    for one in series:
        times = [s.time for s in one.samples if s.time >= view.start * 60.0]
        gaps += [b - a for a, b in pairwise(times)]
    return float(median(gaps)) if gaps else 60.0


def _alive(view: View, agent: str, since: float, until: float) -> list[str]:
    """What shows that the agent works inside the gap: its log lines spread over it."""
    minutes = add_up(m for (a, _), m in view.activity.items() if a == agent)
    first, last = int(since // 60) + 1, int(until // 60)
    heard = [m for m in minutes if first <= m <= last]
    if heard and max(heard) >= first + 0.5 * (last - first) - 1:
        return [f"logs: {count(sum(minutes[m] for m in heard), 'record')} of {agent} in that time"]
    if view.has_logs and minutes:
        return []
    running = [
        p.name for p in view.pods if view.agent_of_pod.get(p.name) == agent and p.ready and (p.created_at or 0) < since
    ]
    return (
        [f"kubernetes: {count(len(running), 'pod')} of {agent} run and are ready: {some(running, 3)}"]
        if running
        else []
    )


PAGE = """An agent works, but its metrics do not arrive: its scrape target is gone or refuses, while its pods run and its logs go on.

Nothing is broken for those who use the agent; but nobody would see it if it were, its cost is not counted, and its alerts are silent.
Seen in: `up` at 0, or series that stop, against log lines in the same time.

What to do: look at the target (annotation, ServiceMonitor, port, network policy); what was spent in the gap stands in the `LLM_CALL` lines
(`agentctl cost top --by agent` marks the figure as a lower bound).
"""
CAUSE = CauseType(ID, "an agent is not scraped", frozenset({"errors"}), find, PAGE)
