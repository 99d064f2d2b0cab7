"""Samples, spans, probe results and quota readings: what sources observe besides log lines and Kubernetes objects."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, overload


class Sample(NamedTuple):
    """One sample. `time` is unix seconds UTC; `value` is the float as scraped (NaN and Inf included)."""

    time: float
    value: float


class Samples(Sequence[Sample]):
    """Samples of one series in 16 bytes each, where a tuple of them takes ten times as much. Reads and compares like a tuple."""

    __slots__ = ("_times", "_values")

    def __init__(self, times: Iterable[float] = (), values: Iterable[float] = ()) -> None:
        """Unix seconds UTC in ascending order, and the value at each."""
        self._times = array("d", times)
        self._values = array("d", values)

    def __len__(self) -> int:
        return len(self._times)

    @overload
    def __getitem__(self, index: int) -> Sample: ...

    @overload
    def __getitem__(self, index: slice) -> Samples: ...

    def __getitem__(self, index: int | slice) -> Sample | Samples:
        if isinstance(index, slice):
            return Samples(self._times[index], self._values[index])
        return Sample(self._times[index], self._values[index])

    def __iter__(self) -> Iterator[Sample]:
        return map(Sample, self._times, self._values)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Samples):
            return self._times == other._times and self._values == other._values
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return repr(tuple(self))

    @property
    def times(self) -> array[float]:
        """The times alone; not to be changed."""
        return self._times

    @property
    def values(self) -> array[float]:
        """The values alone; not to be changed."""
        return self._values


def times_of(samples: Sequence[Sample]) -> Iterable[float]:
    """The times of samples, unix seconds UTC, without making a pair of each where they are kept apart."""
    return samples.times if isinstance(samples, Samples) else [time for time, _ in samples]


def values_of(samples: Sequence[Sample]) -> Iterable[float]:
    """The values of samples, in their order, as `times_of`."""
    return samples.values if isinstance(samples, Samples) else [value for _, value in samples]


@dataclass(frozen=True, slots=True)
class Series:
    """A metric series, its samples in order of time. `labels` hold `__name__` too."""

    labels: Mapping[str, str]
    samples: Sequence[Sample]

    @property
    def name(self) -> str:
        """The metric's name as exposed, `_total` included."""
        return self.labels.get("__name__", "")


@dataclass(frozen=True, slots=True)
class Span:
    """An OTLP span. Times are unix seconds UTC; `status` is ok, error or unset; attributes keep their own types."""

    trace_id: str
    span_id: str
    parent_id: str
    name: str
    start: float
    end: float
    status: str
    message: str = ""
    service: str = ""
    attributes: Mapping[str, str | int | float | bool] = field(default_factory=dict)
    resource: Mapping[str, str | int | float | bool] = field(default_factory=dict)
    events: tuple[tuple[float, str, Mapping[str, str | int | float | bool]], ...] = ()


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """Whether a tool was reachable from an agent. `via` is exec, proxy or direct; `status` the HTTP status or exit code."""

    tool: str
    target: str
    agent: str
    pod: str
    via: str
    ok: bool
    status: int | None = None
    latency_ms: float | None = None
    error: str = ""
    at: float | None = None


@dataclass(frozen=True, slots=True)
class QuotaLimit:
    """One limit of a provider. `type` as in `requests_per_minute`; `remaining` and `reset` None where nobody said."""

    model: str
    type: str
    limit: float | None
    remaining: float | None = None
    reset: str | None = None


@dataclass(frozen=True, slots=True)
class QuotaReading:
    """What is known of a provider's quota. `source` is admin-api, headers or logs."""

    provider: str
    source: str
    at: float | None
    limits: tuple[QuotaLimit, ...]
