"""The parts of the bed that decide something on their own: which log lines are served, and what a missing server means."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from testbed import binaries
from testbed.bundles import entries
from testbed.conditions import is_required
from testbed.logfiles import BadQuery, Options, nanoseconds, select

texts = st.lists(st.text(st.characters(exclude_characters="\n", codec="utf-8"), min_size=1, max_size=20), max_size=12)


def stamped(lines: list[str], start: int = 1_772_000_000) -> list[bytes]:
    """Each line with a stamp one second after that of the line before it."""
    stamps = [datetime.datetime.fromtimestamp(start + number, datetime.UTC) for number in range(len(lines))]
    return [f"{at:%Y-%m-%dT%H:%M:%S}.000000007Z {line}\n".encode() for at, line in zip(stamps, lines, strict=True)]


class TestSelect:
    @given(texts)
    def test_everything_with_stamps_is_the_file_itself(self, lines: list[str]) -> None:
        data = b"".join(stamped(lines))
        assert select(data, Options(timestamps=True)) == data

    @given(texts)
    def test_without_stamps_only_the_text_is_left(self, lines: list[str]) -> None:
        data = b"".join(stamped(lines))
        assert select(data, Options()) == "".join(f"{line}\n" for line in lines).encode()

    @given(texts, st.integers(0, 15))
    def test_the_tail_is_the_last_lines(self, lines: list[str], tail: int) -> None:
        rows = stamped(lines)
        wanted = b"".join(rows[len(rows) - min(tail, len(rows)) :])
        assert select(b"".join(rows), Options(tail=tail, timestamps=True)) == wanted

    @given(texts, st.integers(-2, 14))
    def test_since_takes_the_lines_from_that_second_on(self, lines: list[str], second: int) -> None:
        rows = stamped(lines)
        options = Options(since=(1_772_000_000 + second) * 1_000_000_000, timestamps=True)
        assert select(b"".join(rows), options) == b"".join(rows[max(second, 0) :])

    def test_a_line_without_a_stamp_belongs_to_the_one_before(self) -> None:
        data = b"2026-02-25T06:13:20Z Traceback\n  File x\n2026-02-25T06:13:21Z next\n"
        shown = select(data, Options(timestamps=True, since=nanoseconds(b"2026-02-25T06:13:20Z ")))
        assert shown == data.replace(b"  File", b"2026-02-25T06:13:20Z   File")
        assert [at for at, _ in entries(data)] == [1_772_000_000_000_000_000] * 2 + [1_772_000_001_000_000_000]

    def test_offsets_and_fractions(self) -> None:
        assert nanoseconds(b"2026-02-25T08:13:20.1+02:00 x") == 1_772_000_000_100_000_000
        assert nanoseconds(b"2026-02-25 08:13:20 x") is None

    @pytest.mark.parametrize("query", [{"tailLines": "-1"}, {"sinceTime": "yesterday"}, {"limitBytes": "many"}])
    def test_bad_options_are_refused(self, query: dict[str, str]) -> None:
        with pytest.raises(BadQuery):
            Options.parse(query, now=0.0)


class TestMissingServers:
    def test_the_reason_of_the_build_is_told(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AGENTCTL_TESTBED_CACHE", str(tmp_path))
        monkeypatch.setenv("PATH", str(tmp_path))
        with pytest.raises(binaries.Missing, match=r"build\.py jaeger"):
            binaries.find("jaeger")
        (tmp_path / "status.json").write_text('{"jaeger": {"ok": false, "reason": "go is not on this machine"}}')
        with pytest.raises(binaries.Missing, match="go is not on this machine"):
            binaries.find("jaeger")

    @pytest.mark.parametrize(
        ("asked", "required"),
        [("", set()), ("0", set()), ("1", {"kubernetes", "prometheus"}), ("loki, jaeger", {"loki", "jaeger"})],
    )
    def test_what_is_required(self, asked: str, required: set[str]) -> None:
        names = {"kubernetes", "prometheus", "loki", "jaeger", "victoria-metrics"}
        assert {name for name in names if is_required(name, asked)} == required

    def test_a_name_that_no_server_has_is_an_error(self) -> None:
        with pytest.raises(ValueError, match="kubernets"):
            is_required("loki", "kubernets")
