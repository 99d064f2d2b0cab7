"""What was rolled out, and when: from ReplicaSets, from events, or from the names of the pods alone."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from agentctl.analysis.logs.digest import NO_MINUTE
from agentctl.diagnosis.view import View, deployment_of_pod_name, replicaset_of_pod_name


@dataclass(frozen=True, slots=True)
class Rollout:
    """A new revision of a deployment inside the window. `at` is unix seconds; `new` is its ReplicaSet; `changed` says what differs."""

    deployment: str
    at: float
    new: str
    changed: tuple[str, ...] = ()
    source: str = "replicasets"


def rollouts(view: View) -> list[Rollout]:
    """Every rollout between the start of the window and its end."""
    found = _from_replicasets(view)
    known = {r.deployment for r in found}
    return found + [r for r in _from_names(view) if r.deployment not in known]


def _from_replicasets(view: View) -> list[Rollout]:
    sets = defaultdict(list)
    for rs in view.replicasets:
        if rs.owner and rs.created_at is not None:
            sets[rs.owner[1]].append(rs)
    out = []
    for deployment, found in sets.items():
        found.sort(key=lambda r: (r.revision or 0, r.created_at or 0.0))
        for old, new in zip(found, found[1:], strict=False):
            assert new.created_at is not None
            if view.start - 1 <= new.created_at // 60 <= view.end:
                out.append(Rollout(deployment, new.created_at, new.name, _changes(old, new)))
    return out


def _changes(old: object, new: object) -> tuple[str, ...]:
    out = []
    before, after = getattr(old, "images", ()), getattr(new, "images", ())
    if before != after:
        out.append(f"image {', '.join(before) or '?'} → {', '.join(after) or '?'}")
    was, now = getattr(old, "env", {}), getattr(new, "env", {})
    for key in sorted(set(was) | set(now)):
        if was.get(key) != now.get(key):
            out.append(f"env {key}: {was.get(key, 'unset')} → {now.get(key, 'unset')}")
    return tuple(out)


def _from_names(view: View) -> list[Rollout]:
    """Pods whose names carry another ReplicaSet's hash than those before them, first heard of after the others."""
    first: dict[str, dict[str, int]] = defaultdict(dict)
    for (_, pod), minutes in view.activity.items():
        rs = replicaset_of_pod_name(pod)
        dated = [m for m in minutes if m != NO_MINUTE]
        if rs and dated:
            table = first[deployment_of_pod_name(pod)]
            table[rs] = min(min(dated), table.get(rs, min(dated)))
    out = []
    for deployment, table in first.items():
        order = sorted(table.items(), key=lambda kv: kv[1])
        for name, minute in order[1:]:
            if minute > view.start + 1:
                out.append(Rollout(deployment, minute * 60.0, name, (), "pod names"))
    return out
