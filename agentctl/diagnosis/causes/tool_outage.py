"""tool-outage: a tool fails the calls of some or all agents."""

from __future__ import annotations

from collections import defaultdict

from agentctl.analysis.failures import Failure
from agentctl.analysis.symptoms import CREDENTIAL, DOWN, RATE_LIMIT, TIMEOUT
from agentctl.diagnosis.failing import Failing, failing, tool_work
from agentctl.diagnosis.found import CauseType, Found
from agentctl.diagnosis.spans_view import Spans, tool_spans
from agentctl.diagnosis.timeline import Episode
from agentctl.diagnosis.view import View
from agentctl.diagnosis.words import clock, count, percent, quote, some
from agentctl.model.finding import Remediation
from agentctl.model.observations import ProbeResult

ID = "tool-outage"
# Failures that a tool's own refusal makes: its limit, its key.
OF_A_TOOL = DOWN | {RATE_LIMIT, CREDENTIAL}
MIN_HITS, MIN_RATIO = 5, 0.2
NEARLY_ALL = 0.9
# From this share of timeouts on, with most calls still answered, a tool is slow rather than down.
SLOW = 0.7


def find(view: View) -> list[Found]:
    """A tool is down where at least a fifth of its calls fail for a while, in the logs, the spans or the probes."""
    seen: dict[str, Found] = {}
    for tool, failures in by_tool(view).items():
        stretch = concentrated(view, tool, failures)
        if (
            stretch is not None
            and stretch.scattered
            and stretch.count >= _enough(stretch)
            and stretch.episode.ratio >= MIN_RATIO
            and not slow_only(view, tool, stretch)
        ):
            seen[tool] = _from_logs(view, tool, stretch)
    for tool, spans in tool_spans(view).items():
        if (
            tool not in seen
            and spans.stretch is not None
            and spans.stretch.hits >= 4
            and spans.stretch.ratio >= MIN_RATIO
        ):
            seen[tool] = _from_spans(tool, spans, spans.stretch)
        elif tool in seen and spans.stretch is not None:
            seen[tool].strength += 0.03
            seen[tool].evidence.append(
                f"traces: {spans.stretch.hits:.0f} of {spans.stretch.exposure:.0f} spans of {tool} failed"
            )
    _add_probes(view, seen)
    return list(seen.values())


def _enough(stretch: Failing) -> int:
    """How many failures it takes: more where no text names the tool, unless nearly all of its calls fail."""
    if not stretch.guessed:
        return MIN_HITS
    return 2 * MIN_HITS if stretch.share >= NEARLY_ALL else 3 * MIN_HITS


def concentrated(view: View, tool: str, failures: list[Failure]) -> Failing | None:
    """Where the failures of a tool concentrate; a call that is logged before it is made is counted once, not twice."""
    return failing(view, failures, tool_work(view, tool), logged=any(f.tool_before == tool for f in failures))


def by_tool(view: View) -> dict[str, list[Failure]]:
    """Failures of tools, by tool."""
    out: dict[str, list[Failure]] = defaultdict(list)
    for failure in view.failures:
        if (
            failure.symptom.tool
            and not failure.symptom.provider
            and (failure.symptom.kind in OF_A_TOOL or failure.symptom.kind == "other")
        ):
            out[failure.symptom.tool].append(failure)
    return {
        tool: found
        for tool, found in out.items()
        if any(f.symptom.kind in OF_A_TOOL for f in found) or sum(f.count for f in found) >= 20
    }


def slow_only(view: View, tool: str, stretch: Failing) -> bool:
    """Whether what fails are timeouts of a tool that still answers most calls: that is slowness, not an outage."""
    if set(stretch.kinds) != {TIMEOUT}:
        return False
    probes = [p for p in view.probes if p.tool == tool]
    if any(not p.ok for p in probes):
        return False
    return stretch.episode.ratio < 0.5 or any(p.ok and (p.latency_ms or 0) >= 1000 for p in probes)


