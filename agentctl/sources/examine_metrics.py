"""Which of the metrics that agentctl asks about are there, and under which names."""

from __future__ import annotations

import re
from collections.abc import Sequence

from agentctl.model.finding import Remediation
from agentctl.model.report import StepResult
from agentctl.sources.lazy_metrics import LazyMetrics
from agentctl.sources.network_errors import shown_origin

# What it is for → the names that client libraries and conventions give it.
FAMILIES = {
    "cost": r"agent_cost_total_usd(?:_total)?|litellm_spend_metric_total",
    "tasks": r"agent_tasks(?:_total)?|litellm_proxy_total_requests_metric_total",
    "durations": r"agent_task_duration_seconds_bucket|gen_ai_(?:client_operation|invoke_agent)_duration(?:_seconds)?_bucket",
    "active runs": r"agent_active_runs",
    "tokens": r"gen_ai_client_token_usage.*|gen_ai_client_inference_usage_.*|litellm_total_tokens_metric_total|agent_.*tokens.*",
}
NEEDED = ("cost", "tasks")


def examine_metrics(metrics: LazyMetrics) -> StepResult:
    """Pass where cost and tasks are there, warn where they are not. Raises SourceError where the server does not answer."""
    url = metrics.access.url  # looks for the server, where none was given
    where = metrics.described or shown_origin(url)
    found = families(metrics.names())
    facts = {"where": where, "metrics": found}
    said = ", ".join(f"{family}: {names[0]}" for family, names in found.items() if names)
    missing = [family for family in NEEDED if not found[family]]
    if missing:
        message = f"{where} is reached, but holds no metric of {' and '.join(missing)}" + (f" ({said})" if said else "")
        remedy = Remediation(
            "export agent_cost_total_usd and agent_tasks_total, and let Prometheus scrape the agents' pods"
        )
        return StepResult("metrics", "metrics", "warn", message, facts=facts, remediation=remedy)
    return StepResult("metrics", "metrics", "pass", f"{where}: {said}", facts=facts)


def families(names: Sequence[str]) -> dict[str, list[str]]:
    """Family → the names of it that exist."""
    return {family: [n for n in names if re.fullmatch(pattern, n)] for family, pattern in FAMILIES.items()}
