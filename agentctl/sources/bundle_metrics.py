"""Metric samples of a bundle: metrics/samples.jsonl, a series a line as Prometheus prints a matrix.

The file may hold a week of a whole fleet, so only the places of the lines are kept, by metric name; a question reads its own lines.
"""

from __future__ import annotations

import json
import re
from array import array
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice
from operator import itemgetter, le, lt
from pathlib import Path
from typing import Any

from agentctl.model.errors import SourceError
from agentctl.model.observations import Samples, Series
from agentctl.model.report import Window
from agentctl.sources.bundle_folder import Folder
from agentctl.sources.sample_lines import stretch

FILE = "metrics/samples.jsonl"
# How far before the window samples are read, and a baseline is looked for where a scrape was missed, in seconds: the same as for
# a live Prometheus, so that both give the same answer.
LOOKBACK = 300.0
BASELINE_LOOKBACK = 3600.0
_NAME = re.compile(rb'"__name__"\s*:\s*("(?:[^"\\]|\\.)*")')
_Piece = tuple["array[float]", "array[float]"]
_HINT = "was it cut off while it was copied? record it again"


class BundleMetrics:
    """Raw samples, answered from the file. Raises SourceError for a broken line, naming it."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder

    def series(self, names: Sequence[str], window: Window, matchers: Mapping[str, str]) -> Sequence[Series]:
        """The series of these names whose labels equal the matchers, samples in (start − 5 min, end]; lines of one series join.

        A series with none at or before the start gets the last one of the hour before, at start − 5 min.
        """
        start, until = window.start.timestamp(), window.end.timestamp()
        since = start - LOOKBACK - BASELINE_LOOKBACK
        found: dict[tuple[tuple[str, str], ...], list[_Piece]] = {}
        for place, labels, values in self._lines(names, since, until):
            if all(labels.get(key) == value for key, value in matchers.items()):
                piece = _piece(values, since, until, place)
                if piece[0]:
                    found.setdefault(tuple(sorted(labels.items())), []).append(piece)
        cut = ((key, _cut(_joined(pieces), start)) for key, pieces in found.items())
        return [Series(dict(key), samples) for key, samples in cut if samples]

    def names(self) -> Sequence[str]:
        """The names of all metrics in the file."""
        return sorted(self._places)

    def query(self, promql: str, at: float) -> Sequence[Series]:
        """Always refused: a bundle has no PromQL engine behind it."""
        raise SourceError(
            "unsupported",
            "raw PromQL needs a live Prometheus; a bundle holds samples only",
            "ask with --prometheus-url",
        )

    def _path(self) -> Path:
        path = self._folder.file(*FILE.split("/"))
        if path is None:
            raise SourceError("missing", f"the bundle has no {FILE}", "record it with `agentctl bundle create`")
        return path

    @cached_property
    def _places(self) -> dict[str, array[int]]:
        """Metric name → (offset, line number) pairs, flat."""
        places: dict[str, array[int]] = {}
        offset = 0
        try:
            with self._path().open("rb") as file:
                for number, line in enumerate(file, 1):
                    if not line.isspace():
                        places.setdefault(_name(line, number), array("Q")).extend((offset, number))
                    offset += len(line)
        except OSError as error:
            raise SourceError("missing", f"{FILE} cannot be read: {error.strerror}") from error
        return places

    def _lines(
        self, names: Sequence[str], since: float, until: float
    ) -> Iterator[tuple[str, dict[str, str], list[Any]]]:
        wanted = [self._places[name] for name in dict.fromkeys(names) if name in self._places]
        with self._path().open("rb") as file:
            for places in wanted:
                for offset, number in zip(places[::2], places[1::2], strict=True):
                    file.seek(offset)
                    yield _parse(file.readline(), number, since, until)


def _name(line: bytes, number: int) -> str:
    text = line.strip()
    if not (text.startswith(b"{") and text.endswith(b"}")):
        raise SourceError("bad-answer", f"{FILE}:{number}: no JSON object on this line", _HINT)
    match = _NAME.search(text)
    if match is None:
        raise SourceError("bad-answer", f"{FILE}:{number}: no series: its metric has no __name__", _HINT)
    try:
        return str(json.loads(match[1]))
    except ValueError as error:
        raise SourceError("bad-answer", f"{FILE}:{number}: the metric's name cannot be read", _HINT) from error


def _parse(line: bytes, number: int, since: float, until: float) -> tuple[str, dict[str, str], list[Any]]:
    place = f"{FILE}:{number}"
    try:
        data = stretch(line, since, until) or json.loads(line)
    except (ValueError, RecursionError) as error:
        raise SourceError("bad-answer", f"{place}: no JSON: {error}", _HINT) from error
    metric = data.get("metric")
    values = data.get("values", [data["value"]] if "value" in data else [])
    if not isinstance(metric, dict) or not isinstance(values, list):
        raise SourceError("bad-answer", f'{place}: no series: it needs "metric" and "values"', _HINT)
    return place, {str(k): str(v) for k, v in metric.items()}, values


def _piece(values: list[Any], since: float, until: float, place: str) -> _Piece:
    """The times and values of one line in (since, until]."""
    try:
        times = array("d", [pair[0] for pair in values])
        ordered = all(map(le, times, islice(times, 1, None)))
        if not ordered:
            values = sorted(values, key=itemgetter(0))
            times = array("d", [pair[0] for pair in values])
        first, last = bisect_right(times, since), bisect_right(times, until)
        return times[first:last], array("d", [float(value) for _, value in values[first:last]])
    except (TypeError, ValueError, IndexError, KeyError) as error:
        raise SourceError("bad-answer", f'{place}: a sample is no [time, "value"] pair', _HINT) from error


def _joined(pieces: list[_Piece]) -> Samples:
    """The lines of one series as one, in order of time, one sample a time (the last one said)."""
    times, values = pieces[0]
    if len(pieces) == 1 and all(map(lt, times, islice(times, 1, None))):
        return Samples(times, values)
    by_time = {time: value for times, values in pieces for time, value in zip(times, values, strict=True)}
    order = sorted(by_time)
    return Samples(order, (by_time[time] for time in order))


def _cut(samples: Samples, start: float) -> Samples:
    """The samples after start − 5 min, with a baseline where none of them is at or before the start."""
    first = start - LOOKBACK
    cut = bisect_right(samples.times, first)
    kept = samples[cut:]
    if cut and kept and kept[0].time > start:
        return Samples([first, *kept.times], [samples[cut - 1].value, *kept.values])
    return kept
