"""What counters rose by, summed by the server: for fleets whose raw samples are too many to fetch.

A counter that was scraped at both ends of the window and did not restart in between rose by last − first, and such a difference
may be summed anywhere. All others (born, restarted, gone, scrapes missing) are few as a rule: they are named, so that their raw
samples can be fetched. Where even they are too many they are summed by class, each as well as PromQL can; only what restarted
is left to `increase()`, which extrapolates.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from itertools import combinations

from agentctl.model.observations import Series
from agentctl.model.report import Window
from agentctl.sources.prometheus_selector import one_of, range_of, selector

# Labels that differ where two servers scrape one counter: it is summed once.
REPLICAS = "prometheus_replica,__replica__,thanos_replica,receive_replica,rule_replica,ruler_replica,promscale_replica"
# These may tell scrapers or jobs apart, or counters: only samples can prove which.
DOUBTFUL = "replica,prometheus,job,endpoint,service"
# Seconds before an end of the window in which a sample must lie; Prometheus' own lookback.
_NEAR = 300.0
_BASELINE = 21_600.0


class Kind(Enum):
    """What a sum rests on: a difference of samples, one without a baseline, or `increase()`."""

    EXACT = "exact"
    AT_LEAST = "at-least"
    ROUGH = "rough"


@dataclass(frozen=True, slots=True)
class SumQuestion:
    """One counter: `name` as exposed, `born` the name of its `_created` series ("" where there are none); sums by the labels
    `by`. `matchers` narrow it; `namespaces`, where given, allow series that name one of them or none."""

    name: str
    born: str
    by: tuple[str, ...]
    window: Window
    matchers: Mapping[str, str] = field(default_factory=dict)
    namespaces: tuple[str, ...] = ()

    @property
    def all(self) -> str:
        """The selector of its series."""
        return select((self.name,), self.matchers, self.namespaces)

    @property
    def births(self) -> str:
        """The selector of its `_created` series."""
        return select((self.born,), self.matchers, self.namespaces)

    @property
    def span(self) -> str:
        """The window as a range. A millisecond less than it is: before Prometheus 3 a range includes its left end."""
        return range_of(self.window.seconds - 0.001)

    @property
    def tail(self) -> str:
        """The end of the window as a range, no longer than the window."""
        return range_of(min(_NEAR, self.window.seconds - 0.001))

    def last(self) -> str:
        """The last sample in the window."""
        return f"last_over_time({self.all}[{self.span}])"

    def before(self, reach: float) -> str:
        """The last sample at or before the window's start, no further back than `reach` seconds."""
        return f"last_over_time({self.all}[{range_of(reach)}] offset {range_of(self.window.seconds)})"


def select(names: Sequence[str], matchers: Mapping[str, str], namespaces: Sequence[str]) -> str:
    """A selector of these metrics in these namespaces (or in none that is named)."""
    plain = selector(names, matchers)
    return one_of(plain, "namespace", ("", *namespaces)) if namespaces else plain


def samples(names: Sequence[str], matchers: Mapping[str, str], namespaces: Sequence[str], seconds: float) -> list[str]:
    """How many samples these metrics have in so many seconds, then how many series; two questions for each name."""
    counted = [f"count_over_time({select([n], matchers, namespaces)}[{range_of(seconds)}])" for n in names]
    return [f"{operator}({one})" for operator in ("sum", "count") for one in counted]


def views(names: Sequence[str], matchers: Mapping[str, str], namespaces: Sequence[str], window: Window) -> list[str]:
    """How many counters each metric has, by the number of series that may be views of one: `{n="1"} 9998`, `{n="2"} 1`."""
    seen = [f"last_over_time({select([n], matchers, namespaces)}[{range_of(window.seconds)}])" for n in names]
    return [f'count_values("n", count without ({DOUBTFUL}) (max without ({REPLICAS}) ({one})))' for one in seen]


def twins(names: Sequence[str], matchers: Mapping[str, str], namespaces: Sequence[str], window: Window) -> list[str]:
    """How many counters go by two of these names, a question for each two."""
    seen = [f"last_over_time({select([n], matchers, namespaces)}[{range_of(window.seconds)}])" for n in names]
    return [f"count({a} and ignoring ({REPLICAS}) {b})" for a, b in combinations(seen, 2)]


def steady(question: SumQuestion, near: bool) -> str:
    """The rise of each counter that has a sample shortly before the window's start and one life since; with `near` also one
    shortly before its end, which is much less to read. The rise is exact."""
    start = question.window.start.timestamp()
    last = f"last_over_time({question.all}[{question.tail}])" if near else question.last()
    whole = range_of(question.window.seconds + _NEAR)
    found = f"(({last} - {question.before(_NEAR)}) and (resets({question.all}[{whole}]) == 0))"
    if not question.born:
        return found
    reach = range_of(_NEAR) if near else question.span
    return f"({found} unless (last_over_time({question.births}[{reach}]) > {start - _NEAR:.3f}))"


def others(question: SumQuestion, known: str) -> str:
    """The counters in the window that a sum does not hold."""
    return f"({question.last()} unless ignoring ({REPLICAS}) {known})"


def beginning(question: SumQuestion) -> str:
    """The subjects that were scraped shortly before the window."""
    return grouped(question, question.before(_NEAR), "group")


def ending(question: SumQuestion) -> str:
    """The subjects that were scraped shortly before the window's end."""
    return grouped(question, f"last_over_time({question.all}[{question.tail}])", "group")


def summed(question: SumQuestion, rises: str) -> str:
    """Rises summed by subject, what two servers scraped once."""
    return grouped(question, f"max without ({REPLICAS}) ({rises})", "sum")


def grouped(question: SumQuestion, vector: str, operator: str) -> str:
    """An aggregation by subject."""
    return f"{operator} by ({','.join(question.by)}) ({vector})"


def classes(question: SumQuestion) -> list[tuple[Kind, str]]:
    """Sums of all counters, by what they rest on."""
    start = question.window.start.timestamp()
    firm = steady(question, near=False)
    rest = others(question, firm)
    new = f"(({rest} and (resets({question.all}[{question.span}]) == 0)) unless {question.before(_BASELINE)})"
    first = f"min_over_time({question.all}[{question.span}])"
    born = f"({new} and (min_over_time({question.births}[{question.span}]) > {start:.3f}))" if question.born else ""
    unborn = f"({new} unless {born})" if born else new
    rough = f"(increase({question.all}[{question.span}]) and ({rest} unless {new}))"
    found = [(Kind.EXACT, firm), (Kind.AT_LEAST, f"({unborn} - {first})"), (Kind.ROUGH, rough)]
    return [(k, summed(question, e)) for k, e in [*found, *([(Kind.EXACT, born)] if born else [])]]


def rises(question: SumQuestion, step: float) -> str:
    """For a range query: what each subject rose by in every step, roughly."""
    return summed(question, f"increase({question.all}[{range_of(step)}])")


def narrow(series: Sequence[Series]) -> tuple[str, tuple[str, ...]]:
    """The label that tells these series apart best, and its values: a way to ask for their samples."""
    labels = {name for one in series for name in one.labels if name != "__name__"}
    if not labels:
        return "", ()
    values = {name: {one.labels.get(name, "") for one in series} for name in sorted(labels)}
    best = max(values, key=lambda name: ("" not in values[name], len(values[name])))
    return best, tuple(sorted(values[best]))
