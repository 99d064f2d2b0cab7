"""`config`: the governance documents in force."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agentctl.runbook.evidence import Evidence
from agentctl.runbook.steptype import Facts, StepType


def ask(evidence: Evidence, options: Mapping[str, Any]) -> Facts:
    """Which agents are governed, and which of them lack limits."""
    policies = evidence.policies()
    return {
        "total": len(policies),
        "agents": sorted(p.name for p in policies),
        "withoutRateLimits": sorted(p.name for p in policies if not p.rate_limits),
        "withoutBudget": sorted(p.name for p in policies if p.max_daily_spend_usd is None),
    }


CONFIG = StepType(
    "config",
    "the governance documents in force",
    ask,
    {},
    {"total": "documents", "agents": "names", "withoutRateLimits": "names", "withoutBudget": "names"},
    source="config",
)
