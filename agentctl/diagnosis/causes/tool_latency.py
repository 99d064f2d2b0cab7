"""tool-latency: a tool answers, but far slower than before."""

from __future__ import annotations

from agentctl.diagnosis.causes.tool_outage import MIN_HITS, by_tool, concentrated, slow_only
from agentctl.diagnosis.found import CauseType, Found
from agentctl.diagnosis.spans_view import tool_spans
from agentctl.diagnosis.timeline import Shift, rise, risen_minutes, steady
from agentctl.diagnosis.view import View
from agentctl.diagnosis.words import clock, count, percent, quote, some
from agentctl.model.finding import Remediation

ID = "tool-latency"
# A tool is slow when it takes so many times longer than before, and so many seconds more.
FACTOR, MORE_SECONDS = 2.5, 0.5
# One call that hangs makes no slow tool: so many calls, in so many different minutes.
MIN_CALLS, MIN_MINUTES = 20, 7


def find(view: View) -> list[Found]:
    """Durations in the metrics, else in the spans; timeouts in the logs that are no outage; slow probes."""
    out: dict[str, Found] = {}
    for tool, took in view.meters.took.items():
        shift = _shift(view, took, view.meters.calls.get(tool, {}))
        if shift is not None:
            out[tool] = _found(tool, shift, "metrics", frozenset(view.meters.users.get(tool, ())))
    for tool, spans in tool_spans(view).items():
        shift = _shift(view, spans.took, spans.calls)
        if shift is None:
            continue
        if tool in out:
            out[tool].strength += 0.05
            out[tool].evidence.append(
                f"traces: {shift.before:.2g} s before, {shift.after:.2g} s since {clock(shift.since)}"
            )
        else:
            out[tool] = _found(tool, shift, "traces", frozenset(spans.agents))
    _add_timeouts(view, out)
    _add_probes(view, out)
    return list(out.values())


def _shift(view: View, took: dict[int, float], calls: dict[int, float]) -> Shift | None:
    shift = rise(took, calls, view.start, view.end, FACTOR)
    if shift is None or shift.weight_after < MIN_CALLS or shift.weight_before < MIN_CALLS:
        return None
    return (
        shift
        if shift.after - shift.before >= MORE_SECONDS
        and steady(took, calls, shift)
        and risen_minutes(took, calls, shift) >= MIN_MINUTES
        else None
    )


def _found(tool: str, shift: Shift, source: str, agents: frozenset[str]) -> Found:
    return Found(
        ID,
        f"tool/{tool}",
        0.7 + min(shift.factor, 10) / 60,
        shift.since,
        f"{tool} takes {shift.after:.2g} s instead of {shift.before:.2g} s",
        [
            f"{source}: a call of {tool} takes {shift.after:.2g} s on average since {clock(shift.since)}, {shift.before:.2g} s at other times ({shift.weight_after:.0f} calls)",
            f"{source}: used by {some(agents)}",
        ],
        _advice(tool),
        until=shift.end * 60.0,
        agents=agents,
        weight=shift.weight_after,
    )


def _add_timeouts(view: View, out: dict[str, Found]) -> None:
    for tool, failures in by_tool(view).items():
        stretch = concentrated(view, tool, failures)
        if stretch is None or not stretch.scattered or not slow_only(view, tool, stretch) or stretch.count < MIN_HITS:
            continue
        said = f"logs: {count(stretch.count, 'call')} of {tool} timed out, {percent(stretch.episode.ratio)} of its calls: {quote(stretch.samples[0])}"
        if tool in out:
            out[tool].evidence.append(said)
            out[tool].strength += 0.08
        elif stretch.episode.ratio >= 0.1:
            found = Found(
                ID, f"tool/{tool}", 0.65, stretch.episode.since, f"{tool} times out now and then", [said], _advice(tool)
            )
            found.agents, found.pods, found.until = stretch.agents, stretch.pods, stretch.episode.end * 60.0
            out[tool] = found


def _add_probes(view: View, out: dict[str, Found]) -> None:
    for probe in view.probes:
        if probe.ok and probe.latency_ms is not None and probe.latency_ms >= 1000 and probe.tool in out:
            out[probe.tool].evidence.append(f"probes: {probe.tool} answered after {probe.latency_ms:.0f} ms")
            out[probe.tool].strength += 0.04
            break


def _advice(tool: str) -> Remediation:
    return Remediation(
        f"Ask the owner of {tool} what changed; a shorter time-out frees the agents' runs meanwhile.",
        "agentctl diagnose tools",
    )


PAGE = """A tool still answers, but takes much longer than before.

Seen in: the duration of its calls (agent_task_duration_seconds, spans `tool.NAME` or execute_tool), probes that answer late, time-outs of
part of the calls. Runs pile up behind it (saturation), tasks take longer; these are folded under it.

What to do: ask the owner of the tool what changed; look at its load and at its own dependencies; set a time-out that is shorter than the
patience of those who wait for the agent.
"""
CAUSE = CauseType(ID, "a tool is slow", frozenset({"errors", "tools"}), find, PAGE)
