"""Each shipped runbook over a healthy fleet, with the fault it is for, and with its source down."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from agentctl.model.errors import ErrorNote
from agentctl.model.report import StepResult
from agentctl.runbook.engine import Planned, run
from agentctl.runbook.evidence import Evidence
from agentctl.runbook.parameters import values
from agentctl.runbook.shipped import SHIPPED, shipped_runbook
from agentctl.sources.bundle import open_bundle
from agentctl.sources.protocols import Sources

Recording = Callable[..., Path]
# runbook → (scenario with its fault, the step that must say so, with which status)
FAULTS = {
    "consistent-errors": ("provider-outage", "recent-errors", "fail"),
    "tool-health": ("tool-outage", "reachable", "fail"),
    "rate-limits": ("provider-rate-limit", "provider-limits", "fail"),
    "quota": ("quota-exhausted", "quota-refusals", "fail"),
    "cost-spike": ("retry-storm", "wasted", "warn"),
    "pod-health": ("crash-loop", "pods", "fail"),
    "telemetry": ("telemetry-gap", "scraped", "warn"),
    "governance-limits": ("governance-limit-reached", "own-limits", "fail"),
}
# runbook → the source whose loss must show
SOURCES = {
    "consistent-errors": "logs",
    "tool-health": "probes",
    "rate-limits": "logs",
    "quota": "quota",
    "cost-spike": "metrics",
    "pod-health": "kubernetes",
    "telemetry": "metrics",
    "governance-limits": "config",
}


def results(name: str, sources: Sources) -> dict[str, StepResult]:
    runbook = shipped_runbook(name)
    return {s.id: s for s in run([Planned(runbook, values(runbook, {}))], Evidence(sources)).steps}


@pytest.mark.parametrize("name", SHIPPED)
def test_a_healthy_fleet_fails_nothing_and_leaves_nothing_unknown(name: str, recording: Recording) -> None:
    for step in results(name, open_bundle(recording("healthy"))).values():
        assert step.status in ("pass", "warn"), step


@pytest.mark.parametrize("name", SHIPPED)
def test_the_fault_it_is_for_is_said_by_its_step(name: str, recording: Recording) -> None:
    scenario, step, status = FAULTS[name]
    found = results(name, open_bundle(recording(scenario)))
    assert found[step].status == status, found


@pytest.mark.parametrize("name", SHIPPED)
def test_a_source_that_is_down_is_unknown_and_one_not_set_up_is_skipped(name: str, recording: Recording) -> None:
    lost = SOURCES[name]
    field = "cluster" if lost == "kubernetes" else lost
    whole = open_bundle(recording("healthy"))
    down = replace(whole, **{field: None}, notes={lost: ErrorNote("unreachable", f"{lost}: connection refused")})
    never = replace(whole, **{field: None})
    before = results(name, whole)
    down_steps, never_steps = results(name, down), results(name, never)
    hit = [s for s, result in down_steps.items() if result.status != before[s].status]
    assert hit
    assert all(
        down_steps[s].status == "unknown" and down_steps[s].error and never_steps[s].status == "skipped" for s in hit
    )


def test_a_broken_file_in_a_recording_is_unknown_and_says_where(recording: Recording, tmp_path: Path) -> None:
    folder = tmp_path / "broken"
    shutil.copytree(recording("healthy"), folder)
    (folder / "probes.json").write_text("[{")
    step = results("tool-health", open_bundle(folder))["reachable"]
    assert step.status == "unknown"
    assert step.error is not None
    assert "probes.json" in step.error.message
