"""The failures that the logs hold, sorted by whose fault they speak of: a tool, a provider, the agent's own limits. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from agentctl.analysis.logs.digest import MODEL_CALL, Cell, Group, LogDigest
from agentctl.analysis.symptoms import CODE, OTHER, Symptom, provider_of_model, read_symptom

Minutes = dict[int, int]
# A call names a failure's tool when it stands right before so many of them, and so many times as often as any other.
MOSTLY, CLEARLY = 0.5, 2.5


@dataclass(slots=True)
class Failure:
    """All failures of one kind and target. `cells[cell][minute]` counts records; `samples` are texts, the most frequent first;
    `guessed` = the text names no target, it was found from what stood around it."""

    symptom: Symptom
    cells: dict[Cell, Minutes] = field(default_factory=dict)
    samples: list[str] = field(default_factory=list)
    count: int = 0
    attempts: int = 0
    guessed: bool = False
    after: dict[str, int] = field(default_factory=dict)

    @property
    def tool_before(self) -> str:
        """The tool whose call stands right before most of these failures in their streams; "" where there is no such tool."""
        return _call_before(self.after)

    def add(self, group: Group, text: str, attempt: bool) -> None:
        self.count += group.count
        self.attempts += group.count if attempt else 0
        for call, n in group.after.items():
            self.after[call] = self.after.get(call, 0) + n
        if text not in self.samples and len(self.samples) < 5:
            self.samples.append(text)
        for cell, minutes in group.cells.items():
            mine = self.cells.setdefault(cell, {})
            for minute, n in minutes.items():
                mine[minute] = mine.get(minute, 0) + n

    @property
    def agents(self) -> set[str]:
        return {agent for agent, _ in self.cells}


@dataclass(frozen=True, slots=True)
class Naming:
    """What connects words in texts to subjects: `hosts[host] = tool`, the tool names known, and each agent's provider."""

    hosts: Mapping[str, str] = field(default_factory=dict)
    tools: frozenset[str] = frozenset()
    providers: Mapping[str, str] = field(default_factory=dict)

    def tool_of_host(self, host: str) -> str:
        """The tool behind a host: as declared, else the known tool that shares a word with it, else the host itself."""
        short = host.split(".")[0]
        for name in (host, short):
            if name in self.hosts:
                return self.hosts[name]
        words = {w for w in short.replace("_", "-").split("-") if w not in _EMPTY_WORDS and not w.isdigit()}
        close = [
            t
            for t in sorted(self.tools)
            if any(alike(w, part) for w in words for part in t.lower().replace("-", "_").split("_"))
        ]
        return close[0] if len(close) == 1 else host


_EMPTY_WORDS = frozenset(
    {
        "service",
        "svc",
        "server",
        "api",
        "http",
        "backend",
        "app",
        "internal",
        "tool",
        "mcp",
        "prod",
        "v1",
        "v2",
        "get",
        "run",
    }
)


def alike(a: str, b: str) -> bool:
    """`kb` is `kb`, `ticketing` is like `ticket`; short words must be equal."""
    short, long = sorted((a, b), key=len)
    return a == b or (len(short) >= 4 and long.startswith(short))


def error_text(group: Group) -> str:
    """The text to classify: for a failed attempt its error, else the message, and the last line of a traceback."""
    from agentctl.model.records import FailedAttempt

    marker = group.sample.marker
    text = marker.error if isinstance(marker, FailedAttempt) else group.sample.message
    trace = group.traceback or ""
    last = trace.strip().splitlines()[-1] if trace.strip() else ""
    return f"{text}\n{last}" if last and last not in text else text


