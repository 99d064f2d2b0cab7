"""Recordings of a simulated fleet, made once a run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from agentctl.simulator.load import load_scenario
from agentctl.simulator.record import write_bundle
from agentctl.simulator.simulate import simulate


@pytest.fixture(scope="session")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """`recording(scenario, seed)`: the folder of a bundle."""
    made: dict[tuple[str, int], Path] = {}

    def make(scenario: str, seed: int = 11) -> Path:
        if (scenario, seed) not in made:
            folder = tmp_path_factory.mktemp(scenario)
            write_bundle(simulate(load_scenario(scenario), seed), folder)
            made[scenario, seed] = folder
        return made[scenario, seed]

    return make
