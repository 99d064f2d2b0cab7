"""Every shipped scenario over several seeds: is each cause found, at which rank, and what else is claimed?

`python tests/bench/test_diagnosis_table.py [SEED …]` prints the table. The thresholds were set while looking at the
shipped scenarios with their own and with small seeds: this seed is another draw of the same scenarios, not unseen kinds of incidents. What
the table shows is therefore a bound on regressions, not an estimate for fleets that nobody simulated.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from agentctl.diagnosis.diagnose import diagnose
from agentctl.runbook.evidence import Evidence
from agentctl.simulator.load import load_scenario, shipped_scenarios
from agentctl.simulator.record import write_bundle
from agentctl.simulator.simulate import simulate
from agentctl.sources.bundle import open_bundle

HELD_OUT = (42,)
# Seconds of simulation each; the others take longer than all the rest together.
LARGE = frozenset({"healthy-large"})


@dataclass
class Table:
    """cause → how often it was to be found, was found, at which ranks, and how often it was claimed without being there."""

    expected: Counter[str] = field(default_factory=Counter)
    hits: Counter[str] = field(default_factory=Counter)
    ranks: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    alarms: Counter[str] = field(default_factory=Counter)
    sure: list[tuple[float, bool]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def text(self) -> str:
        lines = [f"{'cause':28}{'expected':>9}{'found':>7}{'worst rank':>12}{'false alarms':>14}"]
        for cause in sorted(set(self.expected) | set(self.alarms)):
            worst = max(self.ranks[cause], default=0)
            lines.append(f"{cause:28}{self.expected[cause]:>9}{self.hits[cause]:>7}{worst:>12}{self.alarms[cause]:>14}")
        for low in (0.5, 0.6, 0.7, 0.8, 0.9):
            here = [true for sure, true in self.sure if low <= sure < low + 0.1]
            lines.append(f"confidence {low:.1f} to {low + 0.1:.1f}: {len(here)} claims, {sum(here)} true")
        return "\n".join([*lines, *self.said])


def measure(seeds: Iterable[int], names: Iterable[str] = ()) -> Table:
    """Run the scenarios and diagnose what they record."""
    table = Table()
    for name in names or sorted(set(shipped_scenarios()) - LARGE):
        for seed in seeds:
            with tempfile.TemporaryDirectory() as folder:
                simulation = simulate(load_scenario(name), seed)
                write_bundle(simulation, Path(folder))
                causes, _ = diagnose(Evidence(open_bundle(folder)))
            _score(table, f"{name} (seed {seed})", simulation.scenario.expect, causes)
    return table


def _score(table: Table, where: str, expected: Iterable[object], causes: tuple[object, ...]) -> None:
    taken = set()
    for want in expected:
        table.expected[want.id] += 1
        rank = next(
            (i for i, c in enumerate(causes) if c.id == want.id and c.subject in (want.subject, *want.accept)), None
        )
        if rank is None:
            table.said.append(f"missed: {want.id} of {want.subject} in {where}")
            continue
        taken.add(rank)
        table.hits[want.id] += 1
        table.ranks[want.id].append(rank + 1)
    for i, cause in enumerate(causes):
        table.sure.append((cause.confidence, i in taken))
        if i not in taken:
            table.alarms[cause.id] += 1
            table.said.append(f"claimed: {cause.id} of {cause.subject} in {where}")


def test_held_out_seeds_are_diagnosed() -> None:
    table = measure(HELD_OUT)
    expected, hits, alarms = sum(table.expected.values()), sum(table.hits.values()), sum(table.alarms.values())
    assert expected >= 40, "the scenarios no longer expect anything"
    assert hits >= 0.93 * expected, table.text()
    assert alarms <= 0.06 * expected, table.text()


if __name__ == "__main__":
    print(measure([int(word) for word in sys.argv[1:]] or [2, 4, 6]).text())
