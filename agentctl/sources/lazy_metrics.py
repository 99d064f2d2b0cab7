"""Metrics whose server is only looked for (and whose library is only loaded) when somebody asks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence

from agentctl.model.errors import SourceError
from agentctl.model.observations import Series
from agentctl.model.report import Window
from agentctl.sources.prometheus_access import PrometheusAccess
from agentctl.sources.protocols import MetricSource
from agentctl.sources.vendors import load as load_vendor


class LazyMetrics:
    """A MetricSource behind a way to find it. A search that failed fails again without searching twice."""

    def __init__(self, find: Callable[[], tuple[PrometheusAccess, str]]) -> None:
        """`find` gives the way to the server and what it is called where it was found; "" where it was given."""
        self._find = find
        self.described = ""
        self._lock = threading.Lock()
        self._access: PrometheusAccess | SourceError | None = None
        self._source: MetricSource | None = None

    @property
    def access(self) -> PrometheusAccess:
        """How the server is reached. Raises SourceError where there is none."""
        with self._lock:
            if self._access is None:
                try:
                    self._access, self.described = self._find()
                except SourceError as error:
                    self._access = error
            if isinstance(self._access, SourceError):
                raise self._access
            return self._access

    @property
    def source(self) -> MetricSource:
        """The source itself, for questions beyond the protocol."""
        access = self.access
        with self._lock:
            if self._source is None:
                load_vendor("agentctl.sources.prometheus")
                from agentctl.sources.prometheus import PrometheusSource

                self._source = PrometheusSource(access)
            return self._source

    def series(self, names: Sequence[str], window: Window, matchers: Mapping[str, str]) -> Sequence[Series]:
        """As MetricSource.series."""
        return self.source.series(names, window, matchers)

    def names(self) -> Sequence[str]:
        """As MetricSource.names."""
        return self.source.names()

    def query(self, promql: str, at: float) -> Sequence[Series]:
        """As MetricSource.query."""
        return self.source.query(promql, at)
