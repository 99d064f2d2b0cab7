"""One counter that two scrapers saw, or that goes by two names, must not be paid twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

# Labels that a pair of Prometheus servers, Thanos or Mimir adds to tell its replicas apart: never part of what is counted.
SCRAPER_LABELS = frozenset(
    {
        "prometheus_replica",
        "__replica__",
        "thanos_replica",
        "receive_replica",
        "rule_replica",
        "ruler_replica",
        "promscale_replica",
    }
)
# May name the scraper's replica or the agent's own: the samples decide.
AMBIGUOUS_LABELS = frozenset({"replica", "prometheus"})
# Differ where one endpoint is scraped by two jobs; the labels in PLACE_LABELS then say that it is one endpoint.
JOB_LABELS = frozenset({"job", "endpoint", "service"})
PLACE_LABELS = frozenset({"pod", "instance"})

SCRAPED_TWICE = "scraped more than once: counted once"
TWO_NAMES = "exposed under two names: counted once"

Labels = frozenset[tuple[str, str]]


@dataclass(slots=True)
class Track:
    """Clean samples of a series on their way to a counter."""

    labels: Mapping[str, str]
    times: list[float]
    values: list[float]
    notes: tuple[str, ...] = ()


def family(name: str) -> str:
    """The name without `_total`: client libraries differ in whether they add it."""
    return name.removesuffix("_total")


def identity(labels: Mapping[str, str]) -> Labels:
    """The labels that say what is counted."""
    return frozenset((k, v) for k, v in labels.items() if k != "__name__" and k not in SCRAPER_LABELS)


def merge(tracks: Iterable[Track], start: float, end: float) -> list[Track]:
    """Each counter once. Of several views of one counter the one that covers (start, end] best is taken, so that the jitter
    between two scrapers can never look like a restart."""
    groups: dict[tuple[str, Labels], list[Track]] = defaultdict(list)
    for track in tracks:
        groups[family(track.labels.get("__name__", "")), identity(track.labels)].append(track)
    firm = [_one(group, start, end) for group in groups.values()]
    once = _merge_where_proven(firm, AMBIGUOUS_LABELS, start, end)
    placed = [t for t in once if PLACE_LABELS & t.labels.keys()]
    others = [t for t in once if not PLACE_LABELS & t.labels.keys()]
    return others + _merge_where_proven(placed, JOB_LABELS, start, end)


def _merge_where_proven(tracks: list[Track], labels: frozenset[str], start: float, end: float) -> list[Track]:
    """Tracks that differ in these labels only are one where their samples prove it."""
    groups: dict[tuple[str, Labels], list[Track]] = defaultdict(list)
    for track in tracks:
        rest = frozenset(p for p in identity(track.labels) if p[0] not in labels)
        groups[family(track.labels.get("__name__", "")), rest].append(track)
    out: list[Track] = []
    for group in groups.values():
        if len(group) > 1 and all(same_counter(a, b) for a, b in pairwise(group)):
            out.append(_one(group, start, end))
        else:
            out.extend(group)
    return out


def same_counter(a: Track, b: Track) -> bool:
    """Whether two tracks are views of one counter: put together in order of time they fall only where each falls itself.

    Two counters of their own would interleave at different heights. A track that never moves proves nothing.
    """
    if len(a.times) < 2 or len(b.times) < 2 or a.times[-1] < b.times[0] or b.times[-1] < a.times[0]:
        return False
    if min(a.values) == max(a.values) or min(b.values) == max(b.values):
        return False
    readings = dict(zip(a.times, a.values, strict=True))
    if any(readings.get(t, v) != v for t, v in zip(b.times, b.values, strict=True)):
        return False
    together = sorted(zip(a.times + b.times, a.values + b.values, strict=True))
    falls = _falls([v for _, v in together])
    return falls <= max(_falls(a.values), _falls(b.values))


def _falls(values: Sequence[float]) -> int:
    return sum(1 for x, y in pairwise(values) if y < x)


def _one(group: list[Track], start: float, end: float) -> Track:
    if len(group) == 1:
        return group[0]
    names = {t.labels.get("__name__", "") for t in group}
    scrapers = {frozenset(t.labels.items()) - frozenset({("__name__", t.labels.get("__name__", ""))}) for t in group}
    said = ((TWO_NAMES,) if len(names) > 1 else ()) + ((SCRAPED_TWICE,) if len(scrapers) > 1 else ())
    chain = _chain(group)
    if chain is not None:
        return chain
    best = max(group, key=lambda t: _coverage(t, start, end))
    return Track(best.labels, best.times, best.values, tuple(dict.fromkeys((*best.notes, *said))))


def _chain(group: list[Track]) -> Track | None:
    """The tracks one after the other where they do not overlap: one scraper took over from another, or a metric was renamed."""
    ordered = sorted((t for t in group if t.times), key=lambda t: t.times[0])
    if not ordered or any(a.times[-1] >= b.times[0] for a, b in pairwise(ordered)):
        return None
    times = [t for track in ordered for t in track.times]
    values = [v for track in ordered for v in track.values]
    return Track(ordered[-1].labels, times, values, tuple(dict.fromkeys(n for t in ordered for n in t.notes)))


def _coverage(track: Track, start: float, end: float) -> tuple[bool, int, float, str]:
    inside = [t for t in track.times if start < t <= end]
    baseline = bool(track.times) and track.times[0] <= start
    return baseline, len(inside), inside[-1] if inside else 0.0, str(sorted(track.labels.items()))
