"""bad-rollout: a deployment works worse since its new revision."""

from __future__ import annotations

from agentctl.analysis.failures import Failure
from agentctl.analysis.logs.digest import Cell
from agentctl.analysis.symptoms import CONCURRENCY, CREDENTIAL, OWN_LIMIT, QUOTA, RATE_LIMIT
from agentctl.diagnosis.causes.crash_loop import looping
from agentctl.diagnosis.found import CauseType, Found
from agentctl.diagnosis.rollouts import Rollout, rollouts
from agentctl.diagnosis.timeline import add_up
from agentctl.diagnosis.view import View, replicaset_of_pod_name
from agentctl.diagnosis.words import clock, count, percent, quote, some
from agentctl.model.finding import Remediation

ID = "bad-rollout"
# The new revision must fail at least so often, and so many times as often as the old one.
MIN_RATIO, FACTOR, MIN_ERRORS = 0.05, 4.0, 5


def find(view: View) -> list[Found]:
    """Revisions whose pods crash or never become ready, or fail far more often than those before."""
    out: dict[str, Found] = {}
    for rollout in rollouts(view):
        found = _crashing(view, rollout) or _failing(view, rollout) or _failing_tasks(view, rollout)
        if found is not None and (rollout.deployment not in out or found.strength > out[rollout.deployment].strength):
            out[rollout.deployment] = found
    return list(out.values())


def _new_pods(view: View, rollout: Rollout) -> frozenset[str]:
    owned = {p.name for p in view.pods if p.replicaset == rollout.new}
    named = {pod for _, pod in view.activity if pod and replicaset_of_pod_name(pod) == rollout.new}
    return frozenset(owned | named)


def _crashing(view: View, rollout: Rollout) -> Found | None:
    pods = [p for p in view.pods if p.replicaset == rollout.new or replicaset_of_pod_name(p.name) == rollout.new]
    crashing = [
        p
        for p in pods
        if any(
            looping(c)
            or c.reason in ("ImagePullBackOff", "ErrImagePull", "CreateContainerConfigError", "CreateContainerError")
            for c in p.containers
        )
    ]
    stuck = [
        p
        for p in pods
        if not p.ready and p.phase != "Succeeded" and p.created_at is not None and view.end * 60 - p.created_at > 300
    ]
    hit = crashing or stuck
    if not hit:
        return None
    reasons = {c.reason or c.last_reason for p in hit for c in p.containers} - {""}
    said = f"kubernetes: {len(hit)} of {count(len(pods), 'pod')} of the new revision {'crash' if crashing else 'are not ready'} ({some(reasons) or 'not ready'}): {some((p.name for p in hit), 3)}"
    words = [
        f"logs: {quote(g.traceback.strip().splitlines()[-1] if g.traceback else g.sample.message)}"
        for g in (view.digest.groups if view.digest else ())
        if any(pod in {p.name for p in hit} for _, pod in g.cells)
    ]
    return _found(view, rollout, 0.9 if crashing else 0.6, [said, *words[:1]], float(len(hit)))


