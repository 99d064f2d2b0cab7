"""Samples as Prometheus would have scraped them from prometheus_client."""

import math
import os
import shutil
import subprocess
from collections import defaultdict
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentctl.simulator import Simulation, load_scenario, simulate
from agentctl.simulator.openmetrics import family, openmetrics_lines
from agentctl.simulator.record import number
from agentctl.simulator.registry import BUCKETS, Registry


@given(st.lists(st.floats(min_value=0, max_value=1000), max_size=50))
def test_a_histogram_counts_each_observation_once_and_its_buckets_add_up(seconds: list[float]) -> None:
    registry = Registry("a", 0.0, 1.0)
    for value in seconds:
        registry.histogram("llm", 0.0).observe(value)
    registry.histogram("llm", 0.0)
    values = {dict(key[1]).get("le", key[0]): value for key, value in registry.snapshot(True)}
    for edge in BUCKETS:
        assert values[str(edge)] == sum(value <= edge for value in seconds)
    assert values["+Inf"] == values["agent_task_duration_seconds_count"] == len(seconds)
    assert math.isclose(values["agent_task_duration_seconds_sum"], sum(seconds), abs_tol=1e-6)


def test_a_labelled_counter_is_born_at_its_first_use() -> None:
    registry = Registry("a", 100.0, 1.0)
    assert not any("cost" in key[0] for key, _ in registry.snapshot(True))
    registry.cost("gpt-4o", 0.25, 107.5)
    found = {key[0]: value for key, value in registry.snapshot(True)}
    assert found["agent_cost_total_usd_total"] == 0.25
    assert found["agent_cost_total_usd_created"] == 107.5


@given(st.floats(min_value=-1e12, max_value=1e12).filter(lambda v: v == 0 or abs(v) > 1e-9))
def test_numbers_are_written_without_exponent_and_read_back(value: float) -> None:
    text = number(value)
    assert "e" not in text
    assert not text.endswith((".", ".0"))
    assert math.isclose(float(text), value, rel_tol=1e-9, abs_tol=1e-18)


def series(simulation: Simulation) -> dict[tuple, list[tuple[float, float]]]:
    return {
        (name, *sorted(labels.items())): [(target.times[i], v) for i, v in zip(indices, values, strict=True)]
        for name, labels, target, indices, values in simulation.prometheus.series()
    }


def test_counters_fall_only_where_the_container_was_replaced() -> None:
    simulation = simulate(load_scenario("healthy-restart"))
    falls = defaultdict(int)
    for key, samples in series(simulation).items():
        assert [t for t, _ in samples] == sorted({t for t, _ in samples})
        if key[0].endswith(("_total", "_bucket", "_count", "_sum")) and not key[0].startswith("kube"):
            falls[dict(key[1:])["pod"]] += sum(b < a for (_, a), (_, b) in pairwise(samples))
    restarted = {pod.name for agent in simulation.fleet.agents.values() for pod in agent.pods if pod.restarts}
    assert {pod for pod, count in falls.items() if count} == restarted != set()


def test_a_target_out_of_discovery_leaves_a_gap_and_its_log_goes_on() -> None:
    simulation = simulate(load_scenario("telemetry-gap"))
    onset = simulation.scenario.start + 1800
    agent = simulation.fleet.agents["billing-agent"]
    last = max(
        samples[-1][0] for key, samples in series(simulation).items() if dict(key[1:]).get("agent_name") == agent.name
    )
    assert onset - 31 <= last <= onset
    assert any("T10:5" in line[:16] for pod in agent.pods for line in pod.sinks["agent"].current)


def test_openmetrics_text_names_each_family_once_and_ends(outage: Simulation) -> None:
    lines = list(openmetrics_lines(outage))
    assert lines[-1] == "# EOF\n"
    families = [line.split()[2] for line in lines if line.startswith("# TYPE")]
    assert len(families) == len(set(families))
    current, last = "", {}
    for line in lines[:-1]:
        if line.startswith("# TYPE"):
            current = line.split()[2]
            continue
        head, _, stamp = line.rpartition(" ")
        labels = head.rpartition(" ")[0]
        assert family(labels.partition("{")[0]) == current
        assert float(stamp) > last.get(labels, 0.0)
        last[labels] = float(stamp)


@pytest.mark.real
def test_promtool_makes_blocks_of_it(outage: Simulation, tmp_path: Path) -> None:
    promtool = os.environ.get("PROMTOOL") or shutil.which("promtool")
    if promtool is None:
        if os.environ.get("AGENTCTL_REQUIRE_REAL"):
            pytest.fail("promtool is not on the PATH")
        pytest.skip("promtool is not on the PATH")
    text = tmp_path / "samples.om"
    text.write_text("".join(openmetrics_lines(outage)))
    done = subprocess.run(
        [promtool, "tsdb", "create-blocks-from", "openmetrics", str(text), str(tmp_path / "data")],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert list((tmp_path / "data").glob("*/meta.json"))
