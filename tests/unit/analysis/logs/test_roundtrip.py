"""Known records, written in each form and cut into chunks anywhere, come back as they were."""

import json
import logging
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentctl.analysis.logs.records import records
from agentctl.model.records import Origin

ORIGIN = Origin(agent="triage", pod="triage-1")
TRACE = 'Traceback (most recent call last):\n  File "a.py", line 3, in run\n    go()\nValueError: bad'
MONTH = 1772323200

levels = st.sampled_from(["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"])
texts = st.from_regex(r"[A-Z][a-z]{1,9}( [a-z_]{1,9}){0,6}( \d{1,4})?", fullmatch=True)
entries = st.lists(
    st.tuples(st.integers(MONTH * 1000, MONTH * 1000 + 10**9), levels, texts, st.booleans()), max_size=12
)


def day(millis, separator=" ", point=","):
    from datetime import UTC, datetime

    moment = datetime.fromtimestamp(millis // 1000, UTC)
    return moment.strftime(f"%Y-%m-%d{separator}%H:%M:%S") + f"{point}{millis % 1000:03d}"


FORMS = {
    "dashes": lambda t, level, m: f"{day(t)} - agent.core - {level} - {m}",
    "padded": lambda t, level, m: f"{day(t)} {level:<8} {m}",
    "brackets": lambda t, level, m: f"[{day(t)}] [{level}] {m}",
    "iso": lambda t, level, m: f"{day(t, 'T', '.')}Z {level} {m}",
    "loguru": lambda t, level, m: f"{day(t, ' ', '.')} | {level:<8} | pkg.mod:run:17 - {m}",
    "stamped-default": lambda t, level, m: f"{day(t, 'T', '.')}000000Z {level}:agent.core:{m}",
    "json": lambda t, level, m: json.dumps({"timestamp": day(t, "T", ".") + "Z", "level": level.lower(), "message": m}),
    "json-ms": lambda t, level, m: json.dumps({"time": t, "severity": level, "msg": m}),
    "logfmt": lambda t, level, m: f'ts={day(t, "T", ".")}Z level={level.lower()} msg="{m}"',
}


def cut(data, sizes):
    at, out = 0, []
    for size in sizes:
        out.append(data[at : at + size])
        at += size
    return [*out, data[at:]]


@pytest.mark.parametrize("form", FORMS)
@given(
    entries=entries,
    sizes=st.lists(st.integers(0, 200), max_size=20),
    end=st.sampled_from(["\n", "\r\n"]),
    last=st.booleans(),
)
def test_records_come_back(form, entries, sizes, end, last):
    lines, expected = [], []
    for time, level, message, traced in entries:
        traced = traced and level in ("ERROR", "CRITICAL") and not form.startswith(("json", "logfmt"))
        stamp = f"{day(time, 'T', '.')}000000Z " if form.startswith("stamped") else ""
        lines.append(FORMS[form](time, level, message))
        lines += [stamp + line for line in TRACE.split("\n")] if traced else []
        expected.append((time, level, message, TRACE if traced else None))
    data = (end.join(lines) + (end if last else "")).encode()
    found = [(round((r.time or 0) * 1000), r.level, r.message, r.traceback) for r in records(cut(data, sizes), ORIGIN)]
    assert found == expected


@pytest.mark.parametrize(
    "layout",
    [
        logging.BASIC_FORMAT,
        "%(asctime)s - %(name)s - %(levelname)s - %(message)s",
        "%(asctime)s %(levelname)s %(name)s: %(message)s",
        "%(asctime)s %(name)s %(levelname)s %(message)s",
        "%(asctime)s %(levelname)-8s [%(name)s] %(message)s",
        "%(asctime)s [%(levelname)s] %(name)s: %(message)s",
        "[%(asctime)s] [%(process)d] [%(levelname)s] %(message)s",
        "[%(asctime)s] %(levelname)s in %(module)s: %(message)s",
        "%(levelname)s: %(message)s",
        "%(levelname)8s %(message)s",
        "%(levelname)s %(asctime)s %(message)s",
        "%(asctime)s|%(levelname)s|%(name)s|%(message)s",
        "%(asctime)s %(levelname)s [%(name)s] [%(filename)s:%(lineno)d] [trace_id=4bf92f3577b34da6 span_id=0 resource.service.name=x] - %(message)s",
    ],
)
def test_what_pythons_logging_really_writes(layout):
    stream = StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter(layout))
    logger = logging.Logger("enterprise-agent")
    logger.addHandler(handler)
    logger.debug("starting %d", 1)
    logger.info("the tool said ERROR")
    try:
        try:
            raise ValueError("inner 17")
        except ValueError as error:
            raise RuntimeError("outer") from error
    except RuntimeError:
        logger.exception("Task failed")
    try:
        raise ExceptionGroup("two", [KeyError("a"), OSError(111, "refused")])
    except ExceptionGroup:
        logger.critical("Group failed", exc_info=True)
    logger.warning("low on budget")
    found = list(records([stream.getvalue().encode()], ORIGIN))
    assert [r.level for r in found] == ["DEBUG", "INFO", "ERROR", "CRITICAL", "WARNING"]
    assert "direct cause" in (found[2].traceback or "")
    assert (found[2].traceback or "").endswith("RuntimeError: outer")
    assert "ExceptionGroup: two (2 sub-exceptions)" in (found[3].traceback or "")
    assert all(
        r.message.endswith(end)
        for r, end in zip(found, ["starting 1", "ERROR", "Task failed", "Group failed", "low on budget"], strict=True)
    )


@given(st.lists(st.binary(max_size=60), max_size=30))
def test_any_bytes_are_read_and_the_chunks_make_no_difference(pieces):
    whole = list(records([b"".join(pieces)], ORIGIN))
    assert list(records(pieces, ORIGIN)) == whole
