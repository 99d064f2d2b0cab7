"""Metrics from a live Prometheus (or Thanos, Mimir, VictoriaMetrics): raw samples, never extrapolated."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from prometheus_api_client import PrometheusConnect
from urllib3 import Retry

from agentctl.model.errors import SourceError
from agentctl.model.observations import Sample, Series
from agentctl.model.report import Window
from agentctl.sources.prometheus_access import PrometheusAccess
from agentctl.sources.prometheus_selector import one_of, range_of, selector
from agentctl.sources.prometheus_session import GuardedSession
from agentctl.sources.promql import narrowed

# How far before a window raw samples are read, and how far back a baseline is looked for where a scrape was missed.
LOOKBACK = 300.0
BASELINE_LOOKBACK = 21_600.0
_MAX_SPLITS = 5
_MAX_POINTS = 11_000


class PrometheusSource:
    """A MetricSource over one server; safe to use from several threads. Every method raises SourceError."""

    def __init__(self, access: PrometheusAccess) -> None:
        self._access = access
        self._local = threading.local()
        self._warnings: list[str] = []

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the server warned of so far (partial answers of Thanos, a store that is down), each once. Remarks on the question
        itself, which some releases of Prometheus put among the warnings, are none."""
        return tuple(dict.fromkeys(w for w in self._warnings if not w.startswith("PromQL info:")))

    def series(self, names: Sequence[str], window: Window, matchers: Mapping[str, str]) -> Sequence[Series]:
        """Raw samples in (window.start − 5 min, window.end]. A series with none at or before window.start gets the last one of
        the six hours before it, so that missed scrapes do not cost the baseline."""
        return self._all(self._selector(names, matchers), window)

    def series_where(self, names: Sequence[str], window: Window, label: str, values: Sequence[str]) -> Sequence[Series]:
        """The same of the series whose label has one of these values."""
        return self._all(one_of(self._selector(names, {}), label, values), window)

    def grid(self, names: Sequence[str], window: Window, matchers: Mapping[str, str], step: float) -> Sequence[Series]:
        """The last sample at or before each of window.end, window.end − step, … down to window.start: a thin history."""
        start, end = window.start.timestamp(), window.end.timestamp()
        count = int((end - start) / step)
        found: dict[frozenset[tuple[str, str]], list[Sample]] = {}
        for first in range(0, count + 1, _MAX_POINTS - 1):
            last = min(first + _MAX_POINTS - 2, count)
            params = {"start": f"{end - (count - first) * step:.3f}", "end": f"{end - (count - last) * step:.3f}"}
            answer = self._range(self._selector(names, matchers), params | {"step": f"{step:.3f}"})
            for labels, samples in _merge(_series(answer)).items():
                found.setdefault(labels, []).extend(samples)
        return [Series(dict(labels), tuple(samples)) for labels, samples in found.items()]

    def names(self) -> Sequence[str]:
        """The names of all metrics."""
        found = self._ask(lambda client: client.all_metrics())
        if not isinstance(found, list):
            raise SourceError("bad-answer", "Prometheus answered in a form that cannot be read")
        return sorted(map(str, found))

    def query(self, promql: str, at: float) -> Sequence[Series]:
        """Raw PromQL at a unix time. Labels that were asked for are put into each of its selectors; SourceError("unsupported")
        where that cannot be done."""
        return _series(self._instant(narrowed(promql, self._access.labels), at))

    @property
    def labels(self) -> Mapping[str, str]:
        """What every selector has to carry."""
        return self._access.labels

    def vector(self, promql: str, at: float) -> Sequence[Series]:
        """PromQL that carries the labels already, at a unix time."""
        return _series(self._instant(promql, at))

    def matrix(self, promql: str, start: float, end: float, step: float) -> Sequence[Series]:
        """The same at each step from start to end."""
        return _series(self._range(promql, {"start": f"{start:.3f}", "end": f"{end:.3f}", "step": f"{step:.3f}"}))

    def _selector(self, names: Sequence[str], matchers: Mapping[str, str]) -> str:
        return selector(names, {**self._access.labels, **matchers})

    def _all(self, wanted: str, window: Window) -> list[Series]:
        start, end = window.start.timestamp(), window.end.timestamp()
        found = _merge(self._raw(wanted, start - LOOKBACK, end, _MAX_SPLITS))
        if any(s[0].time > start for s in found.values()):
            self._add_baselines(found, wanted, start)
        return [Series(dict(labels), tuple(samples)) for labels, samples in found.items()]

    def _raw(self, wanted: str, start: float, end: float, splits: int) -> list[Series]:
        """Samples in (start, end]; a question too large for the server is asked in halves.

        Range selectors include their left end before Prometheus 3 and exclude it since: the samples are cut here.
        """
        try:
            found = _series(self._instant(f"{wanted}[{range_of(end - start)}]", end))
        except SourceError as error:
            if error.code != "too-large" or not splits:
                raise
            middle = (start + end) / 2
            return self._raw(wanted, start, middle, splits - 1) + self._raw(wanted, middle, end, splits - 1)
        cut = [Series(s.labels, tuple(p for p in s.samples if start < p.time <= end)) for s in found]
        return [s for s in cut if s.samples]

    def _add_baselines(self, found: dict[frozenset[tuple[str, str]], list[Sample]], wanted: str, start: float) -> None:
        """Where this is too much for the server the figures stay lower bounds, which is what they are then."""
        moment = start - LOOKBACK
        try:
            last = _series(self._instant(f"last_over_time({wanted}[{range_of(BASELINE_LOOKBACK)}])", moment))
        except SourceError as error:
            if error.code != "too-large":
                raise
            return
        for one in last:
            samples = found.get(frozenset(one.labels.items()))
            if samples and samples[0].time > start:
                samples.insert(0, Sample(moment, one.samples[-1].value))

    def _instant(self, promql: str, at: float) -> Any:
        params = {"time": f"{at:.3f}", "timeout": f"{self._access.timeout:g}s"}
        return self._ask(lambda client: client.custom_query(promql, params=params))

    def _range(self, promql: str, params: Mapping[str, str]) -> Any:
        session = self._client()._session
        # VictoriaMetrics moves the range to multiples of the step unless its cache is off; others ignore the word.
        full = {"query": promql, "timeout": f"{self._access.timeout:g}s", "nocache": "1", **params}
        return self._ask(
            lambda _: session.request("POST", f"{self._access.base}/api/v1/query_range", full).json()["data"]["result"]
        )

    def _client(self) -> Any:
        client = getattr(self._local, "client", None)
        if client is None:
            session = GuardedSession(self._access)
            client = PrometheusConnect(
                url=self._access.base,
                session=session,
                retry=Retry(total=0),
                timeout=self._access.timeout,
                method="POST",
            )
            self._local.client = client
        return client

    def _ask(self, question: Callable[[Any], Any]) -> Any:
        client = self._client()
        try:
            return question(client)
        except (KeyError, TypeError, ValueError) as error:
            raise SourceError("bad-answer", "Prometheus answered in a form that cannot be read") from error
        finally:
            self._warnings += client._session.warnings
            client._session.warnings.clear()


def _series(result: Any) -> list[Series]:
    """A vector or a matrix as series; SourceError for anything else (a scalar, native histograms)."""
    out = []
    try:
        for entry in result:
            points = entry["values"] if "values" in entry else [entry["value"]] if "value" in entry else []
            samples = tuple(Sample(float(t), float(v)) for t, v in points)
            if samples:
                out.append(Series({str(k): str(v) for k, v in entry["metric"].items()}, samples))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise SourceError("bad-answer", "Prometheus answered in a form that cannot be read") from error
    return out


def _merge(series: Iterable[Series]) -> dict[frozenset[tuple[str, str]], list[Sample]]:
    found: dict[frozenset[tuple[str, str]], list[Sample]] = {}
    for one in series:
        found.setdefault(frozenset(one.labels.items()), []).extend(one.samples)
    return found
