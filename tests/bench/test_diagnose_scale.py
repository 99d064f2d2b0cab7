"""How the cost of a diagnosis grows with the fleet: processor seconds and memory, children included. Run it by its path.

AGENTCTL_BENCH_AGENTS sets the size of the larger fleet (80; a thousand takes minutes to simulate); -s shows the figures.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from agentctl.simulator.load import parse_scenario
from agentctl.simulator.record import write_bundle
from agentctl.simulator.simulate import simulate

AGENTS = int(os.environ.get("AGENTCTL_BENCH_AGENTS", "80"))
SCENARIO = """
apiVersion: agentctl/v1
kind: Scenario
metadata: {{name: scale, title: A fleet at work, description: Nothing is wrong.}}
spec:
  traces: 0.01
  metrics: {{scrape: 60s, history_step: 30m}}
  fleet: {{nodes: 6, fill: {fill}, agents: [{{profile: support}}]}}
  expect: {{causes: []}}
"""
# Runs the command and says on stderr what it used: seconds and MB (the largest of its processes).
MEASURED = """
import resource, subprocess, sys
code = subprocess.run([sys.executable, "-m", "agentctl", "diagnose", "--bundle", sys.argv[1], "-o", "json"], stdout=subprocess.DEVNULL).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(code, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
"""


def _cost(agents: int, folder: Path) -> tuple[float, float]:
    """Processor seconds and the memory in MB that the diagnosis of a fleet takes."""
    write_bundle(simulate(parse_scenario(SCENARIO.format(fill=agents - 1), "scale"), 1), folder)
    said = subprocess.run([sys.executable, "-c", MEASURED, str(folder)], capture_output=True, text=True, check=True)
    code, seconds, megabytes = said.stdout.split()
    assert code in ("0", "1"), said.stderr
    return float(seconds), float(megabytes)


def test_four_times_the_fleet_costs_at_most_about_four_times(tmp_path: Path) -> None:
    small, small_memory = _cost(AGENTS // 4, tmp_path / "small")
    large, large_memory = _cost(AGENTS, tmp_path / "large")
    print(
        f"\n{AGENTS // 4} agents: {small:.2f} s, {small_memory:.0f} MB; {AGENTS} agents: {large:.2f} s, {large_memory:.0f} MB"
    )
    assert large <= 5 * small
    assert large_memory <= 4 * small_memory
