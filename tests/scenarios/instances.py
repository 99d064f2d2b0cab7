"""All instances that the tests look at: each shipped scenario as it is, and the variants of variants.yaml."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import yaml

from agentctl.simulator import Scenario, load_scenario, shipped_scenarios
from agentctl.simulator.vary import vary

VARIANTS = Path(__file__).with_name("variants.yaml")


def instances() -> Iterator[tuple[str, Scenario]]:
    """(id, scenario) of each."""
    for name in shipped_scenarios():
        yield name, load_scenario(name)
    for item in yaml.safe_load(VARIANTS.read_text()):
        changes = {key: value for key, value in item.items() if key != "scenario"}
        yield f"{item['scenario']}/{item['seed']}", vary(load_scenario(item["scenario"]), changes)
