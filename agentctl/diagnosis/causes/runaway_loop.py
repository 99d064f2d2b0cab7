"""runaway-loop: an agent makes no progress and calls on, or agents call each other in a circle."""

from __future__ import annotations

from itertools import combinations

from agentctl.diagnosis.found import CauseType, Found
from agentctl.diagnosis.spending import Spending, dear_enough, per_minute, runs_per_trace, same_stretch, spending
from agentctl.diagnosis.timeline import Shift, abrupt, correlation, cut, fold, median, rise, surprise, swings
from agentctl.diagnosis.view import View
from agentctl.diagnosis.words import clock, count, percent, some, usd
from agentctl.model.finding import Remediation

ID = "runaway-loop"
# Calls a task must be so many times what they were; calls with equal arguments must be this share of all tool calls.
FACTOR, REPEATED, MIN_CALLS, MIN_TASKS, SURPRISE = 2.5, 0.4, 60, 5, 10.0
# A trace with so many runs is a circle, where it used to be a few hand-overs.
LONG_TRACE = 8
# Two agents swing together when their tasks in so many minutes each correlate so well; so many pairs are looked at.
SWING, TOGETHER, MAX_PAIRS = 4, 0.6, 2000
# Above this share of failed attempts the calls are retries, not a loop. Where no log counts attempts, failed tasks tell: each was
# tried as often as the document allows, three times where none says.
RETRIES, FAILED, USUAL_RETRIES = 0.25, 0.2, 3


def find(view: View) -> list[Found]:
    """More model calls a task, the same call again and again, or traces with ever more hand-overs."""
    out = []
    circles = runs_per_trace(view)
    for agent, spent in spending(view).items():
        found = (
            _by_traces(view, agent, spent, circles.get(agent, []))
            or _by_calls(view, agent, spent)
            or _by_repeats(view, agent, spent)
        )
        if found is not None:
            out.append(found)
    return _joined([*out, *_pairs(view, {f.name for f in out})])


def _pairs(view: View, known: set[str]) -> list[Found]:
    """Two agents whose tasks rise at once by the same number and swing together, minute by minute: each task of the one is one of
    the other. A surge of both, or a morning, would rise together too, but once their common trend is taken away their minutes do not agree."""
    risen: dict[str, Shift] = {}
    for agent, spent in spending(view).items():
        shift = rise(spent.tasks, per_minute(view, spent.tasks), view.start, view.end, 1.8)
        if shift is not None and surprise(shift) >= 5.0 and abrupt(spent.tasks, shift) and agent not in known:
            risen[agent] = shift
    out = []
    for a, b in list(combinations(sorted(risen), 2))[:MAX_PAIRS]:
        start, end = max(risen[a].start, risen[b].start), min(risen[a].end, risen[b].end)
        extra_a, extra_b = _extra(risen[a]), _extra(risen[b])
        if (
            end - start < 20
            or min(extra_a, extra_b) < MIN_CALLS / 2
            or abs(extra_a - extra_b) > 0.3 * max(extra_a, extra_b)
        ):
            continue
        tasks = spending(view)[a].tasks, spending(view)[b].tasks
        together = correlation(*(swings(fold(t, start, end, SWING)) for t in tasks))
        if together < TOGETHER:
            continue
        dearer, other = sorted((a, b), key=lambda x: -sum(spending(view)[x].cost.values()))
        spent = spending(view)[dearer]
        if not dear_enough(spent, risen[dearer], view.end):
            continue
        said = f"the tasks of {a} and {b} rise together by {extra_a:.0f} and {extra_b:.0f} since {clock(min(risen[a].since, risen[b].since))} and swing together (correlation {together:.2f})"
        found = _found(spent, dearer, risen[dearer], [said], 0.6 + 0.25 * together)
        found.agents = frozenset({a, b})
        found.subjects = (f"agent/{dearer}", f"agent/{other}")
        out.append(found)
    return out


def _extra(shift: Shift) -> float:
    return shift.amount_after - shift.before * shift.weight_after


def _by_calls(view: View, agent: str, spent: Spending) -> Found | None:
    if not spent.calls or not spent.tasks:
        return None
    shift = rise(spent.calls, spent.tasks, view.start, view.end, FACTOR, 0.05)
    if (
        shift is None
        or shift.amount_after < MIN_CALLS
        or shift.before <= 0
        or shift.weight_before < MIN_TASKS
        or surprise(shift) < SURPRISE
        or not dear_enough(spent, shift, view.end)
    ):
        return None
    rate_before, rate = same_stretch(spent.calls, per_minute(view, spent.calls), shift)
    if rate < 1.5 * rate_before or _retries(spent, shift) > RETRIES or _retried_tasks(view, agent, spent, shift):
        return None
    evidence = [
        f"{count(shift.after, 'model call')} a task since {clock(shift.since)}, {shift.before:.1f} before; {rate:.0f} calls a minute instead of {rate_before:.1f}"
    ]
    before, repeated = same_stretch(spent.repeats, spent.tool_calls, shift)
    strength = 0.75 + min(shift.factor, 10) / 100
    if repeated >= 0.2 and repeated > 2 * before:
        evidence.append(
            f"logs: {percent(repeated)} of the tool calls repeat an earlier one of the same minute, word for word ({percent(before)} before)"
        )
        strength += 0.08
    return _found(spent, agent, shift, evidence, strength)


