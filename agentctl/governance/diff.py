"""What a change to the governance documents widens and what it narrows, as a person would say it."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass

from agentctl.governance.policy import Policy
from agentctl.governance.surface import UNNAMED, Grant, Key, names_of, reach, surface

_TIER = {"allow": "autonomous", "review": "held for review", "deny": "refused"}


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. `direction` is widened or narrowed; `pointer` is what decides in the new document (in the old one
    where `in_new` is False, because the new one has lost it)."""

    agent: str
    direction: str
    message: str
    pointer: str
    in_new: bool = True


def diff_policies(old: Mapping[str, Policy], new: Mapping[str, Policy]) -> list[Change]:
    """All changes between two sets of policies by agent name; agents that stand in one of them only are added or removed."""
    changes: list[Change] = []
    for name in sorted(old.keys() | new.keys()):
        if name not in old:
            changes.append(Change(name, "widened", f"agent {name} is new{_grants(new[name])}", "/agent/name"))
        elif name not in new:
            changes.append(Change(name, "narrowed", f"agent {name} is gone", "/agent/name", in_new=False))
        else:
            changes += diff_policy(old[name], new[name])
    return changes


def diff_policy(old: Policy, new: Policy) -> list[Change]:
    """The changes of one agent's document: widenings first."""
    old_tools, old_actions = names_of(old)
    new_tools, new_actions = names_of(new)
    tools, actions = old_tools | new_tools, old_actions | new_actions
    before, after = surface(old, tools, actions), surface(new, tools, actions)
    added = new.positions("allowed_tools").keys() - old.positions("allowed_tools").keys()
    places = {tool: f"/agent/allowed_tools/{new.positions('allowed_tools')[tool]}" for tool in added}
    changes = [
        *_decisions(new.name, before, after, places, new.positions("allowed_tools")),
        *_guards(new, old, before, after),
    ]
    return sorted(changes, key=lambda c: c.direction != "widened")


def _decisions(
    agent: str,
    before: Mapping[Key, Grant],
    after: Mapping[Key, Grant],
    places: Mapping[str, str],
    listed: Container[str],
) -> Iterator[Change]:
    """The tools first; an action only where it changes otherwise than its tool does, once for all tools it changes for alike.

    `places`: where a tool is newly listed. What it brings stands there, so that one approval covers it, and the other tools'
    names (`listed`) are no actions of it.
    """
    moved: dict[str, tuple[str, str]] = {}
    actions: dict[tuple[str, str, str], list[str]] = {}
    for key, new in after.items():
        if key[0] != "decision" or new.reach == before[key].reach:
            continue
        old, (_, tool, action) = before[key], key
        if not action:
            moved[tool] = (old.says, new.says)
            yield _moved(agent, _NO_NAME.get(tool, tool), old, new, places.get(tool, new.pointer))
        elif moved.get(tool) != (old.says, new.says) and not (tool in places and tool in moved and action in listed):
            actions.setdefault((action, old.says, new.says), []).append(tool)
    for (action, _, _), tools in actions.items():
        key = ("decision", tools[0], action)
        with_what = ", ".join(_NO_NAME.get(tool, tool) for tool in tools)
        what = "any action that is not named" if action == UNNAMED else action
        yield _moved(
            agent, f"{what} (by {with_what})", before[key], after[key], places.get(tools[0], after[key].pointer)
        )


_NO_NAME = {UNNAMED: "any tool that is not named"}


def _moved(agent: str, what: str, old: Grant, new: Grant, pointer: str) -> Change:
    direction = "widened" if new.reach > old.reach else "narrowed"
    return Change(agent, direction, f"{what}: {_TIER[old.says]} → {_TIER[new.says]}", pointer)


def _guards(current: Policy, past: Policy, before: Mapping[Key, Grant], after: Mapping[Key, Grant]) -> Iterator[Change]:
    for key in sorted({k for k in (*before, *after) if k[0] != "decision"}):
        was, now = reach(before, key), reach(after, key)
        lost = key not in after
        if was == now:
            continue
        old = before[key].says if key in before else "not set"
        new = "removed" if lost else after[key].says
        entry = before[key] if lost else after[key]
        of = f" ({key[2]})" if len(key) > 2 and key[2] else ""
        message = f"{key[1]}{of}: {old} → {new}"
        widened = now > was and not (lost and _held_by_another(key, past, current))
        yield Change(current.name, "widened" if widened else "narrowed", message, entry.pointer, in_new=not lost)


def _held_by_another(key: Key, past: Policy, current: Policy) -> bool:
    """Whether a lost rate limit is kept by one that lets no more calls through in a window at least as long."""
    lost = next((limit for limit in past.rate_limits if key[:2] == ("limit", limit.name)), None)
    return lost is not None and any(
        key[2] in limit.tools and limit.limit <= lost.limit and limit.seconds >= lost.seconds
        for limit in current.rate_limits
    )


def _grants(policy: Policy) -> str:
    tools, actions = names_of(policy)
    entries = surface(policy, tools, actions)
    free = [t for t in sorted(tools) if entries["decision", t, ""].says == "allow"]
    held = [t for t in sorted(tools) if entries["decision", t, ""].says == "review"]
    parts = [f"autonomous: {', '.join(free)}"] if free else []
    parts += [f"held for review: {', '.join(held)}"] if held else []
    return f" ({'; '.join(parts)})" if parts else ""
