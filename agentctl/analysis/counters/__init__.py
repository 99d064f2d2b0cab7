"""Counters: what they rose by, per series and summed, and what that figure rests on."""

from __future__ import annotations

from collections import Counter as Tally
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import TypeVar

from agentctl.analysis.counters.counter import BASELINE_MISSING, RESTARTED, SILENT, Counter, build
from agentctl.analysis.counters.duplicates import Track, identity, merge
from agentctl.analysis.counters.samples import clean
from agentctl.model.money import ZERO, Figure, combine
from agentctl.model.observations import Sample, Series
from agentctl.model.report import Window

__all__ = ["BASELINE_MISSING", "SILENT", "Counter", "grouped", "increase", "read_counters", "rise", "summarise"]

K = TypeVar("K", bound=Hashable)


def read_counters(series: Iterable[Series], window: Window) -> list[Counter]:
    """Every counter once, from raw series: `_created` series are matched to theirs, duplicates and replicas are dropped.

    Series of other kinds of metric must not be given. The window decides which of two replicas covers it best.
    """
    start, end = window.start.timestamp(), window.end.timestamp()
    chunks: dict[frozenset[tuple[str, str]], list[Sequence[Sample]]] = defaultdict(list)
    births: dict[tuple[str, frozenset[tuple[str, str]]], list[tuple[float, float]]] = defaultdict(list)
    for one in series:
        if one.name.endswith("_created"):
            times, values, _ = clean(one.samples)
            births[one.name.removesuffix("_created"), _birth_labels(one.labels)].extend(zip(times, values, strict=True))
        else:
            chunks[frozenset(one.labels.items())].append(one.samples)
    tracks = [_track(dict(labels), parts) for labels, parts in chunks.items()]
    counters = []
    for track in merge(tracks, start, end):
        born = births.get((_base(track.labels.get("__name__", "")), _birth_labels(track.labels)), [])
        counters.append(build(track.labels, track.times, track.values, sorted(set(born)), track.notes))
    return counters


def increase(series: Iterable[Series], window: Window) -> Figure:
    """What all these series rose by in (window.start, window.end], summed."""
    return rise(read_counters(series, window), window.start.timestamp(), window.end.timestamp())


def rise(counters: Iterable[Counter], start: float, end: float) -> Figure:
    """What counters of one subject rose by in (start, end]: per counter, then summed.

    A counter with no sample in the window is a pod that is gone, and adds nothing, as long as another of the same subject was
    seen; when none was seen the figure is unknown.
    """
    seen = [c.increase(start, end) for c in counters if c.seen(start, end)]
    if not seen:
        return Figure.unknown(SILENT)
    value = sum((f.known for f in seen), ZERO)
    return Figure(value, combine(f.quality for f in seen), tuple(r for f in seen for r in f.reasons))


def grouped(counters: Iterable[Counter], key: Callable[[Mapping[str, str]], K]) -> dict[K, list[Counter]]:
    """Counters by what their labels say."""
    groups: dict[K, list[Counter]] = defaultdict(list)
    for counter in counters:
        groups[key(counter.labels)].append(counter)
    return dict(groups)


def summarise(reasons: Iterable[str]) -> tuple[str, ...]:
    """Each reason once, with the number of series it holds for."""
    return tuple(reason if count == 1 else f"{reason} ({count} series)" for reason, count in Tally(reasons).items())


def notes_of(counters: Iterable[Counter], start: float, end: float) -> tuple[str, ...]:
    """What had to be put right in the samples, and what the counters themselves cannot know, each once."""
    said: Tally[str] = Tally()
    for counter in counters:
        said.update(counter.notes)
        if counter.restarts(start, end):
            said[RESTARTED] += 1
    return tuple(reason if count == 1 else f"{reason} ({count} series)" for reason, count in said.items())


def _track(labels: dict[str, str], parts: list[Sequence[Sample]]) -> Track:
    samples = parts[0] if len(parts) == 1 else sorted((s for part in parts for s in part), key=lambda s: s[0])
    times, values, notes = clean(samples)
    return Track(labels, times, values, notes)


def _base(name: str) -> str:
    for suffix in ("_total", "_count", "_sum", "_bucket"):
        if name.endswith(suffix):
            return name.removesuffix(suffix)
    return name


def _birth_labels(labels: Mapping[str, str]) -> frozenset[tuple[str, str]]:
    return frozenset(p for p in identity(labels) if p[0] != "le")
