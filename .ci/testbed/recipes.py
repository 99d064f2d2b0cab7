"""What the real-server test bed is made of, and where each binary can come from.

Only package registries are needed: the distribution's packages (unpacked, never installed, so that no service starts)
and the Go module proxy. A tool may list several ways; the first one that works is taken.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class DebWay:
    """A distribution package. ``files`` maps the name in the cache to the path inside the package."""

    package: str
    files: dict[str, str]


@dataclass(frozen=True)
class GoWay:
    """Programs of one Go module, built through a wrapper module.

    ``go install`` refuses modules whose go.mod has ``replace`` lines, so a wrapper requires the module and repeats
    them. ``programs`` maps the name in the cache to the package path below the module. ``unversioned`` is the version
    for requirements that the module's go.mod leaves at v0.0.0 (Kubernetes' staging repositories); ``local`` gives
    versions for replacements that point into the module's own source tree.
    """

    module: str
    version: str
    programs: dict[str, str]
    unversioned: str = ""
    local: dict[str, str] = field(default_factory=dict)
    godebug: str = ""
    tags: str = ""
    stamps: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Tool:
    """A server of the bed. ``required`` marks the two without which the bed is not worth its name."""

    name: str
    ways: tuple[DebWay | GoWay, ...]
    required: bool = False


KUBERNETES = "1.34.3"
_COMPONENT = "k8s.io/component-base/version"
_LOKI_BUILD = "github.com/grafana/loki/v3/pkg/util/build"
_JAEGER_BUILD = "github.com/jaegertracing/jaeger/internal/version"
_PROMETHEUS_BUILD = "github.com/prometheus/common/version"

TOOLS: tuple[Tool, ...] = (
    Tool(
        "etcd",
        (
            DebWay("etcd-server", {"etcd": "usr/bin/etcd"}),
            GoWay("go.etcd.io/etcd/server/v3", "v3.6.6", {"etcd": ""}),
        ),
        required=True,
    ),
    Tool(
        "prometheus",
        (DebWay("prometheus", {"prometheus": "usr/bin/prometheus", "promtool": "usr/bin/promtool"}),),
        # Not required by itself: prometheus3 can stand in for it.
    ),
    Tool(
        "victoria-metrics",
        (
            DebWay("victoria-metrics", {"victoria-metrics": "usr/bin/victoria-metrics"}),
            GoWay(
                "github.com/VictoriaMetrics/VictoriaMetrics", "v1.150.0", {"victoria-metrics": "app/victoria-metrics"}
            ),
        ),
    ),
    Tool("alertmanager", (DebWay("prometheus-alertmanager", {"alertmanager": "usr/bin/prometheus-alertmanager"}),)),
    Tool(
        "kube-apiserver",
        (
            GoWay(
                "k8s.io/kubernetes",
                f"v{KUBERNETES}",
                {"kube-apiserver": "cmd/kube-apiserver"},
                unversioned=f"v0.{KUBERNETES.split('.', 1)[1]}",
                godebug="default=go1.24",
                stamps={
                    f"{_COMPONENT}.gitVersion": f"v{KUBERNETES}",
                    f"{_COMPONENT}.gitMajor": KUBERNETES.split(".")[0],
                    f"{_COMPONENT}.gitMinor": KUBERNETES.split(".")[1],
                },
            ),
        ),
        required=True,
    ),
    Tool(
        "jaeger",
        # Jaeger numbers one tree twice: v1.76.0 of the module is v2.13.0 of cmd/jaeger.
        (
            GoWay(
                "github.com/jaegertracing/jaeger",
                "v1.76.0",
                {"jaeger": "cmd/jaeger"},
                stamps={f"{_JAEGER_BUILD}.latestVersion": "v2.13.0"},
            ),
        ),
    ),
    Tool(
        "prometheus3",
        # The module's v0.3xx.y is release 3.xx.y.
        (
            GoWay(
                "github.com/prometheus/prometheus",
                "v0.314.0",
                {"prometheus3": "cmd/prometheus", "promtool3": "cmd/promtool"},
                stamps={f"{_PROMETHEUS_BUILD}.Version": "3.14.0"},
            ),
        ),
    ),
    Tool(
        "loki",
        (
            GoWay(
                "github.com/grafana/loki/v3",
                "v3.7.6",
                {"loki": "cmd/loki"},
                local={"github.com/grafana/loki/pkg/push": "v0.0.0-20250630054201-94c0ba7b0952"},
                stamps={f"{_LOKI_BUILD}.Version": "3.7.6"},
            ),
        ),
    ),
    Tool("opa", (GoWay("github.com/open-policy-agent/opa", "v1.22.2", {"opa": ""}),)),
)
