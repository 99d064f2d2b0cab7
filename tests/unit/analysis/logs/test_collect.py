"""Several streams become one digest; what fails, hangs or is late is named, the others stand."""

import gzip
import threading
import time
from dataclasses import fields
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentctl.analysis.logs import collect as collecting
from agentctl.analysis.logs.collect import collect
from agentctl.analysis.logs.digest import OTHER, LogDigest
from agentctl.analysis.logs.groups import merge_groups
from agentctl.analysis.logs.merge import merge
from agentctl.analysis.logs.sized import starts_record
from agentctl.analysis.logs.stream import plain_digest
from agentctl.model.errors import SourceError
from agentctl.model.records import Origin
from agentctl.model.report import Window
from agentctl.sources.logfiles import FileStream


class Live:
    """A stream as a server sends it: chunks, then perhaps a failure or a long silence."""

    def __init__(self, pod, *chunks, failure=None, silent=None):
        self.origin = Origin("triage", "agents", pod, "agent")
        self._chunks, self._failure, self._silent = chunks, failure, silent

    def chunks(self):
        yield from self._chunks
        if self._silent is not None:
            self._silent.wait(30)
        if self._failure:
            raise self._failure


def test_streams_add_up():
    digest, notes = collect([Live(f"p{i}", b"INFO:a:x\nERR", b"OR:a:Tool x failed %d\n" % i) for i in range(50)])
    assert (digest.records, digest.errors, notes) == (100, 50, ())
    (group,) = digest.groups
    assert group.count == 50
    assert len(group.cells) == 50


def test_a_failing_stream_is_named_and_what_came_before_stands():
    bad = Live(
        "p-bad",
        b"ERROR:a:first\nERROR:a:second\nERROR:a:thi",
        failure=SourceError("gone", "the pod was deleted", "look at --previous"),
    )
    digest, notes = collect([Live("p1", b"ERROR:a:x\n"), bad])
    assert digest.errors == 4
    (note,) = notes
    assert note.code == "gone"
    assert "p-bad" in note.message
    assert note.hint


def test_a_hanging_stream_does_not_hold_up_the_others():
    silent = threading.Event()
    started = time.monotonic()
    digest, notes = collect(
        [Live("p-hangs", b"ERROR:a:before\n", silent=silent), Live("p1", b"ERROR:a:x\n")],
        late=lambda: time.monotonic() - started > 0.3,
    )
    silent.set()
    assert digest.errors == 2
    assert [(n.code, "p-hangs" in n.message) for n in notes] == [("timeout", True)]


def test_when_it_is_late_from_the_start_every_stream_is_named():
    digest, notes = collect([Live("p1", b"ERROR:a:x\n"), Live("p2", b"ERROR:a:x\n")], late=lambda: True)
    assert digest.records == 0
    assert len(notes) == 2


def test_a_bug_in_a_source_is_not_hidden():
    with pytest.raises(ZeroDivisionError):
        collect([Live("p1", b"x\n", failure=ZeroDivisionError())])


def test_no_streams_are_an_empty_digest():
    assert collect([]) == (LogDigest(), ())


def test_the_window_is_open_at_its_start_and_closed_at_its_end():
    noon = datetime(2026, 3, 3, 12, tzinfo=UTC)
    lines = [b"2026-03-03T12:00:0%dZ INFO:a:x\n" % s for s in range(6)] + [b"INFO:a:without a time\n"]
    digest, _ = collect([Live("p1", *lines)], Window(noon.replace(second=1), noon.replace(second=4)))
    assert (digest.records, digest.outside, digest.undated, digest.lines) == (4, 3, 1, 7)
    assert digest.first_time == noon.timestamp() + 2
    assert digest.last_time == noon.timestamp() + 4


