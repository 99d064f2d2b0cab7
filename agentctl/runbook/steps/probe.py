"""`probe`: is each tool reachable, from every pod that was asked?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from agentctl.model.errors import SourceError
from agentctl.model.observations import ProbeResult
from agentctl.runbook.evidence import Evidence
from agentctl.runbook.steptype import Facts, Option, StepType


def ask(evidence: Evidence, options: Mapping[str, Any]) -> Facts:
    """A row a tool, the worst first. `slowerThan` (ms) says from when on an answer counts as slow."""
    slow_from = float(options.get("slowerThan", 2000))
    wanted = options.get("tool")
    results = [p for p in evidence.probes() if wanted in (None, p.tool)]
    if not results:
        raise SourceError(
            "empty", f"no probe of {wanted or 'any tool'}", "the governance documents name no endpoint to probe"
        )
    rows = sorted(
        (_row(tool, found, slow_from) for tool, found in _by_tool(results).items()),
        key=lambda r: (-r["failed"], -r["slow"], r["tool"]),
    )
    return {
        "total": len(results),
        "failed": sum(r["failed"] for r in rows),
        "slow": sum(r["slow"] for r in rows),
        "tools": rows,
        "down": [r["tool"] for r in rows if r["failed"]],
        "slowTools": [r["tool"] for r in rows if r["slow"]],
        "top": rows[0]["tool"],
        "error": rows[0]["error"],
    }


def _by_tool(results: list[ProbeResult]) -> dict[str, list[ProbeResult]]:
    found: dict[str, list[ProbeResult]] = defaultdict(list)
    for result in results:
        found[result.tool].append(result)
    return found


def _row(tool: str, found: list[ProbeResult], slow_from: float) -> dict[str, Any]:
    failed = [p for p in found if not p.ok]
    latencies = sorted(p.latency_ms for p in found if p.latency_ms is not None)
    return {
        "tool": tool,
        "asked": len(found),
        "failed": len(failed),
        "slow": sum(1 for p in found if p.ok and p.latency_ms is not None and p.latency_ms >= slow_from),
        "latencyMs": latencies[len(latencies) // 2] if latencies else None,
        "target": found[0].target,
        "error": failed[0].error or (f"status {failed[0].status}" if failed else "") if failed else "",
    }


PROBE = StepType(
    "probe",
    "whether the agents reach their tools",
    ask,
    {"tool": Option("string"), "slowerThan": Option("number")},
    {
        "total": "answers",
        "failed": "of them failed",
        "slow": "of them slow",
        "tools": "a row a tool",
        "down": "names",
        "slowTools": "names",
        "top": "the worst",
        "error": "what the worst one says",
    },
    source="probes",
)
