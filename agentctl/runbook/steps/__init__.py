"""The step types. A runbook can do nothing else."""

from __future__ import annotations

from collections.abc import Mapping

from agentctl.runbook.steps.commands import EXEC, HTTP
from agentctl.runbook.steps.config import CONFIG
from agentctl.runbook.steps.logs import LOGS
from agentctl.runbook.steps.metrics import METRICS
from agentctl.runbook.steps.pods import PODS
from agentctl.runbook.steps.probe import PROBE
from agentctl.runbook.steps.quota import QUOTA
from agentctl.runbook.steps.traces import TRACES
from agentctl.runbook.steptype import StepType

STEP_TYPES: Mapping[str, StepType] = {
    t.name: t for t in (PODS, LOGS, METRICS, PROBE, EXEC, HTTP, QUOTA, TRACES, CONFIG)
}
