"""Whose a traceback is, and what counts as a record."""

import pytest

from agentctl.analysis.logs.records import records
from agentctl.analysis.logs.tracebacks import last_error
from agentctl.model.records import Origin

ORIGIN = Origin(agent="triage", pod="triage-1")
TRACE = (
    'Traceback (most recent call last):\n  File "a.py", line 3, in run\n    raise ValueError(17)\nValueError: bad 17'
)
CHAINED = (
    TRACE
    + "\n\nDuring handling of the above exception, another exception occurred:\n\n"
    + TRACE.replace("ValueError", "RuntimeError")
)
GROUP = (
    '  + Exception Group Traceback (most recent call last):\n  |   File "a.py", line 1\n  | ExceptionGroup: two (2 sub-exceptions)\n'
    "  +-+---------------- 1 ----------------\n    | ValueError: 1\n    +------------------------------------"
)
JAVA = "java.lang.IllegalStateException: x\n\tat com.foo.Bar.run(Bar.java:12)\nCaused by: java.io.IOException: y\n\t... 3 more"


def read(text):
    return [(r.level, r.message.split("\n")[0], bool(r.traceback)) for r in records([text.encode()], ORIGIN)]


def stamped(text, second=0):
    return "\n".join(f"2026-03-03T12:00:{second:02d}.{i:03d}Z {line}" for i, line in enumerate(text.split("\n")))


@pytest.mark.parametrize("trace", [TRACE, CHAINED, GROUP, JAVA])
@pytest.mark.parametrize("form", [str, stamped])
@pytest.mark.parametrize(
    "head",
    ["ERROR:a:Task failed", "2026-03-03 12:00:00,1 - a - CRITICAL - Task failed", "WARNING:a:Attempt 1 failed: x"],
)
def test_a_traceback_belongs_to_the_record_that_announces_it(trace, form, head):
    found = read(form(f"INFO:a:before\n{head}\n{trace}\nINFO:a:after"))
    assert [(level, has) for level, _, has in found] == [("INFO", False), (found[1][0], True), ("INFO", False)]
    assert found[1][0] in head


@pytest.mark.parametrize("trace", [TRACE, CHAINED, GROUP, JAVA])
@pytest.mark.parametrize("form", [str, stamped])
@pytest.mark.parametrize("before", ["", "INFO:a:before\n", "plain text\n", "ERROR:a:x\nINFO:a:between\n"])
def test_a_traceback_that_nobody_announces_is_an_error_of_its_own(trace, form, before):
    found = read(form(f"{before}{trace}\nINFO:a:after"))
    assert [level for level, _, _ in found].count("ERROR") == 1 + before.count("ERROR")
    own = next(f for f in found if f[2])
    assert own[0] == "ERROR"
    assert ":" in own[1]


def test_two_tracebacks_after_one_record_are_two_errors():
    found = read(f"ERROR:a:Task failed\n{TRACE}\n{TRACE}\n{GROUP}")
    assert [level for level, _, _ in found] == ["ERROR"] * 3


def test_an_error_from_long_before_announces_nothing():
    found = read(stamped("ERROR:a:old", 0) + "\n" + stamped(TRACE, 50))
    assert found == [("ERROR", "old", False), ("ERROR", "ValueError: bad 17", True)]


def test_the_line_that_names_the_thread_and_its_traceback_are_one_error():
    assert read(f"INFO:a:x\nException in thread Thread-1 (work):\n{TRACE}") == [
        ("INFO", "x", False),
        ("ERROR", "ValueError: bad 17", True),
    ]


def test_what_asyncio_adds_belongs_to_its_record():
    found = read(
        f"ERROR:asyncio:Task exception was never retrieved\nfuture: <Task finished name='Task-1'>\n{TRACE}\nINFO:a:x"
    )
    assert found == [("ERROR", "Task exception was never retrieved", True), ("INFO", "x", False)]


def test_another_process_in_the_middle_of_a_traceback():
    head, tail = TRACE.split("\n")[:2], TRACE.split("\n")[2:]
    found = read("\n".join(["ERROR:a:failed", *head, "INFO:b:other", *tail, "INFO:a:after"]))
    assert sorted(found, key=str) == sorted(
        [("INFO", "other", False), ("ERROR", "failed", True), ("INFO", "after", False)], key=str
    )


def test_a_traceback_whose_head_was_cut_off():
    assert read("\n".join(TRACE.split("\n")[1:]) + "\nINFO:a:x") == [
        ("ERROR", "ValueError: bad 17", True),
        ("INFO", "x", False),
    ]


def test_an_exception_named_in_passing_is_a_plain_record():
    assert read("INFO:a:x\nTypeError: said so\nINFO:a:y") == [
        ("INFO", "x", False),
        (None, "TypeError: said so", False),
        ("INFO", "y", False),
    ]


def test_javascript():
    assert read("Error: cannot find\n    at run (a.js:1:1)\nINFO:a:y") == [
        ("ERROR", "Error: cannot find", True),
        ("INFO", "y", False),
    ]


def test_indented_lines_go_on_with_the_record_before():
    assert [(r.level, r.message) for r in records([b"INFO:a:body\n  {\n    1\n  }\nINFO:a:x"], ORIGIN)] == [
        ("INFO", "body\n  {\n    1\n  }"),
        ("INFO", "x"),
    ]


@pytest.mark.parametrize(
    ("trace", "end"),
    [
        (TRACE, "ValueError: bad 17"),
        (CHAINED, "RuntimeError: bad 17"),
        (GROUP, "ExceptionGroup: two (2 sub-exceptions)"),
        (JAVA, "java.io.IOException: y"),
        ("nothing of the kind", ""),
    ],
)
def test_the_last_error_of_a_traceback(trace, end):
    assert last_error(trace) == end


def test_endless_tracebacks_are_kept_short():
    frames = "".join(f'  File "a.py", line {i}, in f\n' for i in range(50_000))
    (record,) = records(
        [f"ERROR:a:deep\nTraceback (most recent call last):\n{frames}RecursionError: too deep".encode()], ORIGIN
    )
    assert record.traceback.count("\n") < 500
    assert last_error(record.traceback) == "RecursionError: too deep"
