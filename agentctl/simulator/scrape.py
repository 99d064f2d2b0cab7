"""Prometheus: asks every target in turn, a little off the beat, and keeps what it got."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from agentctl.simulator.clock import Clock, Process
from agentctl.simulator.fleet import Fleet, Pod
from agentctl.simulator.registry import COST, Key
from agentctl.simulator.scenario import MetricOptions

JOB = "agents"
PORT = 9090
MISSED = 0.002


@dataclass(slots=True)
class Target:
    """The samples of one target: the times it was asked, and of each series (index into the times, value)."""

    labels: tuple[tuple[str, str], ...]
    times: list[float] = field(default_factory=list)
    columns: dict[Key, tuple[list[int], list[float]]] = field(default_factory=dict)

    def sample(self, key: Key, value: float) -> None:
        """Store a value at the latest time."""
        column = self.columns.get(key)
        if column is None:
            column = self.columns[key] = ([], [])
        column[0].append(len(self.times) - 1)
        column[1].append(value)


@dataclass(slots=True)
class Prometheus:
    """All targets, kept as the options say: what they drop is dropped by relabelling rules or was never exposed."""

    namespace: str
    options: MetricOptions
    rng: Random
    targets: dict[str, Target] = field(default_factory=dict)
    kube_state: Target = field(
        default_factory=lambda: Target((("instance", "10.244.0.9:8080"), ("job", "kube-state-metrics")))
    )

    def target(self, pod: Pod) -> Target:
        """The pod's target, made at its first scrape."""
        found = self.targets.get(pod.uid)
        if found is None:
            where = (("namespace", self.namespace), ("pod", pod.name)) if self.options.pod_labels else ()
            labels = (("instance", f"{pod.ip}:{PORT}"), ("job", JOB), *where)
            found = self.targets[pod.uid] = Target(labels)
        return found

    def scrape(self, pod: Pod, now: float) -> None:
        """Ask a pod once. A target that does not answer leaves `up` 0 and nothing else; one out of discovery nothing at all."""
        if not pod.scraped or pod.gone is not None:
            return
        target = self.target(pod)
        target.times.append(round(now, 3))
        answers = pod.running and pod.reachable and pod.answers
        target.sample(("up", ()), 1.0 if answers else 0.0)
        if not answers:
            return
        for key, value in pod.registry.snapshot(self.options.buckets):
            target.sample(key, value)
            if key[0] == COST:
                pod.seen[key[1][1][1]] = value

    def scrape_kube_state(self, fleet: Fleet, now: float) -> None:
        """Ask kube-state-metrics, which knows every pod's restarts."""
        self.kube_state.times.append(round(now, 3))
        for agent in fleet.agents.values():
            for pod in agent.pods:
                labels = (("container", "agent"), ("namespace", self.namespace), ("pod", pod.name), ("uid", pod.uid))
                self.kube_state.sample(("kube_pod_container_status_restarts_total", labels), float(pod.restarts))

    def series(self) -> Iterator[tuple[str, dict[str, str], Target, list[int], list[float]]]:
        """(name, labels, target, indices, values) of every series, target by target."""
        for target in (*self.targets.values(), self.kube_state):
            for (exposed, labels), (indices, values) in target.columns.items():
                plain = exposed == COST and not self.options.total_suffix
                name = exposed.removesuffix("_total") if plain else exposed
                yield name, dict(sorted((*target.labels, *labels))), target, indices, values


def scraper(pod: Pod, prometheus: Prometheus, clock: Clock, interval: float) -> Process:
    """Scrapes a pod every interval, at an offset of its own and with some jitter, until it is gone."""
    rng = prometheus.rng
    yield rng.uniform(0, interval)
    while pod.gone is None:
        if rng.random() >= MISSED:
            prometheus.scrape(pod, clock.now)
        yield interval + rng.gauss(0, 0.004)


def kube_state_scraper(fleet: Fleet, prometheus: Prometheus, clock: Clock, interval: float) -> Process:
    """Scrapes kube-state-metrics."""
    while True:
        prometheus.scrape_kube_state(fleet, clock.now)
        yield interval
