"""Writes a simulation as a bundle: the files that kubectl, Prometheus and the collector would have printed."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import yaml

from agentctl.model.duration import format_time
from agentctl.simulator.objects import all_objects
from agentctl.simulator.probing import probes, quota
from agentctl.simulator.simulate import Simulation
from agentctl.simulator.spans import otlp_lines

SOURCES = ("logs", "kubernetes", "metrics", "traces", "probes", "quota", "config")


HUMAN = "human_handoff"
PARTIAL = 4


def write_bundle(simulation: Simulation, folder: Path, name: str = "") -> None:
    """Write the bundle into a folder, which is made where it does not exist. Raises OSError.

    `name` is the target's name in bundle.json; without it the scenario's. Secrets were masked when the scenario was read; nothing
    else comes from outside.

    Of the logs and metrics that the scenario calls partial, every fourth pod's are left out.

    A source in the scenario's `missing` is left out; with an error text bundle.json calls it missing, with "" it says nothing of it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    missing = simulation.scenario.missing
    writers = {
        "logs": _logs,
        "kubernetes": _kubernetes,
        "metrics": _metrics,
        "traces": _traces,
        "probes": _probes,
        "quota": _quota,
        "config": _config,
    }
    rng = Random(f"{simulation.seed}/record")
    states: dict[str, Any] = {}
    for source in SOURCES:
        if source not in missing:
            writers[source](simulation, folder, rng)
            partial = simulation.scenario.partial.get(source) or (_out_of_reach(simulation) if source == "logs" else "")
            states[source] = {"status": "partial", "error": partial} if partial else {"status": "ok"}
        elif missing[source]:
            states[source] = {"status": "missing", "error": missing[source]}
    _dump(folder / "bundle.json", _manifest(simulation, name or f"simulation-{simulation.scenario.name}", states))


def _manifest(simulation: Simulation, name: str, states: dict[str, Any]) -> dict[str, Any]:
    scenario = simulation.scenario
    return {
        "schemaVersion": "agentctl/bundle-v1",
        "createdAt": _when(scenario.end),
        "window": {"start": _when(scenario.start), "end": _when(scenario.end)},
        "target": {"name": name, "namespace": scenario.namespace},
        "sources": states,
    }


def _when(time: float) -> str:
    return format_time(datetime.fromtimestamp(time, UTC))


def _logs(simulation: Simulation, folder: Path, rng: Random) -> None:
    fleet = simulation.fleet
    pods = [pod for agent in fleet.agents.values() for pod in agent.pods]
    for number, pod in enumerate(pods, 1):
        if pod.reachable and (number % PARTIAL or "logs" not in simulation.scenario.partial):
            if not pod.sinks["agent"].current and pod.last_exit is None and not pod.running:
                continue  # it never started: there is no log to ask for
            place = folder / "logs" / fleet.namespace / pod.name
            place.mkdir(parents=True, exist_ok=True)
            for container, sink in pod.sinks.items():
                _text(place / f"{container}.log", sink.current, simulation.scenario.gzip)
                if sink.previous is not None:
                    _text(place / f"{container}.previous.log", sink.previous, simulation.scenario.gzip)


def _out_of_reach(simulation: Simulation) -> str:
    """What the API server says of the logs of pods whose kubelet does not answer; empty where all do."""
    pods = [pod for agent in simulation.fleet.agents.values() for pod in agent.pods if not pod.reachable]
    if not pods:
        return ""
    where = f"https://{pods[0].node.ip}:10250/containerLogs/{simulation.scenario.namespace}/{pods[0].name}/agent"
    more = f" (and {len(pods) - 1} more)" if len(pods) > 1 else ""
    return f'Get "{where}": dial tcp {pods[0].node.ip}:10250: i/o timeout{more}'


def _text(path: Path, lines: list[str], packed: bool) -> None:
    data = "".join(lines).encode()
    if packed:
        path.with_name(path.name + ".gz").write_bytes(gzip.compress(data, 6, mtime=0))
    else:
        path.write_bytes(data)


def _kubernetes(simulation: Simulation, folder: Path, rng: Random) -> None:
    place = folder / "kubernetes"
    place.mkdir(exist_ok=True)
    for name, body in all_objects(simulation.fleet, simulation.scenario.end, rng).items():
        _dump(place / f"{name}.json", body)


def _metrics(simulation: Simulation, folder: Path, rng: Random) -> None:
    place = folder / "metrics"
    place.mkdir(exist_ok=True)
    with (place / "samples.jsonl").open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(matrix_lines(simulation))


def matrix_lines(simulation: Simulation) -> Iterator[str]:
    """Each series as a line of Prometheus' matrix form: `{"metric": {…}, "values": [[unix, "v"], …]}`."""
    stamps: list[str] = []
    of: object = None
    number_of_target, thinned = 0, "metrics" in simulation.scenario.partial
    for name, labels, target, indices, values in simulation.prometheus.series():
        if target is not of:
            of, stamps = target, [f'[{time!r},"' for time in target.times]
            number_of_target += 1
        if thinned and number_of_target % PARTIAL == 0:
            continue
        metric = json.dumps({"__name__": name, **labels})
        last, text, body = None, "", []
        for index, value in zip(indices, values, strict=True):
            if value != last:
                last, text = value, f'{number(value)}"]'
            body.append(stamps[index] + text)
        yield f'{{"metric":{metric},"values":[{",".join(body)}]}}\n'


def number(value: float) -> str:
    """A sample as Prometheus prints it: no exponent for what is near one, no `.0`."""
    text = repr(value)
    if "e" in text and 1e-9 < abs(value) < 1e21:
        text = f"{value:.20f}".rstrip("0")
    return text[:-2] if text.endswith(".0") else text.rstrip(".") if text.endswith(".") else text


def _traces(simulation: Simulation, folder: Path, rng: Random) -> None:
    place = folder / "traces"
    place.mkdir(exist_ok=True)
    with (place / "spans.jsonl").open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(otlp_lines(simulation.traces))


def _probes(simulation: Simulation, folder: Path, rng: Random) -> None:
    _dump(folder / "probes.json", probes(simulation.fleet, simulation.world, simulation.scenario.end, rng))


def _quota(simulation: Simulation, folder: Path, rng: Random) -> None:
    _dump(folder / "quota.json", quota(simulation.fleet, simulation.world, simulation.scenario.end, rng))


def _config(simulation: Simulation, folder: Path, rng: Random) -> None:
    place = folder / "config"
    place.mkdir(exist_ok=True)
    fleet = simulation.fleet
    for agent in fleet.agents.values():
        (place / f"{agent.name}.yaml").write_text(yaml.safe_dump(agent.document, sort_keys=False), encoding="utf-8")
    routers = [agent for agent in fleet.agents.values() if agent.handoffs]
    for agent in routers:
        document = {
            "orchestrator": {
                "agents": [*agent.handoffs, HUMAN],
                "routes": {f"to_{target.replace('-', '_')}": target for target in agent.handoffs},
                "max_agent_hops": simulation.scenario.max_agent_hops,
                "fallback_agent": HUMAN,
            }
        }
        (place / f"orchestrator-{agent.name}.yaml").write_text(
            yaml.safe_dump(document, sort_keys=False), encoding="utf-8"
        )


def _dump(path: Path, body: object) -> None:
    path.write_text(json.dumps(body, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
