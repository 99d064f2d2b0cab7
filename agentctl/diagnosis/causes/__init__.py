"""Every kind of cause, in one list. The order is that of rank: what tends to be a root stands before what follows from it."""

from __future__ import annotations

from agentctl.diagnosis.causes import (
    bad_rollout,
    crash_loop,
    credential_rejected,
    governance_limit,
    model_change,
    node_failure,
    out_of_memory,
    policy_denials,
    prompt_growth,
    provider_outage,
    provider_quota,
    provider_rate_limit,
    retry_storm,
    runaway_loop,
    saturation,
    telemetry_gap,
    tool_latency,
    tool_outage,
    traffic_surge,
    unlisted_tool_use,
)
from agentctl.diagnosis.found import CauseType

CAUSES: tuple[CauseType, ...] = (
    node_failure.CAUSE,
    bad_rollout.CAUSE,
    credential_rejected.CAUSE,
    provider_quota.CAUSE,
    provider_outage.CAUSE,
    tool_outage.CAUSE,
    out_of_memory.CAUSE,
    crash_loop.CAUSE,
    provider_rate_limit.CAUSE,
    tool_latency.CAUSE,
    runaway_loop.CAUSE,
    model_change.CAUSE,
    prompt_growth.CAUSE,
    unlisted_tool_use.CAUSE,
    policy_denials.CAUSE,
    governance_limit.CAUSE,
    retry_storm.CAUSE,
    saturation.CAUSE,
    telemetry_gap.CAUSE,
    traffic_surge.CAUSE,
)


CONFIDENCE = """About the confidence: it says how much evidence speaks for the cause (how many failures, how large a share, whether probes and traces agree),
on a scale set by judgement on simulated fleets. Use it to order causes, not as a probability: of ten causes at 0.8 not exactly eight need be true.
"""


def explain(code: str) -> str | None:
    """The page about a cause, None for a code that is no cause."""
    found = next((c for c in CAUSES if c.id == code), None)
    return None if found is None else f"{found.id}: {found.title}\n\n{found.page}\n{CONFIDENCE}"
