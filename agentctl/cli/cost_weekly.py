"""The same hour a week earlier: what a Monday morning is held against, since the day before it is a Sunday."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from agentctl.analysis.cost.ledger import Ledger, first_seen
from agentctl.analysis.cost.spikes import Spike
from agentctl.analysis.counters import rise
from agentctl.cli.cost_data import CostData, moment_of
from agentctl.cli.cost_reader import Reader
from agentctl.model.errors import SourceError
from agentctl.model.report import Window

_WEEK = timedelta(days=7)
# Samples are read from so much earlier on, for the baseline.
_BEFORE = timedelta(hours=1)


def week_before(spike: Spike, data: CostData, reader: Reader) -> Decimal | None:
    """What the agent's same hour a week earlier cost, USD; None where nobody recorded it."""
    start, end = (moment_of(t) - _WEEK for t in spike.hour)
    asked = replace(reader, window=Window(start, end))
    try:
        ledger: Ledger = asked.ledger_of(Window(start - _BEFORE, end))
    except SourceError:
        return None
    counters = ledger.agents().get(spike.agent or None, [])
    born = first_seen(counters)
    if born is None or born > start.timestamp():
        return None
    return rise(counters, start.timestamp(), end.timestamp()).value
