from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentctl.model.duration import format_duration, format_time, parse_duration, parse_time


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("15m", 900), ("1h30m", 5400), ("2d", 172800), ("1w", 604800), ("500ms", 0.5), ("1.5h", 5400)],
)
def test_durations_as_kubectl_and_prometheus_write_them(text: str, seconds: float) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "1", "h", "1h 30m", "-5m", "0s", "5 minutes", "1x", "1h30", "٣h", "9" * 30 + "y"])
def test_anything_else_is_refused_with_a_word_on_what_to_write(text: str) -> None:
    with pytest.raises(ValueError, match="duration"):
        parse_duration(text)


@given(st.integers(min_value=1, max_value=10**8))
def test_what_is_written_is_read_back_up_to_its_two_largest_units(seconds: int) -> None:
    back = parse_duration(format_duration(timedelta(seconds=seconds))).total_seconds()
    assert 0 <= seconds - back < max(seconds * 0.05, 1)


@given(st.datetimes(min_value=datetime(1970, 1, 2), max_value=datetime(2200, 1, 1)))
def test_times_survive_the_round_trip_to_the_millisecond(moment: datetime) -> None:
    moment = moment.replace(tzinfo=UTC)
    assert abs(parse_time(format_time(moment)) - moment) < timedelta(milliseconds=1)


def test_a_time_zone_is_converted_and_unix_seconds_are_read() -> None:
    assert parse_time("2026-03-03T12:00:00+02:00") == datetime(2026, 3, 3, 10, tzinfo=UTC)
    assert parse_time("1772532000") == datetime(2026, 3, 3, 10, tzinfo=UTC)
    with pytest.raises(ValueError, match="no time"):
        parse_time("yesterday")
