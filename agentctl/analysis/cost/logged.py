"""What the agents' own log lines say they spent: the other side of the books."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from agentctl.analysis.logs.digest import LlmTotals, LogDigest
from agentctl.model.money import ZERO, Figure, Quality


@dataclass(frozen=True, slots=True)
class Logged:
    """Model calls in the logs. `cost` is USD of the priced ones; `unpriced` calls state no cost, so that the sum is a lower
    bound where there are any."""

    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost: Decimal = ZERO
    unpriced: int = 0

    def plus(self, totals: LlmTotals) -> Logged:
        """With more calls."""
        return Logged(
            self.calls + totals.calls,
            self.input_tokens + totals.input_tokens,
            self.output_tokens + totals.output_tokens,
            self.cost + totals.cost,
            self.unpriced + totals.unpriced,
        )

    @property
    def figure(self) -> Figure:
        """What the lines add up to."""
        if not self.unpriced:
            return Figure(self.cost)
        reason = f"{self.unpriced} of {self.calls} calls state no cost"
        if self.unpriced == self.calls:
            return Figure.unknown(reason)
        return Figure(self.cost, Quality.LOWER_BOUND, (reason,))


def logged_by(digest: LogDigest, by: str) -> dict[str | None, Logged]:
    """The calls by agent, model, pod or run; empty for subjects that no log line names."""
    if by == "run":
        return {run.run_id: Logged().plus(run.llm) for run in digest.runs.values() if run.llm.calls}
    place = {"agent": 0, "pod": 1, "model": 2}.get(by)
    if place is None:
        return {}
    out: dict[str | None, Logged] = defaultdict(Logged)
    for key, minutes in digest.llm.items():
        for totals in minutes.values():
            out[key[place] or None] = out[key[place] or None].plus(totals)
    return dict(out)


def logged_in(digest: LogDigest, agent: str, start: float, end: float) -> dict[str, Logged]:
    """The calls of one agent by model, in the minutes that begin in [start, end); unix seconds."""
    out: dict[str, Logged] = defaultdict(Logged)
    for (who, _, model), minutes in digest.llm.items():
        if who != agent:
            continue
        for minute, totals in minutes.items():
            if start <= minute * 60 < end:
                out[model] = out[model].plus(totals)
    return dict(out)


def sum_of(parts: Iterable[Logged]) -> Logged:
    """All of them together."""
    out = Logged()
    for one in parts:
        out = out.plus(LlmTotals(one.calls, one.input_tokens, one.output_tokens, one.cost, one.unpriced))
    return out


def covered(digest: LogDigest) -> tuple[float, float] | None:
    """The span that the logs cover, unix seconds; None where no record has a time."""
    if digest.first_time is None or digest.last_time is None:
        return None
    return digest.first_time, digest.last_time
