"""OpenTelemetry collector configs: which components there are, and which signals they take.

Signals as in the collector's and collector-contrib's component documentation; a component that is not listed takes any.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from agentctl.documents.node import Document

SECTIONS = ("receivers", "processors", "exporters")
_TRACES, _METRICS, _LOGS = frozenset({"traces"}), frozenset({"metrics"}), frozenset({"logs"})

TAKES: dict[str, dict[str, frozenset[str]]] = {
    "exporters": {
        **dict.fromkeys(("prometheus", "prometheusremotewrite", "carbon", "influxdb_metrics"), _METRICS),
        **dict.fromkeys(("loki",), _LOGS),
        **dict.fromkeys(("jaeger", "jaeger_thrift", "zipkin"), _TRACES),
        "awsxray": _TRACES,
        "awsemf": _METRICS,
        "awscloudwatchlogs": _LOGS,
    },
    "receivers": {
        **dict.fromkeys(
            (
                "prometheus",
                "hostmetrics",
                "kubeletstats",
                "k8s_cluster",
                "docker_stats",
                "statsd",
                "redis",
                "postgresql",
                "mysql",
            ),
            _METRICS,
        ),
        **dict.fromkeys(("filelog", "journald", "syslog", "fluentforward", "tcplog", "udplog"), _LOGS),
        **dict.fromkeys(("jaeger", "zipkin", "opencensus_traces"), _TRACES),
        "k8s_events": _LOGS,
    },
    "processors": {
        **dict.fromkeys(("tail_sampling", "groupbytrace", "span"), _TRACES),
        "probabilistic_sampler": frozenset({"traces", "logs"}),
        **dict.fromkeys(("metricstransform", "cumulativetodelta", "deltatorate", "metricsgeneration"), _METRICS),
    },
}
# Backends behind a general exporter (otlp, otlphttp), told by the host they have nearly everywhere.
_BACKENDS = (
    ("jaeger", _TRACES),
    ("tempo", _TRACES),
    ("zipkin", _TRACES),
    ("loki", _LOGS),
    ("prometheus", _METRICS),
    ("mimir", _METRICS),
)


class Use(NamedTuple):
    """One use of a component in a pipeline."""

    pipeline: str
    section: str
    place: int
    name: str


class Collector:
    """A collector config."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.defined: dict[str, dict[str, Any]] = {
            section: _mapping(document.get(section)) for section in (*SECTIONS, "connectors", "extensions")
        }
        self.pipelines: dict[str, Any] = _mapping(document.get("service", "pipelines"))

    def uses(self) -> Iterator[Use]:
        """Every use of a component in a pipeline."""
        for pipeline in self.pipelines:
            for section in SECTIONS:
                for place, name in self.document.items("service", "pipelines", pipeline, section):
                    if isinstance(name, str):
                        yield Use(str(pipeline), section, place, name)

    def has(self, section: str, name: str) -> bool:
        """Whether a component is defined; a connector is an exporter of one pipeline and a receiver of another."""
        if isinstance(self.document.get(section), str):
            return True  # `${file:…}`: defined elsewhere
        return name in self.defined[section] or (section != "processors" and name in self.defined["connectors"])

    def takes(self, section: str, name: str) -> tuple[frozenset[str], str]:
        """The signals that a component takes, and what decides it (its type, or the backend's host); empty where it takes any."""
        kind = name.split("/")[0]
        if name in self.defined["connectors"]:
            return frozenset(), ""
        if kind in TAKES[section]:
            return TAKES[section][kind], kind
        host = (
            _host(self.defined[section].get(name))
            if section == "exporters" and kind in ("otlp", "otlphttp", "otlp_http", "otlp_grpc")
            else ""
        )
        return next(
            ((signals, host) for word, signals in _BACKENDS if re.search(rf"(?:^|[.\-]){word}(?:[.\-]|$)", host)),
            (frozenset(), ""),
        )


def signal_of(pipeline: str) -> str:
    """The signal of a pipeline's name: `traces/backend` carries traces."""
    return pipeline.split("/")[0]


def _host(component: Any) -> str:
    endpoint = _mapping(component).get("endpoint")
    if not isinstance(endpoint, str):
        return ""
    return re.sub(r"^[a-z]+://", "", endpoint.strip().lower())[:253].split("/")[0].rsplit(":", 1)[0]


def _mapping(value: Any) -> dict[str, Any]:
    return {str(key): inner for key, inner in value.items()} if isinstance(value, dict) else {}