def _from_logs(view: View, tool: str, stretch: Failing) -> Found:
    episode = stretch.episode
    partial = (
        f"; {count(stretch.spared, 'other pod')} did the same work without it"
        if stretch.spared and len(stretch.cells) < stretch.spared
        else ""
    )
    evidence = [
        f"logs: {count(stretch.count, 'failure')} of {tool}, {percent(stretch.share)} of its calls from {clock(episode.since)} on"
        f" ({percent(episode.ratio_outside)} at other times)",
        f"logs: seen by {some(stretch.agents)} in {count(len(stretch.cells), 'pod')}{partial}",
        *(f"logs: {quote(sample)}" for sample in stretch.samples[:2]),
    ]
    strength = 0.55 + min(stretch.count, 60) / 200 + min(episode.ratio, 0.8) / 8
    return Found(
        ID,
        f"tool/{tool}",
        strength - (0.15 if stretch.guessed else 0.0),
        episode.since,
        f"{tool} fails {percent(stretch.share)} of its calls"
        + (f" in {count(len(stretch.cells), 'pod')}" if partial else ""),
        evidence,
        _advice(tool),
        until=episode.end * 60.0,
        agents=stretch.agents,
        pods=stretch.pods,
        weight=float(stretch.count),
    )


def _from_spans(tool: str, spans: Spans, stretch: Episode) -> Found:
    return Found(
        ID,
        f"tool/{tool}",
        0.6 + min(stretch.hits, 40) / 200,
        stretch.since,
        f"{tool} fails {percent(stretch.ratio)} of its traced calls",
        [
            f"traces: {stretch.hits:.0f} of {stretch.exposure:.0f} spans of {tool} failed from {clock(stretch.since)} on",
            *(f"traces: {quote(m)}" for m in spans.messages[:2]),
        ],
        _advice(tool),
        until=stretch.end * 60.0,
        agents=frozenset(spans.agents),
        weight=float(stretch.hits),
    )


def _add_probes(view: View, seen: dict[str, Found]) -> None:
    asked: dict[str, list[ProbeResult]] = defaultdict(list)
    for probe in view.probes:
        asked[probe.tool].append(probe)
    for tool, probes in asked.items():
        failed = [p for p in probes if not p.ok]
        if not failed:
            if tool in seen:
                seen[tool].strength -= 0.1
                seen[tool].evidence.append(
                    f"probes: {count(len(probes), 'probe')} of {tool} answered when it was recorded"
                )
            continue
        said = f"probes: {len(failed)} of {count(len(probes), 'probe')} of {tool} failed: {quote(failed[0].error or str(failed[0].status))}"
        if tool in seen:
            seen[tool].strength += 0.1
            seen[tool].evidence.append(said)
        elif len(failed) >= max(1, len(probes) // 5) and not _recovered(failed, probes):
            moments = [p.at for p in failed if p.at is not None]
            agents = frozenset(p.agent for p in failed if p.agent)
            seen[tool] = Found(
                ID,
                f"tool/{tool}",
                0.6 + 0.2 * len(failed) / len(probes),
                min(moments, default=None),
                f"{tool} does not answer its probes",
                [said],
                _advice(tool),
                agents=agents,
            )


def _recovered(failed: list[ProbeResult], probes: list[ProbeResult]) -> bool:
    """Whether every target that failed answered later."""
    latest: dict[tuple[str, str], tuple[float, bool]] = {}
    for p in probes:
        key, at = (p.pod, p.target), p.at or 0.0
        if key not in latest or at >= latest[key][0]:
            latest[key] = (at, p.ok)
    return all(ok for _, ok in latest.values())


def _advice(tool: str) -> Remediation:
    return Remediation(
        f"Ask the owner of {tool}; until it is back, let the agents answer without it or hand over to a person.",
        "agentctl diagnose tools",
    )


PAGE = """A tool fails the calls of the agents: it refuses connections, answers 5xx, times out, or its name does not resolve.

Seen in: failed attempts and errors that name the tool, its host or its URL; spans of the tool with an error; probes that fail.
It may be down for all pods or only for some (a network policy, a node, a zone): the evidence names the pods.
What follows from it is folded under it: retries, failed tasks, runs that pile up, money spent on attempts that cannot succeed.

What to do: ask the owner of the tool; look at its own health page from inside a pod that fails and from one that does not; take it
out of the agents' way (a circuit breaker, an answer without it) until it is back.
"""
CAUSE = CauseType(ID, "a tool is down", frozenset({"errors", "tools"}), find, PAGE)
