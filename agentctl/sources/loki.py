"""Logs from Loki: the streams of the agents' pods, read page by page and printed as `kubectl logs --timestamps` does."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from agentctl.model.errors import SourceError
from agentctl.model.records import Origin
from agentctl.model.report import Window
from agentctl.sources.http_client import HttpClient
from agentctl.sources.identity import Identity
from agentctl.sources.kubernetes_scope import Scope
from agentctl.sources.protocols import LogQuery

PAGE = 5000
_DAY = timedelta(days=1)
_EQUAL = re.compile(r"([^\s=!,]+)\s*==?\s*([^\s=!,]+)")
_NANO = 1_000_000_000
# (namespace, pod) → agent, None where the cluster does not know the pod.
AgentOf = Callable[[str, str], str | None]


class LokiLogs:
    """A LogSource over Loki. A label of the pod that Loki does not carry cannot select; the namespace always does."""

    def __init__(self, client: HttpClient, scope: Scope, identity: Identity, agent_of: AgentOf | None = None) -> None:
        self._client = client
        self._scope = scope
        self._identity = identity
        self._agent_of = agent_of or (lambda namespace, pod: None)

    def streams(self, query: LogQuery) -> Sequence[LokiStream]:
        """One stream a container that said something in the window."""
        window = query.window or Window(datetime.now(UTC) - _DAY, datetime.now(UTC))
        selector = self._selector(query)
        params = [("match[]", selector), *_range(window)]
        found: dict[tuple[str, str, str], Mapping[str, str]] = {}
        for labels in _data(self._client.get("/loki/api/v1/series", params), self._client):
            if isinstance(labels, Mapping):
                place = (_of(labels, "namespace"), _of(labels, "pod"), _of(labels, "container"))
                found.setdefault(place, labels)
        return [self._stream(place, labels, window, query.tail) for place, labels in sorted(found.items())]

    def labels(self) -> set[str]:
        """The names of the labels that Loki has."""
        return {str(name) for name in _data(self._client.get("/loki/api/v1/labels"), self._client)}

    def _stream(
        self, place: tuple[str, str, str], labels: Mapping[str, str], window: Window, tail: int | None
    ) -> LokiStream:
        namespace, pod, container = place
        agent = self._agent_of(namespace, pod) or self._identity.resolve(
            pod or "loki", _as_pod_labels(labels, self._identity), None
        )
        matchers = {key: labels[key] for key in ("namespace", "pod", "container") if key in labels} or dict(labels)
        file = f"logs/{namespace}/{pod}/{container}.log"
        return LokiStream(
            Origin(agent, namespace, pod, container, False, file), self._client, _braces(matchers), window, tail
        )

    def _selector(self, query: LogQuery) -> str:
        """The LogQL selector: namespaces, container, and what the pod selector says as `key=value` of labels that Loki has."""
        known = self.labels()
        parts = []
        if self._scope.namespaces is not None and "namespace" in known:
            parts.append(f"namespace=~{_quoted('|'.join(map(re.escape, self._scope.namespaces)))}")
        for key, value in _EQUAL.findall(self._scope.selector):
            if _loki_name(key) in known:
                parts.append(f"{_loki_name(key)}={_quoted(value)}")
        container = query.container or self._scope.container
        if container and "container" in known:
            parts.append(f"container={_quoted(container)}")
        if not parts:
            hint = "Loki must carry the labels namespace, pod and container, as its usual agents set them"
            raise SourceError("empty", f"{self._client.what} knows none of the labels that select the agents", hint)
        return "{" + ", ".join(parts) + "}"


@dataclass(frozen=True, slots=True)
class LokiStream:
    """The lines of one container."""

    origin: Origin
    client: HttpClient
    selector: str
    window: Window
    tail: int | None = None

    def chunks(self) -> Iterator[bytes]:
        """The lines in order of time, a page at a time. Raises SourceError."""
        if self.tail is not None:
            yield _lines(self._page(_nanos(self.window.start) + 1, "backward", self.tail))
            return
        start = _nanos(self.window.start) + 1
        last: set[tuple[int, str]] = set()
        while True:
            page = self._page(start, "forward", PAGE)
            fresh = [entry for entry in page if entry not in last]
            yield _lines(fresh)
            if len(page) < PAGE:
                return
            newest = page[-1][0]
            if not fresh or newest == page[0][0]:
                raise SourceError(
                    "truncated",
                    f"{self.origin.pod}: more than {PAGE} lines in the same nanosecond",
                    "read it with kubectl",
                )
            # The page may end in the middle of an instant: its lines are asked for again, and those already read left out.
            start, last = newest, {entry for entry in page if entry[0] == newest}

    def _page(self, start: int, direction: str, limit: int) -> list[tuple[int, str]]:
        end = _nanos(self.window.end) + 1
        params = {
            "query": self.selector,
            "start": str(start),
            "end": str(end),
            "limit": str(limit),
            "direction": direction,
        }
        answer = self.client.get("/loki/api/v1/query_range", params)
        data = answer.get("data") if isinstance(answer, Mapping) else None
        streams = data.get("result") if isinstance(data, Mapping) else None
        if not isinstance(streams, list):
            raise SourceError("bad-answer", f"{self.client.what} answered in a form that cannot be read")
        try:
            entries = [(int(value[0]), str(value[1])) for stream in streams for value in stream["values"]]
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise SourceError("bad-answer", f"{self.client.what} answered in a form that cannot be read") from error
        return sorted(entries, key=lambda entry: entry[0])


def _lines(entries: Sequence[tuple[int, str]]) -> bytes:
    out = []
    for at, line in entries:
        moment = datetime.fromtimestamp(at // _NANO, UTC).strftime("%Y-%m-%dT%H:%M:%S")
        out.append(f"{moment}.{at % _NANO:09d}Z {line.rstrip(chr(10))}\n")
    return "".join(out).encode("utf-8", "surrogatepass")


def _data(answer: Any, client: HttpClient) -> list[Any]:
    data = answer.get("data") if isinstance(answer, Mapping) else None
    if data is None and isinstance(answer, Mapping) and answer.get("status") == "success":
        return []
    if not isinstance(data, list):
        raise SourceError("bad-answer", f"{client.what} answered in a form that cannot be read", "check --loki-url")
    return data


def _of(labels: Mapping[str, str], key: str) -> str:
    """A label under the names that the usual agents give it."""
    for name in (key, f"k8s_{key}_name", f"kubernetes_{key}_name", f"{key}_name"):
        if labels.get(name):
            return str(labels[name])
    return ""


def _as_pod_labels(labels: Mapping[str, str], identity: Identity) -> dict[str, str]:
    """Loki's labels under the names that the pod's had before Loki replaced dots and slashes."""
    names = [entry.removeprefix("label:") for entry in identity.order if entry.startswith("label:")]
    return {name: str(labels[_loki_name(name)]) for name in names if _loki_name(name) in labels}


def _loki_name(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_]", "_", name)


def _braces(matchers: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{_loki_name(key)}={_quoted(value)}" for key, value in matchers.items()) + "}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _range(window: Window) -> list[tuple[str, str]]:
    return [("start", str(_nanos(window.start))), ("end", str(_nanos(window.end) + 1))]


def _nanos(moment: datetime) -> int:
    seconds = moment.replace(microsecond=0)
    return int(seconds.timestamp()) * _NANO + moment.microsecond * 1000
