"""Everything a diagnosis may know, as typed facts. What is missing is empty, and `missing` says why."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from agentctl.analysis.attribution import Around, attribute
from agentctl.analysis.failures import Failure, Naming, agent_providers, failures, known_tools
from agentctl.analysis.logs.digest import NO_MINUTE, Cell, LogDigest
from agentctl.analysis.symptoms import provider_of_model
from agentctl.diagnosis.meters import Meters
from agentctl.diagnosis.timeline import add_up
from agentctl.governance.policy import Policy
from agentctl.model.cluster import Event, Node, Pod, Workload
from agentctl.model.errors import ErrorNote
from agentctl.model.observations import ProbeResult, QuotaReading, Series, Span
from agentctl.runbook.steps.traces import span_target

ByMinute = dict[int, float]


@dataclass
class View:
    """The incident as all sources together show it. `start` and `end` are minutes, both inside."""

    start: int
    end: int
    digest: LogDigest | None = None
    pods: Sequence[Pod] = ()
    events: Sequence[Event] = ()
    deployments: Sequence[Workload] = ()
    replicasets: Sequence[Workload] = ()
    nodes: Sequence[Node] = ()
    meters: Meters = field(default_factory=Meters)
    kube_series: Sequence[Series] = ()
    spans: Sequence[Span] = ()
    probes: Sequence[ProbeResult] = ()
    quota: Sequence[QuotaReading] = ()
    policies: Sequence[Policy] = ()
    agent_of_pod: Mapping[str, str] = field(default_factory=dict)
    missing: Mapping[str, ErrorNote] = field(default_factory=dict)
    where: str = ""
    memo: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def has_logs(self) -> bool:
        return self.digest is not None and self.digest.records > 0

    @cached_property
    def agents(self) -> frozenset[str]:
        """Every agent that any source names."""
        found = (
            {a for a, _ in self.activity}
            | set(self.meters.tasks)
            | set(self.meters.cost)
            | set(self.agent_of_pod.values())
        )
        return frozenset(found - {""})

    @cached_property
    def activity(self) -> Mapping[Cell, ByMinute]:
        """Records by cell and minute."""
        if self.digest is None:
            return {}
        return {
            cell: {m: float(c.records) for m, c in minutes.items()} for cell, minutes in self.digest.activity.items()
        }

    @cached_property
    def naming(self) -> Naming:
        """Which host is which tool, which agent uses which provider."""
        tools = set(known_tools(self.digest)) if self.digest else set()
        hosts: dict[str, str] = {}
        for policy in self.policies:
            tools |= set(policy.allowed_tools or ())
            for tool in policy.tools.values():
                for url in (tool.endpoint, tool.health):
                    _learn_host(hosts, url, tool.name)
        for probe in self.probes:
            tools.add(probe.tool)
            _learn_host(hosts, probe.target, probe.tool)
        tools |= set(self.meters.users)
        return Naming(hosts, frozenset(tools - {""}), self.providers)

    @cached_property
    def providers(self) -> dict[str, str]:
        """Each agent's model provider."""
        found = agent_providers(self.digest) if self.digest else {}
        for agent, models in self.meters.cost.items():
            known = [p for p in map(provider_of_model, models) if p]
            if agent not in found and known:
                found[agent] = Counter(known).most_common(1)[0][0]
        for agent in self.agents:
            policy = self.policy(agent)
            if agent not in found and policy and policy.model and provider_of_model(policy.model):
                found[agent] = provider_of_model(policy.model)
        return found

    @cached_property
    def failures(self) -> list[Failure]:
        """All failures of the logs, by kind and target; those that name nobody joined to what failed beside them."""
        return attribute(failures(self.digest, self.naming), self._around) if self.digest else []

    @cached_property
    def _around(self) -> Around:
        tools: dict[tuple[str, str], list[ByMinute]] = defaultdict(list)
        models: dict[str, list[ByMinute]] = defaultdict(list)
        for (agent, _, tool), minutes in self.tool_calls.items():
            tools[agent, tool].append(minutes)
        for (agent, _), minutes in self.llm_calls.items():
            models[agent].append(minutes)
        failing: Counter[str] = Counter()
        for span in self.spans:
            what, name = span_target(span)
            if what == "tool" and span.status == "error":
                failing[name] += 1
        for probe in self.probes:
            failing[probe.tool] += 0 if probe.ok else 3
        return Around(
            {key: add_up(found) for key, found in tools.items()},
            {agent: add_up(found) for agent, found in models.items()},
            self.providers,
            {tool: n for tool, n in failing.items() if n >= 3},
        )

    @cached_property
    def _policies(self) -> dict[str, Policy]:
        return {_plain(p.name): p for p in self.policies}

    def policy(self, agent: str) -> Policy | None:
        """The governance document of an agent: by its name, `_` and `-` alike, a version at the end dropped if need be."""
        name = _plain(agent)
        if name in self._policies:
            return self._policies[name]
        short = _unversioned(name)
        close = [p for key, p in self._policies.items() if _unversioned(key) == short]
        return close[0] if len(close) == 1 else None

    @cached_property
    def tool_calls(self) -> dict[tuple[str, str, str], ByMinute]:
        """Logged tool calls by (agent, pod, tool)."""
        if self.digest is None:
            return {}
        return {key: {m: float(t.calls) for m, t in minutes.items()} for key, minutes in self.digest.tools.items()}

    @cached_property
    def llm_calls(self) -> dict[Cell, ByMinute]:
        """Logged model calls by cell."""
        parts: dict[Cell, list[ByMinute]] = defaultdict(list)
        for (agent, pod, _), minutes in (self.digest.llm if self.digest else {}).items():
            parts[agent, pod].append({m: float(t.calls) for m, t in minutes.items()})
        return {cell: add_up(found) for cell, found in parts.items()}

    def tasks(self, agent: str, *statuses: str) -> ByMinute:
        """Tasks by minute, all of them or those with one of these statuses."""
        found = self.meters.tasks.get(agent, {})
        return add_up(minutes for status, minutes in found.items() if not statuses or status in statuses)

    def failed_tasks(self, agent: str) -> ByMinute:
        found = self.meters.tasks.get(agent, {})
        return add_up(minutes for status, minutes in found.items() if status not in ("success", "ok", "completed", ""))

    @cached_property
    def owner_of_pod(self) -> dict[str, tuple[str, str]]:
        """The workload behind each pod, by what its owner says, else by the shape of its name."""
        found = {p.name: p.owner for p in self.pods if p.owner}
        for _, pod in self.activity:
            if pod and pod not in found:
                owner = deployment_of_pod_name(pod)
                if owner:
                    found[pod] = ("Deployment", owner)
        return found

    def deployment_of(self, agent: str) -> str:
        """The workload that runs an agent, "" where nothing says."""
        votes = Counter(self.owner_of_pod[p][1] for p, a in self._agent_pods if a == agent and p in self.owner_of_pod)
        return votes.most_common(1)[0][0] if votes else ""

    @cached_property
    def _agent_pods(self) -> list[tuple[str, str]]:
        pairs = {(pod, agent) for pod, agent in self.agent_of_pod.items()} | {
            (pod, agent) for agent, pod in self.activity if pod
        }
        return sorted(pairs)

    def pods_of(self, agent: str) -> list[str]:
        return [pod for pod, name in self._agent_pods if name == agent]

    def agents_of_deployment(self, name: str) -> frozenset[str]:
        return frozenset(a for pod, a in self._agent_pods if self.owner_of_pod.get(pod, ("", ""))[1] == name)

    @cached_property
    def node_of_pod(self) -> dict[str, str]:
        return {p.name: p.node for p in self.pods if p.node}


