"""saturation: all of an agent's `max_concurrent_runs` are taken, and tasks wait."""

from __future__ import annotations

from agentctl.analysis.symptoms import CONCURRENCY
from agentctl.diagnosis.found import CauseType, Found
from agentctl.diagnosis.timeline import add_up
from agentctl.diagnosis.view import View
from agentctl.diagnosis.words import clock, count, quote
from agentctl.model.finding import Remediation
from agentctl.model.observations import Series

ID = "saturation"
# Pegged for so long (seconds), in so many samples, at least this share of them at the limit.
LONG, MIN_SAMPLES, SHARE = 240.0, 4, 0.85
MIN_WARNINGS = 8


def find(view: View) -> list[Found]:
    """`agent_active_runs` at the limit of the governance document for a while, or the agents' own words about a full queue."""
    out = {}
    for agent, series in view.meters.active.items():
        policy = view.policy(agent)
        limit = policy.max_concurrent_runs if policy else None
        pegged = _pegged(view, series, float(limit)) if limit else None
        if pegged is not None:
            out[agent] = _found(
                agent,
                pegged[0],
                pegged[1],
                [
                    f"metrics: agent_active_runs of {agent} stands at its max_concurrent_runs ({limit}) since {clock(pegged[0])}, in {pegged[2]} of {count(len(series), 'process', 'processes')}"
                ],
            )
    for agent, since, until, n, text in _said(view):
        said = f"logs: {count(n, 'time')} {quote(text)}"
        if agent in out:
            out[agent].evidence.append(said)
            out[agent].strength += 0.08
        elif n >= MIN_WARNINGS:
            out[agent] = _found(agent, since, until, [said], 0.6)
    return list(out.values())


def _pegged(view: View, series: list[Series], limit: float) -> tuple[float, float, int] | None:
    """(since, until, processes) of the longest stretch at the limit; None where there is none that is long enough."""
    runs = [run for one in series if (run := _run_at(one, limit, view.start * 60.0)) is not None]
    if len(runs) >= max(1, len(series) / 3):
        return min(r[0] for r in runs), max(r[1] for r in runs), len(runs)
    return None


def _run_at(series: Series, limit: float, start: float) -> tuple[float, float] | None:
    best: tuple[float, float] | None = None
    begin, at, samples = None, 0, 0
    last = 0.0
    for sample in (s for s in series.samples if s.time >= start):
        if sample.value >= limit:
            if begin is None:
                begin, at, samples = sample.time, 0, 0
            at, last = at + 1, sample.time
        if begin is not None:
            samples += 1
            if at < SHARE * samples:
                begin = None
            elif at >= MIN_SAMPLES and last - begin >= LONG and (best is None or last - begin > best[1] - best[0]):
                best = (begin, last)
    return best


def _said(view: View) -> list[tuple[str, float | None, float | None, float, str]]:
    out = []
    agents = {a for f in view.failures if f.symptom.kind == CONCURRENCY for a in f.agents}
    for agent in sorted(agents):
        parts = [
            m for f in view.failures if f.symptom.kind == CONCURRENCY for (a, _), m in f.cells.items() if a == agent
        ]
        minutes = add_up({m: float(n) for m, n in part.items()} for part in parts)
        text = next(f.samples[0] for f in view.failures if f.symptom.kind == CONCURRENCY and agent in f.agents)
        dated = [m for m in minutes if m >= 0]
        out.append(
            (
                agent,
                min(dated) * 60.0 if dated else None,
                max(dated) * 60.0 if dated else None,
                sum(minutes.values()),
                text,
            )
        )
    return out


def _found(agent: str, since: float | None, until: float | None, evidence: list[str], strength: float = 0.8) -> Found:
    return Found(
        ID,
        f"agent/{agent}",
        strength,
        since,
        f"{agent} has no free run: tasks wait",
        evidence,
        Remediation(
            "Find what holds the runs (a slow tool, a lock, a long task) before raising max_concurrent_runs.",
            f"agentctl fleet -l agent={agent}",
        ),
        until=until,
        agents=frozenset({agent}),
    )


PAGE = """All of an agent's `max_concurrent_runs` are taken for a while: new tasks wait, and some give up waiting.

Seen in: agent_active_runs at the limit of the governance document. A slow tool or provider or a node that is gone may stand
behind it; then it is folded under that. A surge of tasks may be what fills the runs: both are named then, since tasks that wait are a fault
and a surge alone is none. Otherwise something inside the agent holds its runs.

What to do: find what the runs wait for (spans, the last line each run wrote); raise the limit or the number of pods only when the runs do
useful work.
"""
CAUSE = CauseType(ID, "no free run is left", frozenset({"errors"}), find, PAGE)