def _failing(view: View, rollout: Rollout) -> Found | None:
    """By the logs: errors and failed attempts per unit of work of the new pods against the old ones', and against the time before."""
    if view.digest is None:
        return None
    new = _new_pods(view, rollout)
    agents = view.agents_of_deployment(rollout.deployment)
    cells = [c for c in view.activity if c[0] in agents or c[1] in new]
    fresh = [c for c in cells if c[1] in new] or []
    old = [c for c in cells if c[1] not in new]
    minute = int(rollout.at // 60)
    if not fresh:
        # Pods in place (or unknown): only the time tells old from new.
        fresh = old
    errors_new, work_new = _errors(view, fresh, minute, None), _work(view, fresh, minute, None)
    errors_old, work_old = _errors(view, old, None, minute), _work(view, old, None, minute)
    if not work_new or not work_old or errors_new < MIN_ERRORS:
        return None
    now, before = errors_new / (work_new + errors_new), errors_old / (work_old + errors_old)
    if now < MIN_RATIO or now < FACTOR * before:
        return None
    sample = _sample(view, new or frozenset(c[1] for c in fresh), minute)
    said = [
        f"logs: {percent(now)} of the new revision's work fails ({count(errors_new, 'failure')}), {percent(before)} before",
        *([f"logs: {quote(sample)}"] if sample else []),
    ]
    return _found(view, rollout, 0.65 + min(now, 0.8) / 5 + min(errors_new, 50) / 500, said, errors_new)


def _failing_tasks(view: View, rollout: Rollout) -> Found | None:
    """By the metrics: the share of failed tasks since the rollout against the time before."""
    agents = view.agents_of_deployment(rollout.deployment) or frozenset({rollout.deployment} & set(view.meters.tasks))
    failed = add_up(view.failed_tasks(a) for a in agents)
    tasks = add_up(view.tasks(a) for a in agents)
    minute = int(rollout.at // 60)
    after = sum(v for m, v in tasks.items() if m > minute), sum(v for m, v in failed.items() if m > minute)
    before = sum(v for m, v in tasks.items() if m <= minute), sum(v for m, v in failed.items() if m <= minute)
    if not after[0] or not before[0] or after[1] < MIN_ERRORS:
        return None
    now, then = after[1] / after[0], before[1] / before[0]
    if now < 2 * MIN_RATIO or now < FACTOR * then:
        return None
    return _found(
        view,
        rollout,
        0.6 + min(now, 0.8) / 5,
        [f"metrics: {percent(now)} of the tasks fail since the rollout, {percent(then)} before"],
        after[1],
    )


def _errors(view: View, cells: list[Cell], start: int | None, end: int | None) -> float:
    """Failures in these cells that are these cells' own: what others see too is not the release's doing."""
    wanted = set(cells)
    return sum(
        n
        for f in _own(view, wanted)
        for cell, minutes in f.cells.items()
        if cell in wanted
        for m, n in minutes.items()
        if _in(m, start, end)
    )


def _own(view: View, cells: set[Cell]) -> list[Failure]:
    agents = {agent for agent, _ in cells}
    out = []
    for failure in view.failures:
        if failure.symptom.kind in (OWN_LIMIT, QUOTA, RATE_LIMIT, CREDENTIAL, CONCURRENCY):
            continue
        total = sum(sum(m.values()) for m in failure.cells.values())
        outside = sum(sum(m.values()) for (agent, _), m in failure.cells.items() if agent not in agents)
        if outside < 0.2 * total:
            out.append(failure)
    return out


def _work(view: View, cells: list[Cell], start: int | None, end: int | None) -> float:
    total = 0.0
    for cell in cells:
        minutes = view.llm_calls.get(cell) or {m: n / 4 for m, n in view.activity.get(cell, {}).items()}
        total += sum(n for m, n in minutes.items() if _in(m, start, end))
    return total


def _in(minute: int, start: int | None, end: int | None) -> bool:
    return (start is None or minute >= start) and (end is None or minute < end)


def _sample(view: View, pods: frozenset[str], minute: int) -> str:
    best, text = 0, ""
    assert view.digest is not None
    for group in (*view.digest.groups, *view.digest.attempts):
        n = sum(
            v for (_, pod), minutes in group.cells.items() if pod in pods for m, v in minutes.items() if m >= minute
        )
        if n > best:
            last = group.traceback.strip().splitlines()[-1] if group.traceback else ""
            best, text = n, f"{group.sample.message} {last}".strip()
    return text


def _found(view: View, rollout: Rollout, strength: float, said: list[str], weight: float) -> Found:
    changed = f": {some(rollout.changed, 3)}" if rollout.changed else ""
    return Found(
        ID,
        f"deployment/{rollout.deployment}",
        strength - (0.1 if rollout.source != "replicasets" else 0.0),
        rollout.at,
        f"{rollout.deployment} fails since its new revision",
        [
            f"kubernetes: {rollout.deployment} has the new revision {rollout.new} since {clock(rollout.at)}{changed}",
            *said,
        ],
        Remediation(
            "Go back to the revision before, then look at what changed.",
            f"kubectl rollout undo deploy/{rollout.deployment}",
        ),
        agents=view.agents_of_deployment(rollout.deployment) or frozenset({rollout.deployment}),
        pods=_new_pods(view, rollout),
        subjects=(f"deployment/{rollout.deployment}",),
        weight=weight,
    )


PAGE = """A deployment works worse since its new revision: its new pods crash, never become ready, or fail far more of their work than the old ones.

Seen in: a ReplicaSet that was made inside the window, what differs in it (image, environment), and the failures of its pods against those
of the pods before. A release after which nothing changed is none. The errors and crash loops that came with it are folded under it.

What to do: `kubectl rollout undo`; then compare the two revisions (`kubectl rollout history`).
"""
CAUSE = CauseType(ID, "a release made it worse", frozenset({"errors"}), find, PAGE)