def _by_repeats(view: View, agent: str, spent: Spending) -> Found | None:
    """Logs alone: most tool calls repeat an earlier one, and there are far more of them."""
    if not spent.repeats:
        return None
    shift = rise(spent.tool_calls, per_minute(view, spent.tool_calls), view.start, view.end, 3.0)
    if (
        shift is None
        or shift.amount_after < MIN_CALLS
        or not dear_enough(spent, shift, view.end)
        or _retries(spent, shift) > RETRIES
    ):
        return None
    before, repeated = same_stretch(spent.repeats, spent.tool_calls, shift)
    if repeated < REPEATED or repeated < 2 * before:
        return None
    evidence = [
        f"logs: {shift.after:.0f} tool calls a minute since {clock(shift.since)}, {shift.before:.1f} before; {percent(repeated)} of them repeat an earlier one word for word ({percent(before)} before)"
    ]
    return _found(spent, agent, shift, evidence, 0.75)


def _by_traces(
    view: View, agent: str, spent: Spending, traces: list[tuple[float, int, frozenset[str]]]
) -> Found | None:
    long = [t for t in traces if t[1] >= LONG_TRACE]
    short = [t[1] for t in traces if t[1] < LONG_TRACE]
    if (len(long) < 2 and not any(t[1] >= 2 * LONG_TRACE for t in long)) or (
        short and median(t[1] for t in long) < 3 * median(short)
    ):
        return None
    since, partners = min(t[0] for t in long), frozenset().union(*(t[2] for t in long)) - {agent}
    shift = rise(spent.calls, per_minute(view, spent.calls), view.start, view.end, 1.5)
    if shift is not None and not dear_enough(spent, shift, view.end):
        return None
    evidence = [
        f"traces: {count(len(long), 'trace')} with {median(t[1] for t in long):.0f} runs each since {clock(since)}, {median(short) if short else 0:.0f} usually{'; together with ' + some(partners) if partners else ''}"
    ]
    place = shift or Shift(int(since // 60), view.end, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    found = _found(spent, agent, place, evidence, 0.85)
    found.since = min(since, shift.since) if shift is not None else since
    found.subjects = (f"agent/{agent}", *(f"agent/{p}" for p in sorted(partners)))
    return found


def _retries(spent: Spending, shift: Shift) -> float:
    found = cut(spent.attempts, spent.calls, shift.start, shift.end)
    return found.ratio


def _retried_tasks(view: View, agent: str, spent: Spending, shift: Shift) -> bool:
    """Whether failing tasks that are tried again explain the calls, by the metrics alone: as many more calls a task as retries allow."""
    if spent.attempts:
        return False
    was, failed = same_stretch(
        {m: v for m, v in view.failed_tasks(agent).items() if view.start <= m <= view.end}, spent.tasks, shift
    )
    policy = view.policy(agent)
    allowed = policy.max_retries if policy and policy.max_retries is not None else USUAL_RETRIES
    return failed >= FAILED and failed >= 2 * was and shift.factor <= allowed + 1


def _found(spent: Spending, agent: str, shift: Shift, evidence: list[str], strength: float) -> Found:
    money = cut(spent.cost, {}, shift.start, shift.end).hits if spent.priced else 0.0
    if spent.priced:
        evidence.append(f"cost: {usd(money)} in that time")
    return Found(
        ID,
        f"agent/{agent}",
        strength,
        shift.since,
        f"{agent} calls on without getting anywhere",
        evidence,
        Remediation(
            "Stop the runs that circle; bound hops and steps of a run (max_agent_hops, a cap of the cost of a run).",
            "agentctl cost top --by run",
        ),
        until=shift.end * 60.0,
        agents=frozenset({agent}),
        weight=money,
    )


def _joined(found: list[Found]) -> list[Found]:
    """Agents that call each other are one loop: the one that costs most is its subject, the others are named with it."""
    out: list[Found] = []
    for candidate in sorted(found, key=lambda f: -f.weight):
        partner = next((f for f in out if candidate.subject in f.subjects), None)
        if partner is None:
            out.append(candidate)
        else:
            partner.agents |= candidate.agents
            partner.evidence += candidate.evidence[:1]
    return out


PAGE = """An agent makes no progress and calls on: the same tool with the same arguments, or two agents that hand one task to each other again and again.

Seen in: model calls a task that multiply while the tasks do not, tool calls that repeat an earlier one word for word, traces with many
runs. Each call succeeds, so no error tells; only the cost does.

What to do: stop the runs (`agentctl cost top --by run` names the dearest); bound the hops (`max_agent_hops`) and the cost of a run
(`max_cost_per_run_usd`); mend the prompt or the route that leads back.
"""
CAUSE = CauseType(ID, "agents call in a circle", frozenset({"cost", "errors"}), find, PAGE)
