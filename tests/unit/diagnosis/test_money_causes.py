"""Causes about money: what a healthy fleet does every day is none, and what costs several times as much is found."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from math import exp
from random import Random

import pytest

from agentctl.analysis.logs.digest import Counts, LlmTotals, LogDigest
from agentctl.diagnosis.diagnose import causes_of
from agentctl.diagnosis.meters import Meters
from agentctl.diagnosis.spending import Spending, dear_enough, dearest_hour
from agentctl.diagnosis.timeline import Shift, abrupt, correlation, swings
from agentctl.diagnosis.view import View
from agentctl.governance.policy import Policy

Rate = Callable[[int], float]
ByMinute = dict[int, float]


def poisson(rng: Random, mean: float) -> int:
    limit, n, product = exp(-mean), 0, rng.random()
    while product > limit:
        n, product = n + 1, product * rng.random()
    return n


def fleet(rates: dict[str, Rate], minutes: int, seed: int, usd: float = 0.03, calls: float = 2.0) -> View:
    """Agents whose tasks arrive at random at a rate by minute, each task of the same cost and number of calls."""
    rng, meters = Random(seed), Meters()
    for agent, rate in rates.items():
        tasks = {m: float(poisson(rng, rate(m))) for m in range(minutes)}
        meters.tasks[agent] = {"success": tasks}
        meters.cost[agent] = {"claude-sonnet-4": {m: usd * n for m, n in tasks.items()}}
        meters.llm_calls[agent] = {m: calls * n for m, n in tasks.items()}
    return View(0, minutes - 1, meters=meters)


def named(view: View) -> set[tuple[str, str]]:
    return {(c.id, c.subject) for c in causes_of(view)}


@pytest.mark.parametrize("seed", range(8))
def test_a_morning_is_no_loop_and_no_surge(seed: int) -> None:
    def morning(minute: int) -> float:
        return 0.6 + 4.4 * max(0.0, min(1.0, (minute - 60) / 240))

    assert named(fleet({f"a{i}": morning for i in range(6)}, 360, seed)) == set()


@pytest.mark.parametrize("seed", range(4))
def test_a_burst_of_five_minutes_is_no_surge(seed: int) -> None:
    view = fleet({f"a{i}": lambda m: 20.0 if 110 <= m < 115 else 2.0 for i in range(4)}, 180, seed)
    assert named(view) == set()


@pytest.mark.parametrize("seed", range(4))
def test_a_surge_that_goes_on_is_one_although_its_hour_is_not_over(seed: int) -> None:
    view = fleet({"a": lambda m: 12.0 if m >= 145 else 2.0, "b": lambda m: 2.0}, 180, seed)
    assert named(view) == {("traffic-surge", "agent/a")}


def test_a_surge_that_costs_cents_is_none() -> None:
    assert named(fleet({"a": lambda m: 12.0 if m >= 145 else 2.0}, 180, 1, usd=0.0005)) == set()


def test_two_agents_that_hand_every_task_over_are_a_loop() -> None:
    view = fleet({"a": lambda m: 2.0, "b": lambda m: 2.0, "c": lambda m: 2.0}, 240, 3, usd=0.05)
    rng = Random(5)
    hops = {m: float(10 * poisson(rng, 0.9)) for m in range(120, 240)}
    for agent in ("a", "b"):
        tasks, cost, calls = (
            view.meters.tasks[agent]["success"],
            view.meters.cost[agent]["claude-sonnet-4"],
            view.meters.llm_calls[agent],
        )
        for m, n in hops.items():
            tasks[m], cost[m], calls[m] = tasks[m] + n, cost[m] + 0.05 * n, calls[m] + 2 * n
    assert [c.id for c in causes_of(view)][:1] == ["runaway-loop"]


def retried(status: str) -> View:
    """From minute 90 on every task makes five model calls instead of two, at the price of a call."""
    view = fleet({"a": lambda m: 3.0}, 180, 7)
    tasks, calls = view.meters.tasks["a"]["success"], view.meters.llm_calls["a"]
    later = {m: n for m, n in tasks.items() if m >= 90}
    view.meters.tasks["a"] = {"success": {m: n for m, n in tasks.items() if m < 90}}
    view.meters.tasks["a"].setdefault(status, {}).update(later)
    for m, n in later.items():
        calls[m] = 6 * n
        view.meters.cost["a"]["claude-sonnet-4"][m] = 0.09 * n
    view.policies = [Policy("a", max_retries=3)]
    return view


def test_calls_of_failing_tasks_that_are_retried_are_no_loop() -> None:
    assert ("runaway-loop", "agent/a") not in named(retried("error"))


def test_as_many_calls_of_tasks_that_succeed_are_a_loop() -> None:
    assert ("runaway-loop", "agent/a") in named(retried("success"))


def level(before: float, after: float, onset: int, end: int) -> Shift:
    return Shift(onset, end, before, after, 1.0, 1.0, 1.0, 1.0)


def test_the_hour_of_a_short_stretch_has_its_quiet_minutes_too() -> None:
    cost = {m: 0.6 if 60 <= m < 70 else 0.1 for m in range(180)}
    assert dearest_hour(cost, level(0.1, 0.6, 60, 69), 179) == (pytest.approx(11.0), 60)
    assert not dear_enough(Spending("a", cost=cost), level(0.1, 0.6, 60, 69), 179)
    longer = {m: 0.6 if 60 <= m < 110 else 0.1 for m in range(180)}
    assert dear_enough(Spending("a", cost=longer), level(0.1, 0.6, 60, 109), 179)


def test_a_dollar_in_all_the_night_is_less_than_a_dollar_an_hour() -> None:
    cost = {m: 0.012 if m >= 120 else 0.002 for m in range(420)}
    shift = level(0.002, 0.012, 120, 419)
    assert sum(cost[m] for m in range(120, 420)) > 3
    assert not dear_enough(Spending("a", cost=cost), shift, 419)


def test_what_has_no_price_has_no_floor() -> None:
    assert dear_enough(Spending("a", calls={1: 2.0}), level(1, 5, 1, 2), 10)


def test_a_common_trend_is_no_common_swing() -> None:
    rng = Random(2)
    a, b = ([i * 3.0 + rng.gauss(0, 6) for i in range(40)] for _ in range(2))
    assert correlation(a, b) > 0.9
    assert correlation(swings(a), swings(b)) < 0.5
    assert correlation(swings(a), swings([x + 5 for x in a])) == pytest.approx(1.0)


def test_a_step_is_abrupt_and_a_slope_is_not() -> None:
    assert abrupt({m: 2.0 if m < 60 else 10.0 for m in range(120)}, level(2, 10, 60, 119))
    assert not abrupt({m: 1.0 + 0.05 * m for m in range(300)}, level(3, 12, 120, 299))


def test_a_model_change_shows_in_the_cost_where_the_old_pods_logs_are_gone() -> None:
    view = fleet({"a": lambda m: 3.0}, 120, 9, usd=0.002)
    tasks = view.meters.tasks["a"]["success"]
    old = {m: v for m, v in view.meters.cost["a"].pop("claude-sonnet-4").items() if m < 40}
    new = {m: 0.06 * tasks[m] for m in range(40, 120)}
    view.meters.cost["a"] = {"claude-haiku-4-5": old, "claude-opus-4-1": new}
    logged = {m: 2 * n for m, n in tasks.items() if m >= 40}
    view.memo["spending"] = {
        "a": Spending(
            "a",
            tasks=tasks,
            calls=logged,
            cost=new,
            cost_by_model={"claude-opus-4-1": new},
            calls_by_model={"claude-opus-4-1": logged},
        )
    }
    found = causes_of(view)
    assert [(c.id, c.subject) for c in found] == [("model-change", "agent/a")]
    assert found[0].evidence[0].startswith("metrics: claude-opus-4-1")


def test_what_comes_after_the_stretch_is_not_the_usual() -> None:
    cost = {m: 0.1 if m < 40 else 2.0 if m < 55 else 0.6 for m in range(120)}
    assert dear_enough(Spending("a", cost=cost), level(0.1, 2.0, 40, 54), 119)


def logged(first: int) -> View:
    """An agent without metrics: its logs begin at a minute, and six times the calls come from minute 120 on."""
    rng = Random(4)
    cell = ("a", "a-1")
    calls = {
        m: LlmTotals(n, 0, 0, Decimal("0.03") * n, 0)
        for m in range(first, 180)
        if (n := poisson(rng, 12.0 if m >= 120 else 2.0))
    }
    activity = {cell: {m: Counts(2 * t.calls, 0, 0) for m, t in calls.items()}}
    return View(0, 179, digest=LogDigest(records=1000, activity=activity, llm={(*cell, "claude-sonnet-4"): calls}))


def test_logs_that_begin_with_a_restart_tell_no_surge() -> None:
    assert named(logged(0)) == {("traffic-surge", "agent/a")}
    assert named(logged(117)) == set()
