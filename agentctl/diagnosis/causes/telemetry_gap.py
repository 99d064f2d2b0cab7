"""telemetry-gap: nobody scrapes an agent that works."""

from __future__ import annotations

from statistics import median

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
    out = {}
    for agent in sorted(view.agents & (set(view.meters.last) | _with_up(view))):
        gap = _gap(view, agent)
        if gap is None:
            continue
        since, until, said = gap
        alive = _alive(view, agent, since, until)
        if alive:
            out[agent] = Found(
                ID,
                f"agent/{agent}",
                0.85,
                since,
                f"{agent} works, but its metrics do not arrive",
                [said, *alive],
                Remediation("Look at the scrape target: its annotation or ServiceMonitor, its port, a network policy.", "agentctl doctor"),
                until=until,
                agents=frozenset({agent}),
                pods=frozenset(view.pods_of(agent)),
            )
    return list(out.values())


def _with_up(view: View) -> set[str]:
    return {_agent_of_up(view, s) for s in view.meters.up}


def _agent_of_up(view: View, series: Series) -> str:
    named = agent_of(series)
    if named in view.agents:
        return named
    pod = series.labels.get("pod", "")
    return view.agent_of_pod.get(pod, "") or next((a for p, a in view.agent_of_pod.items() if pod and p == pod), "") or (series.labels.get("job", "") if series.labels.get("job", "") in view.agents else "")


def _gap(view: View, agent: str) -> tuple[float, float, str] | None:
    down = _down(view, agent)
    if down is not None:
        return down
    series = [s for s in view.meters.series.get(agent, ()) if s.samples]
    if not series:
        return None
    times = sorted({s.time for one in series for s in one.samples if s.time >= view.start * 60.0})
    if len(times) < 3:
        times = sorted({s.time for one in series for s in one.samples})[-3:]
    step = _step(view)
    end = _end(view)
    worst = max(zip(times, [*times[1:], end], strict=True), key=lambda pair: pair[1] - pair[0], default=None)
    if worst is None or worst[1] - worst[0] < max(MIN_SECONDS, MIN_SCRAPES * step) or (worst[1] - worst[0] < 2 * step):
        return None
    return worst[0], worst[1], f"metrics: no sample of {agent} from {clock(worst[0])} to {clock(worst[1])}, others are scraped every {step:.0f} s"


def _down(view: View, agent: str) -> tuple[float, float, str] | None:
    """`up` at 0 for all of the agent's targets at once."""
    targets = [s for s in view.meters.up if _agent_of_up(view, s) == agent and s.samples]
    if not targets:
        return None
    zero: dict[float, list[float]] = {}
    for one in targets:
        for sample in one.samples:
            if sample.time >= view.start * 60.0:
                zero.setdefault(sample.time // 60, []).append(sample.value)
    dark = sorted(m for m, values in zero.items() if max(values) == 0)
    if len(dark) < 3 or (dark[-1] - dark[0]) * 60 < MIN_SECONDS:
        return None
    since, until = dark[0] * 60.0, dark[-1] * 60.0 + 60
    return since, until, f"metrics: up is 0 for {count(len(targets), 'target')} of {agent} since {clock(since)}"


def _step(view: View) -> float:
    """The usual time between two samples, over all agents."""
    gaps = []
    for series in list(view.meters.series.values())[:50]:
        times = [s.time for s in series[0].samples if s.time >= view.start * 60.0]
        gaps += [b - a for a, b in zip(times, times[1:], strict=False)]
    return float(median(gaps)) if gaps else 60.0


def _end(view: View) -> float:
    """Until when anything was scraped: a server that is down altogether is no gap of one agent."""
    return max(view.meters.last.values(), default=view.end * 60.0)


def _alive(view: View, agent: str, since: float, until: float) -> list[str]:
    """What shows that the agent works inside the gap: its log lines spread over it."""
    minutes = add_up(m for (a, _), m in view.activity.items() if a == agent)
    first, last = int(since // 60) + 1, int(until // 60)
    heard = [m for m in minutes if first <= m <= last]
    if heard and max(heard) >= first + 0.5 * (last - first) - 1:
        return [f"logs: {count(sum(minutes[m] for m in heard), 'record')} of {agent} in that time"]
    if view.has_logs and minutes:
        return []
    running = [p.name for p in view.pods if view.agent_of_pod.get(p.name) == agent and p.ready and (p.created_at or 0) < since]
    return [f"kubernetes: {count(len(running), 'pod')} of {agent} run and are ready: {some(running, 3)}"] if running else []


PAGE = """An agent works, but its metrics do not arrive: its scrape target is gone or refuses, while its pods run and its logs go on.

Nothing is broken for those who use the agent; but nobody would see it if it were, its cost is not counted, and its alerts are silent.
Seen in: `up` at 0, or series that stop, against log lines in the same time.

What to do: look at the target (annotation, ServiceMonitor, port, network policy); what was spent in the gap stands in the `LLM_CALL` lines
(`agentctl cost top --by agent` marks the figure as a lower bound).
"""
CAUSE = CauseType(ID, "an agent is not scraped", frozenset({"errors"}), find, PAGE)
