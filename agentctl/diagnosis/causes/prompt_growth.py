"""prompt-growth: the prompts of an agent get longer and longer."""

from __future__ import annotations

from agentctl.diagnosis.found import CauseType, Found
from agentctl.diagnosis.spending import FACTOR, Spending, dear_enough, same_stretch, spending
from agentctl.diagnosis.timeline import rise
from agentctl.diagnosis.view import View
from agentctl.diagnosis.words import clock, usd
from agentctl.model.finding import Remediation

ID = "prompt-growth"
MIN_CALLS = 10


def find(view: View) -> list[Found]:
    """Input tokens a call (in the logs), else the cost of a call (in the metrics), several times what it was."""
    return [found for agent, spent in spending(view).items() if (found := _judge(view, agent, spent)) is not None]


def _judge(view: View, agent: str, spent: Spending) -> Found | None:
    if spent.tokens and any(spent.tokens.values()):
        return _by_tokens(view, agent, spent)
    return _by_cost(view, agent, spent)


def _by_tokens(view: View, agent: str, spent: Spending) -> Found | None:
    shift = rise(spent.tokens, spent.calls, view.start, view.end, FACTOR)
    if shift is None or shift.weight_after < MIN_CALLS or shift.weight_before < MIN_CALLS:
        return None
    before, after = same_stretch(spent.cost, spent.calls, shift)
    extra = spent.extra_usd(shift, spent.calls)
    if spent.priced and (after < 0.8 * FACTOR * before or not dear_enough(spent, shift, view.end)):
        return None
    evidence = [
        f"logs: {shift.after:,.0f} input tokens a call since {clock(shift.since)}, {shift.before:,.0f} before ({shift.weight_after:.0f} calls)",
        f"cost: {usd(after)} a call instead of {usd(before)}: {usd(extra)} more",
    ]
    return _found(agent, shift.since, shift.end, evidence, 0.85 if spent.priced else 0.65, extra, shift.factor)


def _by_cost(view: View, agent: str, spent: Spending) -> Found | None:
    """Metrics alone: a call costs more, with the same model, and no more calls are made for a task."""
    if (
        not spent.calls
        or not spent.priced
        or len([m for m in spent.cost_by_model.values() if sum(m.values()) > 0]) != 1
    ):
        return None
    shift = rise(spent.cost, spent.calls, view.start, view.end, FACTOR)
    if (
        shift is None
        or shift.weight_after < MIN_CALLS
        or shift.weight_before < MIN_CALLS
        or not dear_enough(spent, shift, view.end)
    ):
        return None
    extra = spent.extra_usd(shift, spent.calls)
    evidence = [
        f"metrics: a model call costs {usd(shift.after)} since {clock(shift.since)}, {usd(shift.before)} before, with the same model: {usd(extra)} more"
    ]
    return _found(agent, shift.since, shift.end, evidence, 0.65, extra, shift.factor)


def _found(
    agent: str, since: float, end: int, evidence: list[str], strength: float, extra: float, factor: float
) -> Found:
    return Found(
        ID,
        f"agent/{agent}",
        strength + min(factor, 10) / 120,
        since,
        f"the prompts of {agent} have grown {factor:.1f} times",
        evidence,
        Remediation(
            "Look at what is added to the prompt (a history nobody cuts, whole documents, tool results) and bound it.",
            "agentctl cost top --by agent",
        ),
        until=end * 60.0,
        agents=frozenset({agent}),
        weight=extra,
    )


PAGE = """The prompts of an agent have become several times longer, and each call dearer, though the work is the same.

Seen in: input tokens a call in the LLM_CALL lines; without logs, a cost a call that rises with the same model and the same number of calls
a task. The usual reasons: a conversation history that nobody cuts, whole documents or tool results put into the prompt.

What to do: look at one dear run (`agentctl cost top` names them), bound the history, summarise tool results, use prompt caching.
"""
CAUSE = CauseType(ID, "prompts grow", frozenset({"cost"}), find, PAGE)
