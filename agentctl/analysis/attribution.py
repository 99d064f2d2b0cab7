"""Failures whose text names nobody ("Connection refused", an empty time-out) get a target from what stands around them. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from agentctl.analysis.failures import Failure, alike
from agentctl.analysis.symptoms import DOWN, OTHER, Symptom

# Minutes around a named failure in which a nameless one may be the same.
NEAR = 3
MIN_NAMED = 2
# Model calls that fall to this share of what they were speak for the provider.
FELL = 0.35


@dataclass(frozen=True, slots=True)
class Around:
    """What is known beside the texts: calls by (agent, tool) and of the model by agent, each by minute; each agent's provider;
    tools that fail in traces or probes."""

    tools: Mapping[tuple[str, str], Mapping[int, float]] = field(default_factory=dict)
    models: Mapping[str, Mapping[int, float]] = field(default_factory=dict)
    providers: Mapping[str, str] = field(default_factory=dict)
    failing_tools: Mapping[str, float] = field(default_factory=dict)


def attribute(found: Iterable[Failure], around: Around) -> list[Failure]:
    """The same failures, those without a target joined to the target that failed for the same agent at the same time; what fits
    nothing stays as it is."""
    found = list(found)
    found = [_by_host(f, around) for f in found]
    named = [f for f in found if _target(f.symptom)]
    nameless = [
        f for f in found if not _target(f.symptom) and f.symptom.kind in (DOWN | {OTHER}) and not f.symptom.model_side
    ]
    out = [f for f in found if f not in nameless]
    extra: dict[tuple[str, str, str], Failure] = {}
    for failure in nameless:
        for agent in sorted(failure.agents):
            target = _target_of(agent, failure, named, around)
            symptom = (
                replace(failure.symptom, tool=target.tool, provider=target.provider, model_side=bool(target.provider))
                if target
                else failure.symptom
            )
            key = (
                symptom.kind,
                symptom.tool,
                symptom.provider or failure.samples[0] if not target else symptom.provider,
            )
            mine = extra.setdefault(key, Failure(symptom, guessed=True))
            _move(failure, mine, agent)
    return sorted([*out, *extra.values()], key=lambda f: (-f.count, f.symptom.kind, f.symptom.tool))


def _by_host(failure: Failure, around: Around) -> Failure:
    """A failure that names only a host which is like several tools: the one whose calls fell meanwhile."""
    symptom = failure.symptom
    known = {tool for _, tool in around.tools}
    if not symptom.host or symptom.tool in known:
        return failure
    words = symptom.host.split(".")[0].split("-")
    fallen = set()
    for agent in failure.agents:
        dated = sorted(m for m in _minutes(failure, agent) if m >= 0)
        for (a, tool), calls in around.tools.items():
            if (
                a == agent
                and dated
                and any(alike(w, part) for w in words for part in tool.split("_"))
                and _fell(calls, dated[0], dated[-1])
            ):
                fallen.add(tool)
    if len(fallen) == 1:
        failure.symptom = replace(symptom, tool=fallen.pop())
    return failure


def _target_of(agent: str, failure: Failure, named: list[Failure], around: Around) -> Symptom | None:
    if failure.tool_before and (agent, failure.tool_before) in around.tools:
        return Symptom(failure.symptom.kind, "", failure.tool_before)
    if failure.symptom.kind == OTHER:
        # Words that say nothing at all are joined only to a tool that is seen to fail in another way.
        return _by_names(agent, failure, [], around)
    return _by_names(agent, failure, named, around) or _by_work(agent, failure, around)


def _target(symptom: Symptom) -> str:
    return symptom.tool or symptom.provider


def _by_names(agent: str, failure: Failure, named: list[Failure], around: Around) -> Symptom | None:
    """The target whose named failures stand nearest: this agent's own first, then those of others that it may share."""
    minutes = {
        m + d for (a, _), table in failure.cells.items() if a == agent for m in table for d in range(-NEAR, NEAR + 1)
    }
    votes: Counter[tuple[str, str]] = Counter()
    for other in named:
        s = other.symptom
        if s.kind not in DOWN or not _uses(agent, s, around):
            continue
        for (a, _), table in other.cells.items():
            n = sum(v for m, v in table.items() if m in minutes)
            votes[s.tool, s.provider] += n * 3 if a == agent else n
    for tool, weight in around.failing_tools.items():
        if (agent, tool) in around.tools:
            votes[tool, ""] += round(weight)
    if not votes:
        return None
    (tool, provider), n = votes.most_common(1)[0]
    return Symptom(failure.symptom.kind, provider, tool) if n >= MIN_NAMED else None


def _uses(agent: str, symptom: Symptom, around: Around) -> bool:
    if symptom.provider:
        return around.providers.get(agent) == symptom.provider
    return (agent, symptom.tool) in around.tools or not any(a == agent for a, _ in around.tools)


def _by_work(agent: str, failure: Failure, around: Around) -> Symptom | None:
    """By what the agent does less of meanwhile: its model calls (the provider), or the calls of one tool."""
    hits = _minutes(failure, agent)
    total = sum(hits.values())
    dated = sorted(m for m in hits if m >= 0)
    if total < 5 or len(dated) < 2 or dated[-1] - dated[0] < 3:
        return None
    start, end = dated[0], dated[-1]
    calls = around.models.get(agent, {})
    provider = around.providers.get(agent, "")
    if provider and _fell(calls, start, end):
        return Symptom(failure.symptom.kind, provider, "", model_side=True)
    fallen = [
        tool
        for (a, tool), table in around.tools.items()
        if a == agent and sum(table.values()) >= 8 and _fell(table, start, end)
    ]
    return Symptom(failure.symptom.kind, "", fallen[0]) if len(fallen) == 1 else None


def _fell(calls: Mapping[int, float], start: int, end: int) -> bool:
    before = [v for m, v in calls.items() if 0 <= m < start]
    first = min((m for m in calls if m >= 0), default=start)
    if start - first < 5 or sum(before) < 8:
        return False
    usual = sum(before) / (start - first)
    now = sum(v for m, v in calls.items() if start < m <= end) / max(end - start, 1)
    return now < FELL * usual


def _minutes(failure: Failure, agent: str) -> dict[int, int]:
    total: dict[int, int] = defaultdict(int)
    for (a, _), table in failure.cells.items():
        if a == agent:
            for m, n in table.items():
                total[m] += n
    return total


def _move(failure: Failure, into: Failure, agent: str) -> None:
    share = 0
    for cell, table in failure.cells.items():
        if cell[0] == agent:
            _add(into.cells.setdefault(cell, {}), table)
            share += sum(table.values())
    into.count += share
    into.after = dict(failure.after)
    into.attempts += round(share * failure.attempts / failure.count) if failure.count else 0
    into.samples += [s for s in failure.samples if s not in into.samples][: 5 - len(into.samples)]


def _add(into: dict[int, int], table: Mapping[int, int]) -> None:
    for minute, n in table.items():
        into[minute] = into.get(minute, 0) + n
