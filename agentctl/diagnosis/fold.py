"""What follows from another cause is folded under it; what is left is ranked."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from agentctl.diagnosis.found import Found
from agentctl.diagnosis.words import clock

# A consequence may be seen a little before its cause: scrapes, batches and time-outs blur both (seconds).
SLACK = 420.0
LEAST = 0.5

PROVIDER = frozenset({"provider-rate-limit", "provider-outage", "provider-quota-exhausted", "credential-rejected"})
OUTSIDE = PROVIDER | {"tool-outage", "tool-latency"}


def same_agents(root: Found, other: Found) -> bool:
    """Whether the root touches most of the agents of the other."""
    return bool(other.agents) and len(other.agents & root.agents) >= 0.7 * len(other.agents)


def same_pods(root: Found, other: Found) -> bool:
    """Whether most pods of the other are pods of the root."""
    return bool(other.pods) and len(other.pods & root.pods) >= 0.7 * len(other.pods)


def same_name(root: Found, other: Found) -> bool:
    return root.name == other.name


def _only_there(root: Found, other: Found) -> bool:
    """All that the other touches is what the root touches: nobody else sees it."""
    return same_pods(root, other) if other.pods and root.pods else same_agents(root, other)


def _fell_silent(root: Found, other: Found) -> bool:
    """Whether metrics stopped when the node did, of agents that stood on it. Their pods of today are the replacements."""
    at_once = root.since is None or other.since is None or other.since <= root.since + SLACK
    return same_pods(root, other) or (at_once and same_agents(root, other))


Relation = Callable[[Found, Found], bool]
# root → what follows from it, and how the two must belong together.
FOLLOWS: tuple[tuple[frozenset[str], frozenset[str], Relation], ...] = (
    (
        frozenset({"node-failure"}),
        frozenset({"crash-loop", "out-of-memory", "tool-outage", "provider-outage", "tool-latency"}),
        same_pods,
    ),
    (frozenset({"node-failure"}), frozenset({"telemetry-gap"}), _fell_silent),
    (frozenset({"node-failure"}), frozenset({"saturation", "retry-storm"}), same_agents),
    (frozenset({"bad-rollout"}), frozenset({"crash-loop", "out-of-memory"}), same_name),
    (frozenset({"bad-rollout"}), frozenset({"tool-outage", "provider-outage", "tool-latency"}), _only_there),
    (
        frozenset({"bad-rollout"}),
        frozenset({"retry-storm", "runaway-loop", "saturation", "telemetry-gap", "governance-limit-reached"}),
        same_agents,
    ),
    (frozenset({"out-of-memory"}), frozenset({"crash-loop"}), same_name),
    (
        frozenset({"out-of-memory", "crash-loop"}),
        frozenset({"telemetry-gap", "saturation", "retry-storm"}),
        same_agents,
    ),
    (frozenset({"tool-outage"}), frozenset({"tool-latency"}), same_name),
    (OUTSIDE, frozenset({"retry-storm", "saturation", "runaway-loop"}), same_agents),
    (
        frozenset({"provider-quota-exhausted", "credential-rejected"}),
        frozenset({"provider-rate-limit", "provider-outage"}),
        same_agents,
    ),
    (
        frozenset({"runaway-loop"}),
        frozenset({"traffic-surge", "governance-limit-reached", "saturation", "prompt-growth", "retry-storm"}),
        same_agents,
    ),
    (
        frozenset({"retry-storm"}),
        frozenset({"runaway-loop", "traffic-surge", "saturation", "prompt-growth"}),
        same_agents,
    ),
    (
        frozenset({"policy-denials", "governance-limit-reached"}),
        frozenset({"retry-storm", "runaway-loop"}),
        same_agents,
    ),
    (frozenset({"model-change"}), frozenset({"prompt-growth", "traffic-surge", "runaway-loop"}), same_agents),
    (frozenset({"prompt-growth"}), frozenset({"traffic-surge"}), same_agents),
)


def fold(found: Sequence[Found], order: Sequence[str]) -> list[Found]:
    """The roots, best first; each consequence is named in its root's `explains`, and dropped."""
    likely = [f for f in found if f.strength >= LEAST]
    under: dict[int, Found] = {}
    for other in likely:
        root = next((r for r in likely if r is not other and follows(r, other) and not _chained(r, other, under)), None)
        if root is not None:
            under[id(other)] = root
    for other in likely:
        root = under.get(id(other))
        while root is not None and id(root) in under:
            root = under[id(root)]
        if root is not None:
            root.explains.append(f"{other.id} of {other.subject} since {clock(other.since)}")
    roots = [f for f in likely if id(f) not in under]
    rank = {name: i for i, name in enumerate(order)}
    return sorted(roots, key=lambda f: (-f.severity, -round(f.strength, 1), rank[f.id], -f.weight, f.subject))


def follows(root: Found, other: Found) -> bool:
    """Whether `other` is a consequence of `root`: of a kind that follows from it, not before it, and in the same place.

    A fault never disappears under what is no more than dear.
    """
    if other.severity > root.severity:
        return False
    for roots, consequences, relation in FOLLOWS:
        if root.id in roots and other.id in consequences and relation(root, other):
            return _in_time(root, other)
    return False


def _in_time(root: Found, other: Found) -> bool:
    if root.since is None or other.since is None:
        return True
    return other.since >= root.since - SLACK and (root.until is None or other.since <= root.until + SLACK)


def _chained(root: Found, other: Found, under: dict[int, Found]) -> bool:
    """Whether the root itself is already folded under the other."""
    above = under.get(id(root))
    while above is not None:
        if above is other:
            return True
        above = under.get(id(above))
    return False
