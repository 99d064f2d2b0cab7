"""traffic-surge: more tasks than usual, at the same cost a task. Dear, but nothing is broken."""

from __future__ import annotations

from agentctl.diagnosis.found import CauseType, Found
from agentctl.diagnosis.spending import (
    BLUR,
    EDGE,
    HOUR,
    SPIKE,
    Spending,
    dear_enough,
    dearest_hour,
    per_minute,
    same_stretch,
    spending,
)
from agentctl.diagnosis.timeline import Shift, abrupt, median, rise, surprise
from agentctl.diagnosis.view import View
from agentctl.diagnosis.words import clock, usd
from agentctl.model.finding import Remediation, Severity

ID = "traffic-surge"
# Tasks and cost so many times as usual; the cost of a task within these bounds of what it was.
FACTOR, SAME = 2.5, (0.55, 1.6)
MIN_TASKS, SURPRISE = 30, 6.0
# The time before the window that a surge at its very start is held against, in minutes.
PAST = 120
# Up to so many agents each has its own entry; beyond, the surge is the fleet's.
FEW = 3
DAY = 1440
# In so many of the minutes before the onset the agent must have logged something, where its logs are all there is to count.
HEARD = 0.2


def find(view: View) -> list[Found]:
    """Agents whose tasks multiply while a task costs what it did before."""
    found = [f for agent, spent in spending(view).items() if (f := _judge(view, agent, spent)) is not None]
    if len(found) <= FEW:
        return found
    found.sort(key=lambda f: -f.weight)
    first = found[0]
    first.subjects = tuple(f.subject for f in found)
    first.agents = frozenset().union(*(f.agents for f in found))
    first.evidence += [f.evidence[0] for f in found[1:3]] + [f"{len(found)} agents in all"]
    return [first]


def _judge(view: View, agent: str, spent: Spending) -> Found | None:
    counted = spent.tasks or spent.calls
    what = "task" if spent.tasks else "model call"
    if sum(counted.values()) < MIN_TASKS:
        return None
    shift = rise(*_with_past(view, agent, counted), FACTOR)
    if (
        shift is None
        or shift.start < view.start
        or surprise(shift) < SURPRISE
        or shift.amount_after < MIN_TASKS
        or not abrupt(counted, shift)
        or not _unlike_other_days(view, agent, shift)
    ):
        return None
    before, after = same_stretch(spent.cost, counted, shift)
    rate_before, rate = same_stretch(spent.cost, per_minute(view, spent.cost), shift)
    extra = (rate - rate_before) * (shift.end - shift.start + 1)
    if spent.priced and not SAME[0] * before <= after <= SAME[1] * before:
        return None
    if not dear_enough(spent, shift, view.end) or _short(counted, shift, view.end):
        return None
    if what != "task" and not _heard_before(view, agent, shift):
        return None
    if what != "task" and (_repeats(spent, shift) > 0.3 or same_stretch(spent.attempts, spent.calls, shift)[1] > 0.15):
        return None
    evidence = [f"{shift.after * 60:,.0f} {what}s an hour since {clock(shift.since)}, {shift.before * 60:,.0f} before"]
    if spent.priced:
        evidence.append(
            f"cost: {usd(rate * 60)} an hour instead of {usd(rate_before * 60)}, but {usd(after)} a {what} as before ({usd(before)}): {usd(extra)} more"
        )
    return Found(
        ID,
        f"agent/{agent}",
        (0.8 if spent.tasks and spent.priced else 0.55) + min(shift.factor, 10) / 100,
        shift.since,
        f"{agent} has {shift.factor:.1f} times its usual {what}s",
        evidence,
        Remediation(
            "Nothing is broken. See who sends the tasks, and whether budget and limits hold.", "agentctl cost budget"
        ),
        until=shift.end * 60.0,
        severity=Severity.WARNING,
        agents=frozenset({agent}),
        weight=extra if spent.priced else shift.amount_after,
    )


def _heard_before(view: View, agent: str, shift: Shift) -> bool:
    """Whether the agent's logs reach back before the onset: the log of a container that was started again begins with its new start."""
    heard = {
        m
        for (name, _), minutes in view.activity.items()
        if name == agent
        for m in minutes
        if view.start <= m < shift.start
    }
    return not view.has_logs or len(heard) >= HEARD * (shift.start - view.start)


def _short(counted: dict[int, float], shift: Shift, end: int) -> bool:
    """Whether the stretch is a burst that is over: with the quiet minutes of its hour, that hour is not several times the usual."""
    if shift.end >= end - EDGE or shift.end - shift.start + 1 >= HOUR:
        return False
    amount, seen = dearest_hour(counted, shift, end)
    return amount < BLUR * SPIKE * shift.before * seen


def _with_past(
    view: View, agent: str, counted: dict[int, float]
) -> tuple[dict[int, float], dict[int, float], int, int]:
    """The counts with the hours before the window, where the metrics reach back; a weight for every minute; start and end."""
    known = view.tasks(agent)
    past = {m: v for m, v in known.items() if view.start - PAST <= m < view.start} if known else {}
    start = min(past, default=view.start)
    return {**counted, **past}, dict.fromkeys(range(start, view.end + 1), 1.0), start, view.end


def _unlike_other_days(view: View, agent: str, shift: Shift) -> bool:
    """Whether the same hours of earlier days were quieter, where there is history."""
    tasks = view.tasks(agent)
    earlier = []
    for day in range(1, 8):
        back = day * DAY
        if any(shift.start - back - 30 <= m <= shift.end - back for m in tasks):
            earlier.append(
                sum(tasks.get(m - back, 0.0) for m in range(shift.start, shift.end + 1)) / (shift.end - shift.start + 1)
            )
    return not earlier or shift.after >= 0.75 * FACTOR * max(median(earlier), earlier[0] * 0.9)


def _repeats(spent: Spending, shift: Shift) -> float:
    return same_stretch(spent.repeats, spent.tool_calls, shift)[1] if spent.tool_calls else 0.0


PAGE = """An agent has several times its usual tasks, and each costs what it always did. It is dear, but nothing is broken.

Seen in: tasks an hour against the time before the onset and the same hours of earlier days, at the same cost a task. It is a warning, not
an error. What the surge causes elsewhere (a rate limit, saturation) is named beside it.

What to do: see who sends the tasks; see whether the budget holds (`agentctl cost budget`) and whether the limits were made for this.
"""
CAUSE = CauseType(ID, "more work than usual", frozenset({"cost"}), find, PAGE)
