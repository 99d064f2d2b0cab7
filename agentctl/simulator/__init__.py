"""A simulated fleet of agents on a virtual clock, its faults, and the recorder of bundles.

`load_scenario` → `simulate` → `write_bundle`; `Simulation.ledger` is the truth to hold a diagnosis against.
"""

from __future__ import annotations

from agentctl.simulator.load import load_scenario, parse_scenario, shipped_scenarios
from agentctl.simulator.record import write_bundle
from agentctl.simulator.scenario import Scenario
from agentctl.simulator.simulate import Simulation, simulate

__all__ = ["Scenario", "Simulation", "load_scenario", "parse_scenario", "shipped_scenarios", "simulate", "write_bundle"]
