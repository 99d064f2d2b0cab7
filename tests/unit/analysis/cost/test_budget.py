"""Days as a time zone has them, and when a budget runs out."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from agentctl.analysis.cost.budget import budgets, day_end, day_start, policy_for
from agentctl.analysis.cost.ledger import Ledger
from agentctl.governance.policy import Policy
from agentctl.model.observations import Sample, Series
from agentctl.model.report import Window

BERLIN = ZoneInfo("Europe/Berlin")


def at(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


@pytest.mark.parametrize(
    ("moment", "hours"),
    [("2026-03-29T12:00:00+02:00", 23), ("2026-10-25T12:00:00+01:00", 25), ("2026-03-03T12:00:00+01:00", 24)],
)
def test_a_day_has_the_hours_that_the_clock_says(moment: str, hours: int) -> None:
    assert (day_end(at(moment), BERLIN) - day_start(at(moment), BERLIN)) / 3600 == hours


def spend(points: list[tuple[str, float]], agent: str = "desk") -> Series:
    samples = tuple(Sample(at(t), v) for t, v in points)
    return Series({"__name__": "agent_cost_total_usd_total", "agent_name": agent}, samples)


def budget_of(series: list[Series], policy: Policy, end: str = "2026-03-03T12:00:00+00:00") -> object:
    window = Window(datetime.fromtimestamp(at(end) - 3600, UTC), datetime.fromtimestamp(at(end), UTC))
    (row,) = [b for b in budgets(Ledger.of(series, (), window), {policy.name: policy}) if b.agent != "other"]
    return row


HOURLY = [(f"2026-03-03T{h:02d}:00:00+00:00", float(h)) for h in range(13)]


@pytest.mark.parametrize(
    ("limit", "status"),
    [("11.99", "exceeded"), ("12", "warning"), ("15", "warning"), ("15.01", "ok"), ("0", "exceeded")],
)
def test_the_status_follows_the_threshold(limit: str, status: str) -> None:
    row = budget_of([spend(HOURLY)], Policy("desk", max_daily_spend_usd=Decimal(limit), alert_on_threshold=0.8))
    assert (row.status, row.spent.value) == (status, Decimal(12))


def test_it_runs_out_when_the_rate_says() -> None:
    row = budget_of([spend(HOURLY)], Policy("desk", max_daily_spend_usd=Decimal(15)))
    assert row.exhaustion.at == at("2026-03-03T15:00:00+00:00")
    far = budget_of([spend(HOURLY)], Policy("desk", max_daily_spend_usd=Decimal(100)))
    assert far.exhaustion.at is None


def test_a_day_that_the_samples_do_not_cover_is_a_lower_bound() -> None:
    row = budget_of([spend(HOURLY[6:])], Policy("desk", max_daily_spend_usd=Decimal(100)))
    assert (row.spent.value, row.spent.quality.value) == (Decimal(6), "lower-bound")
    assert any("start of the day" in r for r in row.spent.reasons)


def test_a_budget_of_an_agent_that_was_not_seen_is_unknown() -> None:
    row = budget_of([spend(HOURLY, "other")], Policy("desk", max_daily_spend_usd=Decimal(5)))
    assert (row.status, row.spent.value) == ("unknown", None)


def test_an_agent_without_a_document_has_no_budget() -> None:
    window = Window(
        datetime.fromtimestamp(at("2026-03-03T11:00:00+00:00"), UTC),
        datetime.fromtimestamp(at("2026-03-03T12:00:00+00:00"), UTC),
    )
    (row,) = budgets(Ledger.of([spend(HOURLY)], (), window), {})
    assert row.status == "none"


def test_underscores_and_dashes_are_alike() -> None:
    policy = Policy("search_agent")
    assert policy_for("search-agent", {"search_agent": policy}) is policy
    assert policy_for("search-agents", {"search_agent": policy}) is None
