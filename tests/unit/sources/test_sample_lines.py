"""Reading a stretch of a line gives what reading all of it gives."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentctl.sources import sample_lines
from agentctl.sources.sample_lines import stretch

_TIMES = st.lists(st.integers(0, 1000), max_size=60, unique=True).map(sorted)


@settings(max_examples=300)
@given(_TIMES, st.integers(-5, 1005), st.integers(-5, 1005), st.sampled_from([(",", ":"), (", ", ": ")]), st.booleans())
def test_a_stretch_is_what_the_whole_holds_of_it(
    times: list[int], since: int, until: int, separators: tuple[str, str], fractions: bool
) -> None:
    values = [[t + 0.5 if fractions else t, f"{t}.25"] for t in times]
    line = (
        json.dumps({"metric": {"__name__": "m", "a": '[["values"]]'}, "values": values}, separators=separators).encode()
        + b"\n"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sample_lines, "WORTH_IT", 0)
        found = stretch(line, since, until)
    if found is not None:
        assert found["metric"] == {"__name__": "m", "a": '[["values"]]'}
        assert found["values"] == [v for v in values if since < v[0] <= until]
    else:
        assert not times


@pytest.mark.parametrize(
    "line",
    [
        b'{"values": [[1, "2"], [2, "3"]], "metric": {}}',
        b'{"metric": {}, "values": [[1, "2"], [2, "3"]], "more": [[1]]}',
        b'{"metric": {}, "values": []}',
        b'{"metric": {}, "values": [[5, "2"], [4, "3"], [3, "3"], [2, "3"]]}',
        b"{}",
    ],
)
def test_other_forms_are_left_to_the_parser(line: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sample_lines, "WORTH_IT", 0)
    assert stretch(line, 0, 10) is None
