"""model-change: an agent calls another, dearer model than before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from agentctl.diagnosis.found import CauseType, Found
from agentctl.diagnosis.spending import FACTOR, Spending, dear_enough, same_stretch, spending
from agentctl.diagnosis.timeline import ByMinute, Shift, add_up, rise
from agentctl.diagnosis.view import View
from agentctl.diagnosis.words import clock, percent, usd
from agentctl.model.finding import Remediation

ID = "model-change"
# A model takes over when it has at least so much of the calls since, and at most so much of them before.
TAKEN_OVER, HARDLY_USED, MIN_CALLS = 0.5, 0.1, 5
# Logs reach back as far as the metrics where they begin within so many minutes of them.
REACH = 10


def find(view: View) -> list[Found]:
    """A model that was hardly used before takes most of an agent's calls, and a call costs several times as much."""
    return [found for agent, spent in spending(view).items() if (found := _judge(view, agent, spent)) is not None]


def _judge(view: View, agent: str, spent: Spending) -> Found | None:
    """By the logged calls, else by the cost metric: the logs of pods that a rollout replaced are gone, and with them the model before."""
    if len(spent.calls_by_model) >= 2 and (
        found := _taken_over(view, agent, spent, spent.calls_by_model, spent.cost, spent.calls, "logs")
    ):
        return found
    metered = {model: _within(view, minutes) for model, minutes in view.meters.cost.get(agent, {}).items()}
    by_model = metered if len(metered) >= 2 else spent.cost_by_model
    if len(by_model) < 2:
        return None
    cost = add_up(by_model.values())
    # Logs that begin with the new model cannot tell what a call cost before.
    reach = bool(spent.calls) and min(spent.calls) <= min(cost, default=view.start) + REACH
    return _taken_over(view, agent, spent, by_model, cost, spent.calls if reach else spent.tasks, "metrics")


def _taken_over(
    view: View,
    agent: str,
    spent: Spending,
    by_model: Mapping[str, ByMinute],
    cost: ByMinute,
    weight: ByMinute,
    source: str,
) -> Found | None:
    shares, active = by_model, add_up(by_model.values())
    if source == "metrics":
        # Money is no measure of use: what the cheap model cost before is next to nothing beside the dear one. Each minute counts once.
        shares = {
            model: {m: v / active[m] for m, v in minutes.items() if active[m] > 0}
            for model, minutes in by_model.items()
        }
        active = {m: 1.0 for m, v in active.items() if v > 0}
    for model, minutes in shares.items():
        shift = rise(minutes, active, view.start, view.end, 3.0)
        if shift is None or shift.after < TAKEN_OVER or shift.before > HARDLY_USED:
            continue
        if source == "logs" and sum(minutes.values()) < MIN_CALLS:
            continue
        # Money follows what is done, so it is compared call by call, or task by task where calls are not counted.
        before, after = same_stretch(cost, weight, shift)
        extra = replace(spent, cost=cost).extra_usd(shift, weight) if weight else 0.0
        if spent.priced and (
            (weight and (before <= 0 or after < FACTOR * before))
            or not dear_enough(replace(spent, cost=cost), shift, view.end)
        ):
            continue
        old = max((m for m in by_model if m != model), key=lambda m: sum(by_model[m].values()))
        what = "calls" if source == "logs" else "cost"
        evidence = [
            f"{source}: {model} has {percent(shift.after)} of the model {what} since {clock(shift.since)}, {percent(shift.before)} before; before it was {old}"
        ]
        if weight:
            evidence.append(
                f"cost: {usd(after)} a {'call' if weight is spent.calls else 'task'} instead of {usd(before)}: {usd(extra)} more"
            )
        return _found(view, agent, spent, shift, (model, old), evidence, extra)
    return None


def _within(view: View, minutes: Mapping[int, float]) -> ByMinute:
    return {m: v for m, v in minutes.items() if view.start <= m <= view.end}


def _found(
    view: View, agent: str, spent: Spending, shift: Shift, models: tuple[str, str], evidence: list[str], extra: float
) -> Found:
    model, old = models
    policy = view.policy(agent)
    differs = bool(policy and policy.model and policy.model != model)
    if policy and differs:
        evidence.append(f"governance: the document of {agent} says {policy.model}")
    return Found(
        ID,
        f"agent/{agent}",
        (0.85 if spent.priced else 0.55) + (0.05 if differs else 0.0),
        shift.since,
        f"{agent} calls {model} instead of {old}",
        evidence,
        Remediation(
            "Find who changed the model (a config, a flag, a default), and whether anybody wanted it.",
            "agentctl cost top --by model --since 24h",
        ),
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
