"""Variations of a scenario that change how things look, not what is wrong: size, log format, labels, seed, time, missing sources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from agentctl.model.duration import parse_duration, parse_time
from agentctl.simulator.scenario import Scenario

_PLAIN = ("seed", "fill", "nodes", "log_format", "identity", "namespace", "traces", "gzip", "cycle", "max_agent_hops")


def vary(scenario: Scenario, changes: Mapping[str, Any]) -> Scenario:
    """The scenario with some of `seed, fill, nodes, log_format, identity, namespace, traces, gzip, cycle, start, history, missing, partial,
    scrape, sidecars` changed. `missing` adds to what the scenario lacks already. Raises ValueError for any other key."""
    known = {*_PLAIN, "start", "history", "missing", "partial", "scrape", "sidecars"}
    unknown = sorted(set(changes) - known)
    if unknown:
        raise ValueError(f"cannot vary {unknown[0]!r}: one of {', '.join(sorted(known))}")
    varied: dict[str, Any] = {key: changes[key] for key in _PLAIN if key in changes}
    if "start" in changes:
        varied["start"] = parse_time(str(changes["start"])).timestamp()
    if "history" in changes:
        varied["history"] = 0.0 if changes["history"] == "none" else parse_duration(changes["history"]).total_seconds()
    if "missing" in changes:
        varied["missing"] = {**scenario.missing, **changes["missing"]}
    if "partial" in changes:
        varied["partial"] = dict(changes["partial"])
    if "scrape" in changes:
        varied["metrics"] = replace(scenario.metrics, scrape=parse_duration(changes["scrape"]).total_seconds())
    if changes.get("sidecars"):
        varied["agents"] = tuple(replace(agent, sidecar=True) for agent in scenario.agents)
    if changes.get("log_format") and changes["log_format"] != "varied":
        varied["agents"] = tuple(replace(agent, log_format=None) for agent in varied.get("agents", scenario.agents))
    return replace(scenario, **varied)
