"""Where in time something stands out, and what is only chance."""

from __future__ import annotations

from random import Random

import pytest

from agentctl.diagnosis.timeline import correlation, episode, rise, steady, surprise


def test_an_episode_is_the_stretch_that_fails() -> None:
    calls = dict.fromkeys(range(60), 10.0)
    hits = dict.fromkeys(range(30, 45), 6.0) | {5: 1.0}
    found = episode(hits, calls, 0.05, 0.3)
    assert found is not None
    assert (found.start, found.end, found.hits) == (30, 44, 90.0)
    assert found.ratio == pytest.approx(0.6)
    assert found.ratio_outside == pytest.approx(1 / 450)


def test_quiet_minutes_do_not_cut_an_episode_in_two() -> None:
    found = episode({m: 3.0 for m in range(10, 30) if m % 3}, {m: 3.0 for m in range(60) if m % 3}, 0.05, 0.3)
    assert found is not None
    assert (found.start, found.end) == (10, 29)


def test_noise_at_the_usual_rate_is_no_episode_worth_the_name() -> None:
    rng = Random(1)
    calls = dict.fromkeys(range(600), 20.0)
    hits = {m: float(sum(rng.random() < 0.03 for _ in range(20))) for m in range(600)}
    found = episode(hits, calls, 0.05, 0.3)
    assert found is None or found.hits < 10


def test_a_rise_is_found_at_its_onset_against_what_was_before() -> None:
    amount = {m: 2.0 if m < 40 else 9.0 for m in range(60)}
    found = rise(amount, dict.fromkeys(range(60), 1.0), 0, 59, 2.5)
    assert found is not None
    assert (found.start, found.end, found.before, found.after) == (40, 59, 2.0, 9.0)
    assert found.factor == pytest.approx(4.5)


def test_a_fall_is_no_rise_of_the_time_before_it() -> None:
    amount = {m: 9.0 if m < 30 else 1.0 for m in range(60)}
    assert rise(amount, dict.fromkeys(range(60), 1.0), 0, 59, 2.5) is None


def test_chance_among_few_counts_does_not_surprise() -> None:
    few = rise({0: 1.0, 1: 0.0, 2: 0.0, 3: 1.0, 4: 2.0, 5: 1.0}, dict.fromkeys(range(6), 1.0), 0, 5, 2.0)
    many = rise({m: 5.0 if m < 30 else 25.0 for m in range(60)}, dict.fromkeys(range(60), 1.0), 0, 59, 2.0)
    assert few is None or surprise(few) < 3
    assert many is not None
    assert surprise(many) > 15


def test_one_slow_call_makes_no_level() -> None:
    calls = dict.fromkeys(range(60), 1.0)
    spike = dict.fromkeys(range(60), 0.2) | {50: 10.0}
    level = {m: 0.2 if m < 40 else 1.5 for m in range(60)}
    one, many = rise(spike, calls, 0, 59, 2.5), rise(level, calls, 0, 59, 2.5)
    assert many is not None
    assert steady(level, calls, many)
    assert one is None or not steady(spike, calls, one) or one.weight_after < 5


def test_correlation_is_one_of_the_same_and_none_of_a_line() -> None:
    assert correlation([1, 2, 3, 2, 5], [2, 4, 6, 4, 10]) == pytest.approx(1.0)
    assert correlation([1, 1, 1, 1, 1], [1, 2, 3, 4, 5]) == 0.0
