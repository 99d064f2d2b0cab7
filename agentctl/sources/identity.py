"""Which agent is it? The one place that turns a pod into the name of its agent.

A record's own `agent` field comes before all of this (`LogRecord.who`); here is what follows it: the labels that name an agent,
then the workload that owns the pod, then the pod itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agentctl.model.cluster import Pod
from agentctl.model.errors import InputError

LABELS = ("agent", "agent_name", "agentctl.dev/agent", "app.kubernetes.io/name", "app.kubernetes.io/component")
DEFAULT_ORDER = (*(f"label:{name}" for name in LABELS), "owner", "pod")


@dataclass(frozen=True, slots=True)
class Identity:
    """The order in which a pod is asked for its agent: `label:NAME`, `owner` or `pod` each."""

    order: Sequence[str] = DEFAULT_ORDER

    def agent_of(self, pod: Pod) -> str:
        """The agent of a pod; the pod's own name where nothing else says it."""
        return self.resolve(pod.name, pod.labels, pod.owner)

    def resolve(self, pod: str, labels: Mapping[str, str], owner: tuple[str, str] | None) -> str:
        """The agent of a pod of which only its name, labels and owner (kind, name) are known."""
        for entry in self.order:
            if entry == "pod":
                return pod
            if entry == "owner":
                if owner and owner[1]:
                    return owner[1]
            elif labels.get(entry.removeprefix("label:"), "").strip():
                return labels[entry.removeprefix("label:")].strip()
        return pod


def parse_order(entries: Sequence[str]) -> Identity:
    """Read the order as the config writes it; raises InputError for an entry that is none of the three kinds."""
    for entry in entries:
        if entry not in ("owner", "pod") and not (entry.startswith("label:") and len(entry) > len("label:")):
            raise InputError(
                "config",
                f"agent-identity: {entry!r} is no place to look for an agent's name",
                "write label:NAME, owner or pod",
            )
    return Identity(tuple(entries)) if entries else Identity()
