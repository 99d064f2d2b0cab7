"""The samples as OpenMetrics text for `promtool tsdb create-blocks-from openmetrics`: a family at a time, times in order, `# EOF`.

Format: the OpenMetrics 1.0 specification. The family of a counter lacks the suffix `_total` of its samples.
"""

from __future__ import annotations

from collections.abc import Iterator

from agentctl.simulator.record import number
from agentctl.simulator.simulate import Simulation

_TYPES = {
    "agent_tasks": "counter",
    "agent_cost_total_usd": "counter",
    "kube_pod_container_status_restarts": "counter",
    "agent_task_duration_seconds": "histogram",
}
_SUFFIXES = ("_total", "_created", "_bucket", "_count", "_sum")


def family(name: str) -> str:
    """The family that a sample's name belongs to: `agent_cost_total_usd_total` and `…_created` to `agent_cost_total_usd`."""
    for suffix in _SUFFIXES:
        if name.endswith(suffix) and name.removesuffix(suffix) in _TYPES:
            return name.removesuffix(suffix)
    return name


def openmetrics_lines(simulation: Simulation) -> Iterator[str]:
    """The whole of the samples, line by line."""
    families: dict[str, list[tuple[str, list[float], list[int], list[float]]]] = {}
    for name, labels, target, indices, values in simulation.prometheus.series():
        text = ",".join(f'{key}="{_escape(value)}"' for key, value in labels.items())
        families.setdefault(family(name), []).append((f"{name}{{{text}}}", target.times, indices, values))
    for name in sorted(families):
        yield f"# TYPE {name} {_TYPES.get(name, 'gauge')}\n"
        for head, times, indices, values in families[name]:
            for index, value in zip(indices, values, strict=True):
                yield f"{head} {number(value)} {times[index]!r}\n"
    yield "# EOF\n"


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