def deployment_of_pod_name(pod: str) -> str:
    """`triage-6c9f7d8b5-x2x4k` → `triage`; "" where the name has no such shape."""
    parts = pod.rsplit("-", 2)
    if (
        len(parts) == 3
        and len(parts[2]) == 5
        and 5 <= len(parts[1]) <= 10
        and any(c.isdigit() for c in parts[1] + parts[2])
    ):
        return parts[0]
    return ""


def replicaset_of_pod_name(pod: str) -> str:
    """`triage-6c9f7d8b5-x2x4k` → `triage-6c9f7d8b5`; "" where the name has no such shape."""
    return pod.rsplit("-", 1)[0] if deployment_of_pod_name(pod) else ""


def _learn_host(hosts: dict[str, str], url: str, tool: str) -> None:
    host = url.partition("://")[2].partition("/")[0] or url.partition("/")[0]
    host = host.rpartition("@")[2].partition(":")[0].lower()
    if host:
        hosts.setdefault(host, tool)
        hosts.setdefault(host.split(".")[0], tool)


def _plain(name: str) -> str:
    return name.lower().replace("_", "-")


def _unversioned(name: str) -> str:
    head, _, tail = name.rpartition("-")
    return head if head and tail[:1] == "v" and tail[1:].isdigit() else name


def dated(minutes: Mapping[int, float]) -> ByMinute:
    """Without the records that have no time."""
    return {m: v for m, v in minutes.items() if m != NO_MINUTE}


def merge(cells: Iterable[Mapping[int, float]]) -> ByMinute:
    return add_up(cells)


Finder = Callable[[View], list[object]]
