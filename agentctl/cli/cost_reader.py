"""The counters of a fleet, read from a recording or a live server: the window exactly, its history as fine as it has to be."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from agentctl.analysis.cost.ledger import (
    COST_QUESTION,
    LITELLM_QUESTION,
    TASK_QUESTION,
    TOKEN_QUESTION,
    Ledger,
)
from agentctl.model.errors import SourceError
from agentctl.model.observations import Series
from agentctl.model.report import Window
from agentctl.sources.protocols import MetricSource

if TYPE_CHECKING:
    from agentctl.cli.cost_pushdown import Fleet

# A day to hold an hour against, and the hours before that one.
HISTORY = timedelta(hours=26)
# How far before everything asked for a baseline is looked for in a recording.
_BEFORE = timedelta(hours=6)
# Failures that another question would only meet again.
_HOPELESS = ("unreachable", "timeout", "tls", "unauthorized", "rate-limited")
_OTHER_MONEY = re.compile(r"agent_cost_total_(?!usd(?:_total|_created)?$)[a-z]{3}(?:_total)?")


@dataclass(frozen=True, slots=True)
class Past:
    """How much history is wanted, and how fine it has to be where a server thins it out, in seconds."""

    length: timedelta
    step: float


@dataclass(frozen=True, slots=True)
class Reader:
    """Asks one source. `namespaces` and `labels` narrow what counts; `doubt` says why figures are lower bounds at best.
    `by` names a subject that sums are enough for, "" where every counter is wanted."""

    metrics: MetricSource
    window: Window
    past: Past
    namespaces: frozenset[str]
    labels: Mapping[str, str]
    recorded: bool
    doubt: str = ""
    by: str = ""

    def fleet(self) -> Fleet | None:
        """The window and its history by a server's sums; None where raw samples are cheap, or no server sums.
        Raises SourceError."""
        from agentctl.cli.cost_pushdown import summed

        if self.recorded or not self.by or not hasattr(self._server, "matrix"):
            return None
        from agentctl.sources.prometheus_pushdown import Pushdown

        pushdown = Pushdown(self._server, self.window, tuple(sorted(self.namespaces)))  # type: ignore[arg-type]
        past = max(HISTORY, self.past.length).total_seconds()
        try:
            return summed(pushdown, self.by, past, self.past.step, self.doubt)
        except SourceError as error:
            if error.code in _HOPELESS:
                raise
            # What a server cannot sum it may still hand out.
            return None

    def ledgers(self) -> tuple[Ledger, Ledger]:
        """The window, and its history: the same in a recording, one sample in so many seconds live. Raises SourceError."""
        start = min(self.window.start - HISTORY, self.window.end - self.past.length)
        if self.recorded:
            ledger = self.ledger_of(Window(start - _BEFORE, self.window.end))
            return ledger, ledger
        exact = self.ledger_of(self.window)
        grid = getattr(self._server, "grid", None)
        if grid is None:
            return exact, exact
        wide = Window(start, self.window.end)
        names = COST_QUESTION if self._own(exact) else LITELLM_QUESTION
        cost, tasks = (self._kept(grid(q, wide, {}, self.past.step)) for q in (names, TASK_QUESTION))
        return exact, Ledger.of(cost, tasks, self.window, self.doubt)

    def ledger_of(self, span: Window) -> Ledger:
        """What the agents count themselves; where they count no money, what a LiteLLM proxy before the models counts."""
        cost, tasks, tokens = (self._series(q, span) for q in (COST_QUESTION, TASK_QUESTION, TOKEN_QUESTION))
        if not cost:
            cost = self._series(LITELLM_QUESTION, span)
        return Ledger.of(cost, tasks, self.window, self.doubt, tokens)

    def said(self) -> list[str]:
        """Money that is not counted because it is in another currency, and what the server warned of."""
        try:
            others = [name for name in self.metrics.names() if _OTHER_MONEY.fullmatch(name)]
        except SourceError:
            others = []
        warned = [f"the server warns: {w}" for w in self.warnings]
        return [f"{name} is in another currency: not counted" for name in others] + warned

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the server warned of: raw samples give no cause for it but that some of them are missing."""
        found: tuple[str, ...] = getattr(self._server, "warnings", ())
        return found

    def _series(self, names: Sequence[str], span: Window) -> list[Series]:
        return self._kept(self.metrics.series(names, span, self.labels if self.recorded else {}))

    @staticmethod
    def _own(ledger: Ledger) -> bool:
        names: Iterator[str] = (c.labels.get("__name__", "") for c in ledger.cost)
        return not any(name in LITELLM_QUESTION for name in names)

    @property
    def _server(self) -> object:
        """What stands behind the protocol, for questions beyond it."""
        return getattr(self.metrics, "source", self.metrics)

    def _kept(self, series: Sequence[Series]) -> list[Series]:
        """Series of the namespaces asked for; one that names no namespace cannot be told apart and stays."""
        if not self.namespaces:
            return list(series)
        return [s for s in series if s.labels.get("namespace") in (None, "", *self.namespaces)]
