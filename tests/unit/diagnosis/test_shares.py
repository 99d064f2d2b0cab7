"""What share of the calls fails, and how many failed attempts a document allows."""

from __future__ import annotations

import pytest

from agentctl.diagnosis.causes.retry_storm import _bound
from agentctl.diagnosis.failing import _share
from agentctl.diagnosis.timeline import Episode

STRETCH = Episode(60, 89, 60.0, 60.0)
CELL = ("a", "p")


def test_a_call_that_is_logged_before_it_fails_counts_once() -> None:
    work = [dict.fromkeys(range(90), 2.0)]
    assert _share(STRETCH, {CELL: 60.0}, work, True) == 1.0
    assert _share(STRETCH, {CELL: 30.0}, work, True) == 0.5


def test_calls_that_go_on_being_logged_while_they_fail_are_the_calls_that_fail() -> None:
    assert _share(STRETCH, {CELL: 60.0}, [dict.fromkeys(range(90), 2.0)], False) == 1.0


def test_calls_that_are_logged_only_when_they_succeed_are_added_to_those_that_fail() -> None:
    work = [{m: 2.0 if m < 60 else 1.0 for m in range(90)}]
    assert _share(STRETCH, {CELL: 30.0}, work, False) == 0.5


def test_a_failure_that_is_written_twice_makes_no_share_above_one() -> None:
    assert _share(STRETCH, {CELL: 100.0}, [dict.fromkeys(range(90), 2.0)], True) == 1.0


def test_tasks_that_succeed_in_the_end_have_fewer_failed_attempts_than_tries() -> None:
    assert 3.0 < _bound(3, 0.0) < 4.0, (
        "four failed attempts a task are more than three retries allow, when the tasks succeed"
    )
    assert _bound(3, 1.0) > 4.0, "where every task fails, four failed attempts each are what the document allows"
    assert _bound(0, 0.0) == pytest.approx(2.5)