def failures(digest: LogDigest, naming: Naming) -> list[Failure]:
    """Every error and failed attempt of the digest, by (kind, target); the most frequent first."""
    found: dict[tuple[str, str, str], Failure] = {}
    for attempt, groups in (
        (True, digest.attempts),
        (False, _not_told_by_attempts(digest)),
        (False, _telling(digest.warnings)),
    ):
        for group in groups:
            text = error_text(group)
            symptom, guessed = _resolve(read_symptom(text, naming.tools), group, naming)
            key = (symptom.kind, symptom.tool or symptom.host, symptom.provider)
            if symptom.kind in (OTHER, CODE) and not symptom.tool:
                key = (symptom.kind, group.template, "")
            failure = found.setdefault(key, Failure(symptom, guessed=guessed))
            failure.add(group, text, attempt)
    return sorted(found.values(), key=lambda f: (-f.count, f.symptom.kind, f.symptom.tool))


def _not_told_by_attempts(digest: LogDigest) -> list[Group]:
    """The error groups, without those records that only repeat what failed attempts of the same pod have said.

    "Giving up on task 17" says nothing by itself, and its group shows the traceback of its earliest record only: the twenty after it
    may have failed for another reason. Where the attempts are logged, they say which.
    """
    attempts: dict[Cell, int] = defaultdict(int)
    for group in digest.attempts:
        for cell, minutes in group.cells.items():
            attempts[cell] += sum(minutes.values())
    out = []
    for group in digest.groups:
        if (
            group.count < 2
            or not group.traceback
            or read_symptom(group.sample.message).kind != OTHER
            or read_symptom(error_text(group)).kind in (OTHER, CODE)
        ):
            out.append(group)
            continue
        cells = {cell: minutes for cell, minutes in group.cells.items() if attempts[cell] < sum(minutes.values())}
        if cells:
            out.append(replace(group, cells=cells, count=sum(sum(m.values()) for m in cells.values())))
    return out


def _telling(warnings: Iterable[Group]) -> list[Group]:
    """Warnings that speak of a failure; a warning about nothing in particular is none."""
    return [g for g in warnings if read_symptom(g.sample.message).kind not in (OTHER, CODE)]


def _resolve(symptom: Symptom, group: Group, naming: Naming) -> tuple[Symptom, bool]:
    if symptom.tool or symptom.provider or symptom.kind == "own-limit":
        return symptom, False
    if symptom.host:
        tool = naming.tool_of_host(symptom.host)
        if tool not in naming.tools:
            tool = _call_before(group.after) or tool
        return Symptom(symptom.kind, "", tool, symptom.host), False
    if symptom.model_side or symptom.kind in ("quota", "credential", "rate-limit", "overload"):
        provider = _provider_of(group, naming)
        return Symptom(symptom.kind, provider, model_side=True), True
    return symptom, False


def _call_before(after: Mapping[str, int]) -> str:
    """The tool that stands before most of the failures, and far more often than any other tool: runs that share a stream and
    time-outs that are told late blur the order."""
    ordered = sorted(((n, call) for call, n in after.items() if call not in ("", MODEL_CALL)), reverse=True)
    if not ordered or ordered[0][0] < max(3, MOSTLY * sum(after.values())):
        return ""
    return ordered[0][1] if len(ordered) == 1 or ordered[0][0] >= CLEARLY * ordered[1][0] else ""


def _provider_of(group: Group, naming: Naming) -> str:
    votes: dict[str, int] = defaultdict(int)
    for (agent, _), minutes in group.cells.items():
        votes[naming.providers.get(agent, "")] += sum(minutes.values())
    return max(votes, key=lambda name: (bool(name), votes[name]), default="")


def agent_providers(digest: LogDigest) -> dict[str, str]:
    """The provider behind each agent's most used model, as the model calls in the logs name it."""
    calls: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for (agent, _, model), minutes in digest.llm.items():
        provider = provider_of_model(model)
        if provider:
            calls[agent][provider] += sum(t.calls for t in minutes.values())
    return {agent: max(counts, key=lambda p: (counts[p], p)) for agent, counts in calls.items()}


def known_tools(digest: LogDigest) -> frozenset[str]:
    """The tools that the logs show being called."""
    return frozenset(tool for _, _, tool in digest.tools)
