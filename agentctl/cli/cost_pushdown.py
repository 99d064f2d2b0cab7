"""The counters of a fleet too large for raw samples: summed by the server, and read here as if they were counters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import accumulate, chain
from typing import TYPE_CHECKING

from agentctl.analysis.cost.ledger import (
    COST_NAMES,
    LITELLM_QUESTION,
    SUBJECT_LABELS,
    TASK_QUESTION,
    TOKEN_QUESTION,
    Ledger,
)
from agentctl.analysis.counters import Counter, read_counters
from agentctl.analysis.counters.counter import build
from agentctl.analysis.counters.duplicates import family
from agentctl.model.errors import SourceError
from agentctl.model.observations import Series

if TYPE_CHECKING:
    from agentctl.sources.prometheus_pushdown import Pushdown, Sums

# Raw samples of the window and its history, births included: what takes about three seconds and 150 MB to fetch and read.
CHEAP = 300_000
ROUGH = "increase() of counters that restarted: extrapolated by the server"
HISTORY_ROUGH = "history as increase() by the server"
_ALWAYS = ("agent", "model", "tool", "namespace")
_MORE = ("gen_ai_token_type",)
_QUIET = 300.0
# What a server reads in about a second.
_HISTORY_SAMPLES = 6_000_000
_HOUR = 3600.0
_GRID = 300.0
_AT_ONCE = 3


@dataclass(slots=True)
class Fleet:
    """A window and its history by the server's sums. `series` cost counters were there, `others` of them could not be summed as
    differences of two samples, `fetched` of these were read as raw samples; `rough` USD of the sum come from `increase()`."""

    window: Ledger
    past: Ledger
    series: int = 0
    others: int = 0
    fetched: int = 0
    rough: float = 0.0
    notes: list[str] = field(default_factory=list)


def summed(
    pushdown: Pushdown, by: str, past: float, step: float = _GRID, doubt: str = "", cheap: int = CHEAP
) -> Fleet | None:
    """The fleet by sums; None where raw samples are cheap, or only they can tell counters apart. Raises SourceError.

    `by` is the subject asked about, `past` the seconds of history, and `step` those between its raw samples. `cheap` is the number of
    samples up to which raw ones are preferred.
    """
    names = dict.fromkeys(
        (*COST_NAMES, *(_born(n) for n in COST_NAMES), *LITELLM_QUESTION, *TASK_QUESTION, *TOKEN_QUESTION)
    )
    there = set(pushdown.source.names()).intersection(names)
    money = [n for n in COST_NAMES if n in there] or [n for n in LITELLM_QUESTION[:1] if n in there]
    read = [*money, *(n for n in _counts() if n in there)]
    births = [b for b in map(_born, read) if b in there]
    load = pushdown.load(sorted({*read, *births})) if money else {}
    if sum(samples + series * past / step for samples, series in load.values()) <= cheap:
        return None
    reach = _reach(sum(load[n][0] for n in money) / pushdown.window.seconds, past)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        labels = group_labels(by)
        asked = {n: pool.submit(pushdown.sums, n, _born(n) if _born(n) in births else "", labels) for n in read}
        history = pool.submit(_past, pushdown, money, by, reach)
        counted = pool.submit(pushdown.size, money)
        found = {n: one.result() for n, one in asked.items()}
        before, said = history.result()
        size = counted.result()
    counters = {n: list(_counters(one, pushdown)) for n, one in found.items()}
    cost, tasks, tokens = (
        [c for n in read if n in kind for c in counters[n]] for kind in (money, TASK_QUESTION, TOKEN_QUESTION)
    )
    if size is None or not cost:
        return None
    return Fleet(
        window=Ledger(cost, tasks, pushdown.window, doubt, tokens=tokens),
        past=Ledger(before, (), pushdown.window, doubt),
        series=size,
        others=sum(found[n].others for n in money),
        fetched=sum(found[n].others for n in money if found[n].raw),
        rough=sum(c.values[-1] for c in cost if c.estimate),
        notes=said + ([f"history shortened to {reach / _HOUR:.0f} h: the fleet is large"] if reach < past else []),
    )


def _reach(pace: float, past: float) -> float:
    """Seconds of history, whole hours, that a server sums without delay at so many samples a second."""
    return min(past, max(_HISTORY_SAMPLES / max(pace, 1.0) // _HOUR, 2) * _HOUR)


def group_labels(by: str) -> tuple[str, ...]:
    """The labels that sums keep: what names the subject asked about, and the coarse ones."""
    asked = (by.removeprefix("label:"),) if by.startswith("label:") else SUBJECT_LABELS.get(by, ())
    coarse = chain.from_iterable(SUBJECT_LABELS[subject] for subject in _ALWAYS)
    return tuple(dict.fromkeys((*asked, *coarse, *_MORE)))


def _counts() -> Iterator[str]:
    return (n for n in (*TASK_QUESTION, *TOKEN_QUESTION) if not n.endswith("_created"))


def _born(name: str) -> str:
    return family(name).removesuffix("_sum") + "_created"


def _counters(found: Sums, pushdown: Pushdown) -> Iterator[Counter]:
    """Sums as counters that hold the ends only, and the counters that were read from raw samples as they are."""
    from agentctl.sources.prometheus_sums import Kind

    start, end = pushdown.window.start.timestamp(), pushdown.end
    ending = {_key(s.labels) for s in found.ending}
    for kind, one in found.parts:
        # A subject without a sample in the last five minutes had its last one before that: when, does not matter.
        last = end if _key(one.labels) in ending else max(end - _QUIET - 0.001, start + 0.002)
        first = start + 0.001 if kind is Kind.AT_LEAST else start
        rise = round(max(one.samples[-1].value, 0.0), 9)
        counter = build({**one.labels, "__name__": found.name}, (first, last), (0.0, rise))
        yield replace(counter, thinned=True, estimate=(ROUGH,) if kind is Kind.ROUGH else ())
    for one in found.silent:
        yield replace(build({**one.labels, "__name__": found.name}, (start,), (0.0,)), thinned=True)
    yield from read_counters(found.raw, pushdown.window)


def _key(labels: Mapping[str, str]) -> frozenset[tuple[str, str]]:
    return frozenset(labels.items())


def _past(pushdown: Pushdown, money: Sequence[str], by: str, past: float) -> tuple[list[Counter], list[str]]:
    """The history by the subject asked about, hour by hour; where the server cannot give it, that is said."""
    labels = (by.removeprefix("label:"),) if by not in SUBJECT_LABELS else SUBJECT_LABELS[by]
    try:
        series = pushdown.history(money, labels, pushdown.end - past, _HOUR)
    except SourceError as error:
        return [], [f"no history: {error.message}"]
    return list(_histories(series)), []


def _histories(series: Iterable[Series]) -> Iterator[Counter]:
    """Rises a step, added up: a counter that never restarts."""
    for one in series:
        times = [s.time for s in one.samples]
        levels = list(accumulate(s.value for s in one.samples))
        counter = build({**one.labels, "__name__": COST_NAMES[-1]}, times, [v - levels[0] for v in levels])
        yield replace(counter, thinned=True, estimate=(HISTORY_ROUGH,))
