"""The same spend in the columns of FOCUS 1.2 (the FinOps Open Cost and Usage Specification), for tools that read bills.

A row an agent and model. What no counter knows (discounts, contracts, billing accounts) has no column here; what the figure
rests on stands in `x_CostQuality`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agentctl.analysis.cost.ledger import agent_of, model_of
from agentctl.analysis.counters import grouped
from agentctl.analysis.symptoms import provider_of_model
from agentctl.cli.cost_data import CostData


def focus_rows(data: CostData) -> list[dict[str, Any]]:
    """Dearest first; a cost that is unknown is None."""
    groups = grouped(data.ledger.cost, lambda labels: (agent_of(labels), model_of(labels)))
    rows = [
        _row(agent, model, data, counters)
        for (agent, model), counters in groups.items()
        if any(map(data.ledger.alive, counters))
    ]
    return sorted(
        rows, key=lambda r: (r["BilledCost"] is None, -(r["BilledCost"] or 0), str(r["ResourceId"]), str(r["SkuId"]))
    )


def _row(agent: str | None, model: str | None, data: CostData, counters: Any) -> dict[str, Any]:
    spent = data.ledger.spent(counters)
    tokens = _tokens(agent, model, data)
    return {
        "ChargePeriodStart": data.window.start,
        "ChargePeriodEnd": data.window.end,
        "ProviderName": provider_of_model(model or "") or None,
        "ServiceName": "LLM inference",
        "ServiceCategory": "AI and Machine Learning",
        "ChargeCategory": "Usage",
        "ResourceId": agent,
        "ResourceType": "AI agent",
        "SkuId": model,
        "BilledCost": spent.value,
        "EffectiveCost": spent.value,
        "BillingCurrency": "USD",
        "ConsumedQuantity": tokens,
        "ConsumedUnit": None if tokens is None else "Tokens",
        "x_CostQuality": spent.quality,
    }


def _tokens(agent: str | None, model: str | None, data: CostData) -> int | None:
    """Input and output tokens of the logs in the window; None without logs."""
    if data.digest is None:
        return None
    calls: list[Mapping[int, Any]] = [
        m for (who, _, name), m in data.digest.llm.items() if (who, name) == (agent, model)
    ]
    return sum(t.input_tokens + t.output_tokens for minutes in calls for t in minutes.values()) if calls else None
