"""Times in the tables of `diagnose`: short, and unambiguous."""

from __future__ import annotations

from datetime import UTC, datetime

from agentctl.model.report import Report, Target, Window
from agentctl.render.blocks import Table
from agentctl.render.views.diagnose import diagnose_view

FIRST, LAST = datetime(2026, 3, 3, 10, 0, 1, 123000, UTC), datetime(2026, 3, 3, 10, 59, 59, 999000, UTC)


def cells(start: datetime, end: datetime, last: datetime | None = LAST) -> list[str]:
    group = {"template": "boom", "count": 3, "agents": ["a"], "pods": ["p"], "firstSeen": FIRST, "lastSeen": last}
    report = Report("diagnose errors", Target("bundle", "b"), data={"groups": [group]}, window=Window(start, end))
    table = next(b for b in diagnose_view(report, False) if isinstance(b, Table))
    return [cell.text for cell in table.rows[0]]


def test_within_a_day_the_time_of_day_is_enough() -> None:
    shown = cells(datetime(2026, 3, 3, 10, tzinfo=UTC), datetime(2026, 3, 3, 11, tzinfo=UTC))
    assert "10:00:01Z" in shown
    assert "10:59:59Z" in shown


def test_over_several_days_the_day_stands_with_it() -> None:
    shown = cells(datetime(2026, 3, 2, 23, tzinfo=UTC), datetime(2026, 3, 3, 11, tzinfo=UTC))
    assert "03-03 10:00:01Z" in shown
    assert "03-03 10:59:59Z" in shown


def test_what_has_no_time_is_a_question_mark() -> None:
    assert "?" in cells(datetime(2026, 3, 3, 10, tzinfo=UTC), datetime(2026, 3, 3, 11, tzinfo=UTC), None)
