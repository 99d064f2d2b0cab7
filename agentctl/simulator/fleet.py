"""The fleet at run time: agents, their Deployments, ReplicaSets and pods, and the nodes these stand on."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from agentctl.governance.policy import Policy
from agentctl.simulator.clock import Process
from agentctl.simulator.logformat import Format, Line, second_text
from agentctl.simulator.registry import Registry
from agentctl.simulator.scenario import AgentSpec

_SAFE = "bcdfghjklmnpqrstvwxz2456789"
MEBI = 1024 * 1024


def suffix(rng: Random, length: int) -> str:
    """Random letters as Kubernetes appends them to generated names (no vowels, nothing that looks like another)."""
    return "".join(rng.choices(_SAFE, k=length))


@dataclass(slots=True)
class Node:
    """A node; `lost_at` is when its kubelet stopped posting status."""

    name: str
    ip: str
    lost_at: float | None = None
    cordoned: bool = False


@dataclass(slots=True)
class ReplicaSet:
    """One revision of a Deployment. `bug` is the variant of the fault in its code, None where it works."""

    name: str
    hash: str
    revision: int
    image: str
    created: float
    env: dict[str, str] = field(default_factory=dict)
    bug: int | None = None
    bug_share: float = 0.0
    crashes: bool = False
    missing_image: bool = False
    model: str = ""
    desired: int = 0
    uid: str = ""


class Sink:
    """The log of one container as the kubelet keeps it: every physical line with its own RFC 3339 stamp, never going back."""

    __slots__ = ("_last", "_prefix", "_second", "current", "previous")

    def __init__(self) -> None:
        self.current: list[str] = []
        self.previous: list[str] | None = None
        self._last = 0
        self._second = -1
        self._prefix = ""

    def write(self, time: float, text: str) -> None:
        """Append a record; each of its lines gets a stamp a few microseconds after the one before."""
        for row in text.split("\n"):
            stamp = max(int(time * 1e9) + 41_000, self._last + 3_217)
            self._last = stamp
            second, nanos = divmod(stamp, 1_000_000_000)
            if second != self._second:
                self._second = second
                self._prefix = second_text(second)[1] + "."
            self.current.append(f"{self._prefix}{nanos:09d}Z {row}\n")

    def rotate(self) -> None:
        """The container was replaced: what it printed becomes the previous log."""
        self.previous, self.current = self.current, []


@dataclass(slots=True, eq=False)
class Pod:
    """A pod with one agent container (and perhaps a sidecar). `epoch` counts its containers, so that runs die with theirs."""

    name: str
    uid: str
    agent: Agent
    replicaset: ReplicaSet
    node: Node
    ip: str
    created: float
    started: float
    registry: Registry
    epoch: int = 0
    ready: bool = True
    running: bool = True
    restarts: int = 0
    last_exit: tuple[int, str, float, float] | None = None
    waiting: str = ""
    waiting_message: str = ""
    unready_since: float | None = None
    deleted: float | None = None
    gone: float | None = None
    reachable: bool = True
    scraped: bool = True
    answers: bool = True
    active: int = 0
    queue: deque[Process] = field(default_factory=deque)
    leak: float = 0.0
    leak_since: float = 0.0
    spent: dict[str, float] = field(default_factory=dict)
    sinks: dict[str, Sink] = field(default_factory=dict)
    seen: dict[str, float] = field(default_factory=dict)

    @property
    def serving(self) -> bool:
        """Whether tasks are sent to it."""
        return self.ready and self.running and self.deleted is None

    def log(
        self, now: float, level: str, logger: str, message: str, fields: Mapping[str, str], traceback: str | None = None
    ) -> None:
        """Print one record to the agent container's standard output; a lost pod's output reaches nobody."""
        if self.reachable:
            self.sinks["agent"].write(now, self.agent.format(Line(now, level, logger, message, fields, traceback)))

    def active_changed(self, step: int) -> None:
        """A run began (+1) or ended (-1)."""
        self.active += step
        self.registry.gauges[self.registry.active_key] = float(self.active)


@dataclass(slots=True, eq=False)
class Agent:
    """An agent: its governance, how it behaves, and where it runs. Faults change the fields marked so."""

    spec: AgentSpec
    name: str
    profile: Mapping[str, Any]
    document: dict[str, Any]
    policy: Policy
    rng: Random
    format: Format
    format_name: str
    deployment: str
    created: float
    model: str
    rate: float
    weights: dict[str, float]
    dialect: int
    handoffs: tuple[str, ...] = ()
    pods: list[Pod] = field(default_factory=list)
    replicasets: list[ReplicaSet] = field(default_factory=list)
    replicas: int = 1
    uid: str = ""
    limits: dict[str, deque[float]] = field(default_factory=dict)
    spent_today: int = 0
    day: int = -1
    # Changed by faults:
    prompt_factor: float = 1.0
    traffic_factor: float = 1.0
    attempts: int = 3
    backoff: float = 1.0
    flaw: float = 0.0
    forced_tool: tuple[str, float] | None = None
    denied_tool: tuple[str, float] | None = None
    loop_partner: str = ""
    loop_share: float = 0.0
    hang_share: float = 0.0
    hang_seconds: float = 0.0
    key_rejected: bool = False
    hops: int | None = None

    @property
    def concurrency(self) -> int:
        """How many runs one pod executes at a time."""
        return self.policy.max_concurrent_runs or 1_000_000

    def serving(self) -> list[Pod]:
        """The pods that take tasks now."""
        return [pod for pod in self.pods if pod.serving]


@dataclass(slots=True)
class KubeEvent:
    """A Kubernetes event before it is written as an object."""

    kind: str
    name: str
    uid: str
    type: str
    reason: str
    message: str
    first: float
    last: float
    count: int = 1
    component: str = "kubelet"
    host: str = ""


@dataclass(slots=True, eq=False)
class Fleet:
    """Everything that exists, by name."""

    namespace: str
    identity: str
    agents: dict[str, Agent]
    nodes: list[Node]
    events: list[KubeEvent] = field(default_factory=list)
    removed: list[Pod] = field(default_factory=list)

    def event(
        self,
        kind: str,
        name: str,
        uid: str,
        type_: str,
        reason: str,
        message: str,
        now: float,
        component: str = "kubelet",
        host: str = "",
    ) -> None:
        """Record an event; the same one again raises its count, as the API server's correlator does."""
        for known in reversed(self.events[-400:]):
            if (known.name, known.reason, known.message) == (name, reason, message):
                known.count += 1
                known.last = now
                return
        self.events.append(KubeEvent(kind, name, uid, type_, reason, message, now, now, 1, component, host))

    def pod_event(
        self, pod: Pod, type_: str, reason: str, message: str, now: float, component: str = "kubelet"
    ) -> None:
        """Record an event about a pod."""
        self.event(
            "Pod",
            pod.name,
            pod.uid,
            type_,
            reason,
            message,
            now,
            component,
            pod.node.name if component == "kubelet" else "",
        )
