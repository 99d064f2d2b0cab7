import sys
from pathlib import Path

import pytest

from agentctl.simulator import Simulation, load_scenario, simulate, write_bundle

sys.path.insert(0, str(Path(__file__).parents[2] / "scenarios"))


@pytest.fixture(scope="session")
def healthy() -> Simulation:
    return simulate(load_scenario("healthy"))


@pytest.fixture(scope="session")
def outage() -> Simulation:
    return simulate(load_scenario("tool-outage"))


@pytest.fixture(scope="session")
def bundle(outage: Simulation, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bundles") / "outage"
    write_bundle(outage, folder)
    return folder
