"""The exact rise of a counter against a slow oracle, and the cases that `increase()` gets wrong."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentctl.analysis.counters import increase, notes_of, read_counters
from agentctl.model.money import Quality
from agentctl.model.observations import Sample, Series
from agentctl.model.report import Window

START, END = 10_000.0, 13_600.0
NAME = "agent_cost_total_usd_total"


def window(start: float = START, end: float = END) -> Window:
    return Window(datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC))


def series(*points: tuple[float, float], name: str = NAME, **labels: str) -> Series:
    return Series({"__name__": name, "agent_name": "triage"} | labels, tuple(Sample(*p) for p in points))


def born(at: float, *scrapes: float, **labels: str) -> Series:
    return series(*((t, at) for t in scrapes), name="agent_cost_total_usd_created", **labels)


def measure(*parts: Series) -> tuple[str, str]:
    figure = increase(parts, window())
    return (str(figure.value), figure.quality.value)


def test_the_baseline_is_the_last_sample_at_or_before_the_start() -> None:
    assert measure(series((9_940, 1.0), (10_000, 2.5), (10_060, 3.0), (13_600, 7.25))) == ("4.75", "exact")


def test_a_sample_after_the_end_does_not_count() -> None:
    assert measure(series((9_990, 1.0), (13_600, 2.0), (13_601, 50.0))) == ("1.0", "exact")


def test_a_restart_adds_the_new_value() -> None:
    assert measure(series((9_990, 100.0), (11_000, 104.0), (11_060, 0.5), (13_000, 2.0))) == ("6.0", "exact")


def test_no_baseline_and_no_birth_time_is_a_lower_bound() -> None:
    figure = increase([series((11_000, 500.0), (12_000, 501.5))], window())
    assert (figure.value, figure.quality, figure.reasons) == (
        Decimal("1.5"),
        Quality.LOWER_BOUND,
        ("baseline missing",),
    )


def test_a_series_born_inside_counts_from_zero() -> None:
    assert measure(series((11_000, 5.0), (12_000, 6.0)), born(10_950.5, 11_000, 12_000)) == ("6.0", "exact")


def test_a_single_sample_of_a_newborn_counts() -> None:
    assert measure(series((11_000, 3.2)), born(10_990, 11_000)) == ("3.2", "exact")


def test_a_birth_before_the_window_proves_nothing() -> None:
    assert measure(series((11_000, 500.0), (12_000, 501.5)), born(9_000, 11_000, 12_000)) == ("1.5", "lower-bound")


def test_the_birth_of_a_later_life_does_not_make_the_first_sample_newborn() -> None:
    parts = series((11_000, 500.0), (12_000, 1.0)), born(11_500, 12_000)
    assert measure(*parts) == ("1.0", "lower-bound")


def test_the_births_of_another_pod_do_not_count() -> None:
    assert measure(series((11_000, 5.0), pod="a"), born(10_950, 11_000, pod="b"))[1] == "lower-bound"


def test_a_restart_that_overtook_the_old_value_is_seen_by_its_birth_time() -> None:
    parts = series((9_990, 1.0), (10_500, 1.5), (11_000, 4.0)), born(9_000, 9_990, 10_500)
    assert measure(*parts, born(10_600, 11_000)) == ("4.5", "exact")


def test_a_fall_without_a_restart_adds_nothing_and_is_an_estimate() -> None:
    points = series((9_990, 100.0), (11_000, 101.0), (11_060, 100.9), (13_000, 102.0))
    assert measure(points, born(5_000, 9_990, 11_000, 11_060, 13_000)) == ("2.1", "estimated")


def test_a_birth_time_scraped_only_once_does_not_explain_a_fall_away() -> None:
    assert measure(series((9_990, 100.0), (11_000, 3.0)), born(5_000, 9_990)) == ("3.0", "exact")


def test_restarts_are_taken_per_series_not_after_summing() -> None:
    a = series((9_990, 1_000.0), (13_600, 1_001.0), pod="a")
    b = series((9_990, 700.0), (12_000, 0.25), pod="b")
    assert measure(a, b) == ("1.25", "exact")


@pytest.mark.parametrize("bad", [math.nan, math.inf, -1.0])
def test_samples_no_counter_can_have_are_left_out_and_said(bad: float) -> None:
    counters = read_counters([series((9_990, 1.0), (11_000, bad), (12_000, 3.0))], window())
    assert counters[0].increase(START, END).value == Decimal("2.0")
    assert any("left out" in n for n in notes_of(counters, START, END))


def test_two_scrapers_of_one_counter_are_counted_once() -> None:
    a = series((9_990, 1.0), (11_000, 2.0), (13_590, 4.0), prometheus_replica="a")
    b = series((9_995, 1.0), (11_005, 2.0), (13_595, 4.0), prometheus_replica="b")
    counters = read_counters([a, b], window())
    assert measure(a, b) == ("3.0", "exact")
    assert any("counted once" in n for n in notes_of(counters, START, END))


def test_replica_may_be_the_scraper_or_the_agents_own() -> None:
    same = [series((9_990 + i, 1.0), (11_000 + i, 2.0), replica=str(i)) for i in (0, 5)]
    own = [series((9_990, 1.0), (11_000, 2.0), replica="0"), series((9_990, 7.0), (11_000, 9.0), replica="1")]
    assert measure(*same) == ("1.0", "exact")
    assert measure(*own) == ("3.0", "exact")


def test_one_pod_scraped_by_two_jobs_is_counted_once() -> None:
    twice = [series((9_990 + i, 1.0), (11_000 + i, 2.0), pod="p", job=f"j{i}") for i in (0, 5)]
    assert measure(*twice) == ("1.0", "exact")
    # Without a pod or instance nothing says that it is the same one.
    apart = [series((9_990 + i, 1.0), (11_000 + i, 2.0), job=f"j{i}") for i in (0, 5)]
    assert measure(*apart) == ("2.0", "exact")


def test_one_counter_under_two_names_is_counted_once() -> None:
    short = series((9_990, 1.0), (11_000, 2.0), name="agent_cost_total_usd")
    assert measure(short, series((9_990, 1.0), (11_000, 2.0))) == ("1.0", "exact")


def test_a_metric_renamed_in_the_window_goes_on() -> None:
    old = series((9_990, 1.0), (11_000, 2.0), name="agent_cost_total_usd")
    assert measure(old, series((11_060, 0.5), (13_000, 1.0))) == ("2.0", "exact")


def test_the_same_series_in_two_lines_is_one() -> None:
    assert measure(series((9_990, 1.0), (11_000, 2.0)), series((11_000, 2.0), (12_000, 2.5))) == ("1.5", "exact")


def test_no_sample_in_the_window_is_unknown() -> None:
    assert measure(series((9_990, 1.0))) == ("None", "unknown")


def test_a_scrape_gap_around_the_start_makes_an_estimate() -> None:
    before = [(t, 1.0 + t / 1e6) for t in range(5_000, 8_001, 60)]
    after = [(t, 5.0 + t / 1e6) for t in range(11_000, 13_601, 60)]
    assert increase([series(*before, *after)], window()).quality is Quality.ESTIMATED
    flat = [(t, before[-1][1]) for t, _ in after]
    assert increase([series(*before, *flat)], window()) == increase([series((9_990, 1.0), (11_000, 1.0))], window())


def test_a_slow_rhythm_is_no_gap() -> None:
    assert measure(series(*((t, t / 1e3) for t in range(0, 13_601, 900)))) == ("3.6", "exact")


def test_samples_out_of_order_are_sorted() -> None:
    assert measure(series((12_000, 4.0), (9_990, 1.0), (11_000, 2.0))) == ("3.0", "exact")


def oracle(points: list[tuple[float, float]], start: float, end: float, birth: float | None) -> Decimal | None:
    """Every sample once, from the rule alone."""
    before = [v for t, v in points if t <= start]
    inside = [v for t, v in points if start < t <= end]
    if not inside:
        return None
    if before:
        previous, total = Decimal(repr(before[-1])), Decimal(0)
    elif birth is not None and birth > start:
        previous, total = Decimal(0), Decimal(0)
    else:
        previous, total = Decimal(repr(inside.pop(0))), Decimal(0)
    for value in map(Decimal, map(repr, inside)):
        total += value if value < previous else value - previous
        previous = value
    return total


steps = st.lists(
    st.tuples(st.integers(1, 900), st.one_of(st.none(), st.integers(0, 5_000_000))), min_size=1, max_size=30
)


@given(steps, st.integers(8_000, 14_000), st.integers(0, 2_000), st.booleans())
def test_any_history_agrees_with_the_oracle(moves: list, first: int, offset: int, has_birth: bool) -> None:
    time, value, points = float(first), 0.0, []
    for gap, move in moves:
        time += gap
        value = 0.0 if move is None else round(value + move / 1e6, 6)
        points.append((time, value))
    # A birth time that never changes would make a fall no restart, so it is given only where nothing falls.
    rising = all(a[1] <= b[1] for a, b in pairwise(points))
    birth = points[0][0] - offset if has_birth and rising else None
    parts = [series(*points)] + ([born(birth, *(t for t, _ in points))] if birth is not None else [])
    expected = oracle(points, START, END, birth)
    assert increase(parts, window()).value == expected


@given(steps, st.integers(1, 3_599))
def test_parts_of_a_window_add_up_to_the_whole(moves: list, cut: int) -> None:
    time, value, points = 9_000.0, 1.0, [(9_000.0, 1.0)]
    for gap, move in moves:
        time += gap
        value = 0.0 if move is None else round(value + move / 1e6, 6)
        points.append((time, value))
    middle = START + cut
    halves = [increase([series(*points)], window(*w)).known for w in ((START, middle), (middle, END))]
    assert sum(halves) == increase([series(*points)], window()).known
