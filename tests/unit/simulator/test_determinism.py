"""The same scenario and seed give the same bundle, byte for byte."""

import hashlib
from pathlib import Path

import pytest

from agentctl.simulator import load_scenario, simulate, write_bundle
from agentctl.simulator.vary import vary


def digest(folder: Path) -> dict[str, str]:
    return {
        str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    }


@pytest.mark.parametrize("name", ["combined-rollout-and-node", "out-of-memory", "healthy-orchestrated"])
def test_twice_the_same(name: str, tmp_path: Path) -> None:
    scenario = vary(load_scenario(name), {"gzip": True, "sidecars": True})
    write_bundle(simulate(scenario), tmp_path / "one")
    write_bundle(simulate(scenario), tmp_path / "two")
    assert digest(tmp_path / "one") == digest(tmp_path / "two")


def test_another_seed_is_another_fleet(tmp_path: Path) -> None:
    scenario = load_scenario("healthy")
    write_bundle(simulate(scenario, 1), tmp_path / "one")
    write_bundle(simulate(scenario, 2), tmp_path / "two")
    one, two = digest(tmp_path / "one"), digest(tmp_path / "two")
    for part in ("metrics/samples.jsonl", "traces/spans.jsonl", "kubernetes/pods.json", "probes.json"):
        assert one[part] != two[part]
