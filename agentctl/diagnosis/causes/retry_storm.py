"""retry-storm: an agent retries so often that the retries are the load."""

from __future__ import annotations

from agentctl.analysis.symptoms import CODE, DOWN
from agentctl.diagnosis.found import CauseType, Found
from agentctl.diagnosis.spending import Spending, per_minute, same_stretch, spending
from agentctl.diagnosis.timeline import add_up, episode, rise
from agentctl.diagnosis.view import View
from agentctl.diagnosis.words import clock, count, quote, usd
from agentctl.model.finding import Remediation

ID = "retry-storm"
# At least so many failed attempts, so many a task where no document says how many are allowed, so many times as before.
MIN_ATTEMPTS, PER_TASK, FACTOR = 40, 4.0, 4.0
# Attempts and the tasks they belong to are counted at different moments; a storm is never fewer failed attempts a task than LEAST.
BLUR, LEAST = 1.15, 2.5


def find(view: View) -> list[Found]:
    """Failed attempts that explode for one agent. Another cause that makes attempts fail stands above this one."""
    return [found for agent, spent in spending(view).items() if (found := _judge(view, agent, spent)) is not None]


def _judge(view: View, agent: str, spent: Spending) -> Found | None:
    if sum(spent.attempts.values()) < MIN_ATTEMPTS:
        return None
    shift = rise(spent.attempts, per_minute(view, spent.attempts), view.start, view.end, FACTOR)
    if shift is None:
        whole = episode(spent.attempts, add_up((spent.calls, spent.attempts)), 0.05, 0.3)
        if whole is None or whole.ratio < 0.4:
            return None
        start, end, since = whole.start, whole.end, whole.since
        n = whole.hits
        before = 0.0
    else:
        # The onset is where attempts begin to be a good part of the work, not where the first of them failed.
        onset = episode(spent.attempts, add_up((spent.calls, spent.attempts)), 0.05, 0.3)
        start, end, n, before = (onset.start if onset else shift.start), shift.end, shift.amount_after, shift.before
        since = start * 60.0
    tasks = sum(v for m, v in spent.tasks.items() if start <= m <= end)
    policy = view.policy(agent)
    allowed = policy.max_retries if policy else None
    # Where nobody counts tasks, a failing peer explains the attempts as well as a storm would.
    failed = sum(v for m, v in view.failed_tasks(agent).items() if start <= m <= end)
    bound = PER_TASK if allowed is None or not tasks else _bound(allowed, failed / tasks)
    if n < MIN_ATTEMPTS or (n / tasks < bound if tasks else _by_a_peer(view, agent)):
        return None
    rate = n / max(end - start + 1, 1)
    evidence = [
        f"logs: {count(n, 'failed attempt')} of {agent} since {clock(since)}, {rate:.1f} a minute instead of {before:.1f}"
    ]
    if tasks:
        evidence.append(
            f"metrics: {n / tasks:.1f} failed attempts a task"
            + (f"; max_retries is {allowed}" if allowed is not None else "")
        )
    text = next((f.samples[0] for f in view.failures if agent in f.agents and f.attempts), "")
    if text:
        evidence.append(f"logs: {quote(text)}")
    if spent.priced and shift is not None:
        was, now = same_stretch(spent.cost, per_minute(view, spent.cost), shift)
        if now > 1.5 * was:
            evidence.append(f"cost: {usd(now * 60)} an hour instead of {usd(was * 60)}")
    over = bool(tasks and allowed is not None and n / tasks > allowed + 1)
    return Found(
        ID,
        f"agent/{agent}",
        0.65 + (0.15 if over else 0.0) + min(n, 500) / 5000,
        since,
        f"{agent} retries again and again",
        evidence,
        Remediation(
            "Bound the retries and let them back off; find the failure behind them.", "agentctl diagnose errors"
        ),
        until=end * 60.0,
        agents=frozenset({agent}),
        weight=n,
    )


def _bound(allowed: int, failed: float) -> float:
    """Failed attempts a task that the document allows at the most: `allowed` for a task that succeeds in the end, one more for a task that
    fails (whether `max_retries` counts the first attempt or not is the agent's own affair). `failed` is the share of failed tasks."""
    return max(BLUR * (allowed + min(failed, 1.0)), LEAST)


def _by_a_peer(view: View, agent: str) -> bool:
    """Whether most of the agent's failed attempts speak of a peer that is down, or of the agent's own code."""
    counts = [
        (
            f.symptom.kind in DOWN or f.symptom.kind == CODE,
            sum(sum(m.values()) for (a, _), m in f.cells.items() if a == agent),
        )
        for f in view.failures
        if agent in f.agents
    ]
    total = sum(n for _, n in counts)
    return total == 0 or sum(n for peer, n in counts if peer) >= 0.5 * total


PAGE = """An agent retries so often, with so little pause, that the retries themselves are the load and the cost.

Seen in: failed attempts a task, far above `max_retries` or far above what they were. When a tool or provider that fails stands behind the
retries, that is the cause and the storm is folded under it.

What to do: bound the retries (`max_retries`), back off with jitter, do not retry what cannot succeed (4xx); then mend the failure behind it.
"""
CAUSE = CauseType(ID, "retries are the load", frozenset({"errors", "cost"}), find, PAGE)
