"""What a scenario file says, as data. `load.py` reads the file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class AgentSpec:
    """One agent of the fleet. None = as its profile says. `log_format` names a form of `logformat.FORMATS`."""

    name: str
    profile: str
    replicas: int | None = None
    tasks_per_hour: float | None = None
    log_format: str | None = None
    model: str | None = None
    governance: Mapping[str, Any] = field(default_factory=dict)
    tools: Mapping[str, float] | None = None
    handoffs: tuple[str, ...] = ()
    sidecar: bool = False


@dataclass(frozen=True, slots=True)
class FaultSpec:
    """A fault. Times are seconds after the window's start; `duration` None = until the end; the rest is the kind's own."""

    kind: str
    at: float
    ramp: float = 0.0
    duration: float | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Expectation:
    """A cause that a perfect diagnosis finds; `accept` are further subjects that are as right."""

    id: str
    subject: str
    accept: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MetricOptions:
    """`scrape` and `history_step` in seconds; `buckets` False = histograms without their buckets, as large sites keep them;
    `pod_labels` False = targets that are known by their instance only; `total_suffix` False = the cost counter without its `_total`."""

    scrape: float = 30.0
    history_step: float = 900.0
    buckets: bool = True
    pod_labels: bool = True
    total_suffix: bool = True


@dataclass(frozen=True, slots=True)
class Noise:
    """Ordinary trouble of a healthy fleet, as probabilities: of a task, of a call that a retry heals, of a slow call."""

    task_failure: float = 0.004
    transient: float = 0.008
    slow: float = 0.01


@dataclass(frozen=True, slots=True)
class Scenario:
    """A simulated fleet and what happens to it.

    `start` is the unix time of the window's start; `window` seconds are simulated call by call, the `history` seconds before
    them as sums only. `missing` maps a source of the bundle to the error that bundle.json states for it ("" = never set up), `partial` one that was only partly recorded.
    """

    name: str
    title: str
    description: str
    seed: int
    start: float
    window: float
    history: float
    agents: tuple[AgentSpec, ...]
    fill: int = 0
    namespace: str = "agents"
    identity: str = "agent"
    log_format: str = "varied"
    nodes: int = 3
    tools: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    cycle: float = 0.5
    weekend: float = 0.6
    traces: float = 0.1
    gzip: bool = False
    metrics: MetricOptions = field(default_factory=MetricOptions)
    noise: Noise = field(default_factory=Noise)
    max_agent_hops: int = 5
    missing: Mapping[str, str] = field(default_factory=dict)
    partial: Mapping[str, str] = field(default_factory=dict)
    faults: tuple[FaultSpec, ...] = ()
    expect: tuple[Expectation, ...] = ()

    @property
    def end(self) -> float:
        """The unix time of the window's end."""
        return self.start + self.window
