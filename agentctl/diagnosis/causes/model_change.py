"""model-change: an agent calls another, dearer model than before."""

from __future__ import annotations

from agentctl.diagnosis.found import CauseType, Found
from agentctl.diagnosis.spending import FACTOR, MIN_USD, Spending, same_stretch, spending
from agentctl.diagnosis.timeline import Shift, rise
from agentctl.diagnosis.view import View
from agentctl.diagnosis.words import clock, percent, usd
from agentctl.model.finding import Remediation

ID = "model-change"
# A model takes over when it has at least so much of the calls since, and at most so much of them before.
TAKEN_OVER, HARDLY_USED, MIN_CALLS = 0.5, 0.1, 5


def find(view: View) -> list[Found]:
    """A model that was hardly used before takes most of an agent's calls, and a call costs several times as much."""
    return [found for agent, spent in spending(view).items() if (found := _judge(view, agent, spent)) is not None]


def _judge(view: View, agent: str, spent: Spending) -> Found | None:
    by_model = spent.calls_by_model or spent.cost_by_model
    if len(by_model) < 2:
        return None
    total: dict[int, float] = {}
    for minutes in by_model.values():
        for m, v in minutes.items():
            total[m] = total.get(m, 0.0) + v
    for model, minutes in by_model.items():
        shift = rise(minutes, total, view.start, view.end, 3.0)
        if shift is None or shift.after < TAKEN_OVER or shift.before > HARDLY_USED:
            continue
        if spent.calls_by_model and sum(minutes.values()) < MIN_CALLS:
            continue
        # Money follows what is done, so it is compared call by call, or task by task where calls are not counted.
        weight = spent.calls or spent.tasks
        before, after = same_stretch(spent.cost, weight, shift)
        extra = spent.extra_usd(shift, weight) if weight else 0.0
        if spent.priced and weight and (before <= 0 or after < FACTOR * before or extra < MIN_USD):
            continue
        return _found(view, agent, spent, model, shift, before, after, extra)
    return None


def _found(view: View, agent: str, spent: Spending, model: str, shift: Shift, before: float, after: float, extra: float) -> Found:
    old = max((m for m in (spent.calls_by_model or spent.cost_by_model) if m != model), key=lambda m: sum((spent.calls_by_model or spent.cost_by_model)[m].values()))
    policy = view.policy(agent)
    evidence = [
        f"{'logs' if spent.calls_by_model else 'metrics'}: {model} has {percent(shift.after)} of the model calls since {clock(shift.since)}, {percent(shift.before)} before; before it was {old}",
        f"cost: {usd(after)} a {'call' if spent.calls else 'task'} instead of {usd(before)}: {usd(extra)} more",
    ]
    if policy and policy.model and policy.model != model:
        evidence.append(f"governance: the document of {agent} says {policy.model}")
    return Found(
        ID,
        f"agent/{agent}",
        (0.85 if spent.priced else 0.55) + (0.05 if len(evidence) > 2 else 0.0),
        shift.since,
        f"{agent} calls {model} instead of {old}",
        evidence,
        Remediation("Find who changed the model (a config, a flag, a default), and whether anybody wanted it.", "agentctl cost top --by model --since 24h"),
        until=shift.end * 60.0,
        agents=frozenset({agent}),
        subjects=(f"agent/{agent}", f"model/{model}"),
        weight=extra,
    )


PAGE = """An agent calls another model than before, and its calls cost several times as much.

Seen in: the model of its LLM_CALL lines or of its cost metric. It counts as a cause only when the money is worth it: the floors are those
of `agentctl cost spikes`.

What to do: find who changed the model (a config, a feature flag, a default that moved with a library); compare with the `model` of the
governance document (AG503); go back unless somebody wanted it.
"""
CAUSE = CauseType(ID, "a dearer model is used", frozenset({"cost"}), find, PAGE)