def _log(count):
    parts = []
    for i in range(count):
        stamp = f"2026-03-03T{i // 3600 % 24:02d}:{i // 60 % 60:02d}:{i % 60:02d}Z "
        text = [
            f"INFO:a:TOOL_CALL: search_kb query={i}",
            f"INFO:a:LLM_CALL model=m input_tokens={i} output_tokens=2 cost=$0.{i:06d}",
            "INFO:a:done",
        ][i % 3]
        parts.append(stamp + text)
        if i % 7 == 0:
            parts += [
                stamp + line
                for line in (
                    "ERROR:a:Task failed",
                    "Traceback (most recent call last):",
                    '  File "a.py", line 3',
                    f"ValueError: bad {i}",
                )
            ]
    return ("\n".join(parts) + "\n").encode()


def test_files_read_by_several_processes_say_the_same(tmp_path, monkeypatch):
    monkeypatch.setattr(collecting, "MIN_BYTES", 0)
    (tmp_path / "a.log").write_bytes(_log(4000))
    (tmp_path / "b.log.gz").write_bytes(gzip.compress(_log(500)))
    streams = [
        FileStream(Origin("triage", pod="p1", file="a.log"), tmp_path / "a.log"),
        FileStream(Origin("billing", pod="p2", file="b.log.gz"), tmp_path / "b.log.gz"),
        FileStream(Origin("billing", pod="p3", file="c.log"), tmp_path / "missing.log"),
    ]
    alone, notes = collect(streams, processes=1)
    several, same_notes = collect(streams, processes=2)
    assert alone == several
    assert notes == same_notes
    assert [n.code for n in notes] == ["missing"]


@pytest.mark.parametrize("size", [1, 500, 5_000, 60_000, 10**7])
def test_the_parts_of_a_file_hold_every_record_once(tmp_path, size):
    data = _log(400)
    (tmp_path / "a.log").write_bytes(data)
    parts = FileStream(Origin("triage", file="a.log"), tmp_path / "a.log").parts(size, starts_record)
    pieces = [b"".join(part.chunks()) for part in parts]
    assert b"".join(pieces) == data
    assert all(starts_record(p.split(b"\n")[0]) for p in pieces if p)


cells = st.lists(
    st.sampled_from(
        [
            "ERROR:a:x 1",
            "ERROR:a:y",
            "INFO:a:z",
            "INFO:a:TOOL_CALL: s q=1",
            "WARNING:a:Attempt 1 failed: w",
            "level=error msg=q trace_id=t1 run_id=r1",
        ]
    ),
    max_size=15,
)
parts = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.lists(st.tuples(st.integers(0, 300), cells.map(lambda c: c[0] if c else "INFO:a:i")), max_size=10),
    ),
    min_size=1,
    max_size=5,
)


@given(parts, st.randoms(use_true_random=False))
def test_merging_does_not_depend_on_the_order(streams, random):
    digests = []
    for at, (agent, lines) in enumerate(streams):
        data = "\n".join(f"2026-03-03T12:{s // 60:02d}:{s % 60:02d}Z {text}" for s, text in lines).encode()
        digests.append(plain_digest([data], Origin(f"agent-{agent}", pod=f"p{at}")))
    shuffled = list(digests)
    random.shuffle(shuffled)
    half = len(shuffled) // 2
    one, other = merge(digests), merge([merge(shuffled[:half]), merge(shuffled[half:])])
    for field in fields(LogDigest):
        assert getattr(one, field.name) == getattr(other, field.name), field.name
    assert one.errors == sum(g.count for g in one.groups)


def test_too_many_groups_become_one_and_the_counts_still_add_up():
    words = [f"{a}{b}{c}" for a in "abcdefgh" for b in "ijklmnop" for c in "qrstuvwx"]
    digest = plain_digest(["\n".join(f"ERROR:a:{w}" for w in words).encode()], Origin("a"))
    merged = merge_groups([digest.groups, digest.groups[:1]], limit=10)
    assert len(merged) == 10
    assert sum(g.count for g in merged) == len(words) + 1
    assert merged[0].template == OTHER
