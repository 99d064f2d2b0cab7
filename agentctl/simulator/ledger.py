"""The truth about a simulated fleet, to hold against what a diagnosis or a cost report says. It is in no bundle."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

NANO = Decimal(1_000_000_000)


@dataclass(slots=True)
class Ledger:
    """Sums by agent and hour (unix seconds // 3600). Money in nano-dollars, so that sums are exact.

    `cost` is keyed (agent, model, hour), `tasks` (agent, status, hour), `calls` (agent, tool, hour); `window_cost` (agent, model)
    and `pod_cost` (pod, model) hold the detailed window only; `unscraped` (agent, model) is what no scrape saw before its container
    died or the window ended; `opening` (pod, model) is where a cost counter stood, in USD, when the window began.
    """

    cost: defaultdict[tuple[str, str, int], int] = field(default_factory=lambda: defaultdict(int))
    tasks: defaultdict[tuple[str, str, int], int] = field(default_factory=lambda: defaultdict(int))
    calls: defaultdict[tuple[str, str, int], int] = field(default_factory=lambda: defaultdict(int))
    denied: defaultdict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    ungoverned: defaultdict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    llm_calls: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    window_cost: defaultdict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    pod_cost: defaultdict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    unscraped: defaultdict[tuple[str, str], float] = field(default_factory=lambda: defaultdict(float))
    opening: dict[tuple[str, str], float] = field(default_factory=dict)
    failed_attempts: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))

    def spent(self, agent: str, model: str, hour: int, nano: int) -> None:
        """Book one LLM call of the detailed window."""
        self.cost[agent, model, hour] += nano
        self.window_cost[agent, model] += nano
        self.llm_calls[agent] += 1

    def usd(self, agent: str | None = None) -> Decimal:
        """USD spent in the detailed window by one agent, or by all."""
        return sum((Decimal(v) for (who, _), v in self.window_cost.items() if agent in (None, who)), Decimal(0)) / NANO

    def data(self) -> dict[str, Any]:
        """The whole ledger as plain data, sorted; money as decimal strings in USD."""
        return {
            "cost": [
                {"agent": a, "model": m, "hour": h * 3600, "usd": _usd(v)} for (a, m, h), v in sorted(self.cost.items())
            ],
            "windowCost": [{"agent": a, "model": m, "usd": _usd(v)} for (a, m), v in sorted(self.window_cost.items())],
            "tasks": [
                {"agent": a, "status": s, "hour": h * 3600, "count": v} for (a, s, h), v in sorted(self.tasks.items())
            ],
            "calls": [
                {"agent": a, "tool": t, "hour": h * 3600, "count": v} for (a, t, h), v in sorted(self.calls.items())
            ],
            "denied": [{"agent": a, "tool": t, "count": v} for (a, t), v in sorted(self.denied.items())],
            "ungoverned": [{"agent": a, "tool": t, "count": v} for (a, t), v in sorted(self.ungoverned.items())],
            "llmCalls": dict(sorted(self.llm_calls.items())),
            "failedAttempts": dict(sorted(self.failed_attempts.items())),
        }


def _usd(nano: int) -> str:
    return format((Decimal(nano) / NANO).quantize(Decimal("0.000000001")), "f")
