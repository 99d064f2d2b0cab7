"""One line: what the platform put before it (pod, time stamp, stream) and what the program wrote."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache

from agentctl.analysis.logs.fields import Fields, without_ansi
from agentctl.analysis.logs.structured import read_json, read_logfmt
from agentctl.analysis.logs.text import read_text
from agentctl.analysis.logs.times import STAMP, read_minute, read_offset
from agentctl.model.records import Origin

# `kubectl logs --prefix --timestamps` writes `[pod/NAME/CONTAINER] STAMP text`; the files of a CRI write `STAMP stdout F text`.
_BEFORE = re.compile(
    rf"(?:\[pod/([^/\]\s]+)/([^\]\s]+)\](?: |$))?(?:{STAMP}(?: (?:stdout|stderr) [FP](?= |$))?(?: |$))?", re.ASCII
)


def split_stamp(raw: bytes, origin: Origin) -> tuple[Origin, float | None, str]:
    """Where a line comes from, the platform's time stamp (unix seconds, None without one), and the program's own text."""
    text = raw.decode("utf-8", "replace")
    if not text.isprintable():
        # A byte order mark stands before the first line that some editors and shells write.
        text = without_ansi(text.rstrip("\r").lstrip("\0\ufeff"))
    before = _BEFORE.match(text)
    if before is None or before.end() == 0:
        return origin, None, text
    pod, container, minute, second, zone = before.groups()
    stamp = None
    if minute:
        start = read_minute(minute)
        if start is None or second >= "61":
            return origin, None, text
        stamp = start + float(second)
        if zone != "Z":
            stamp -= read_offset(zone)
    if pod and not origin.pod:
        origin = _of_pod(origin, pod, container)
    return origin, stamp, text[before.end() :]


@lru_cache(maxsize=8192)
def _of_pod(origin: Origin, pod: str, container: str) -> Origin:
    return replace(origin, agent=pod, pod=pod, container=container)


def read_fields(text: str, timed: bool = True) -> Fields:
    """What the program's text states, in whichever form it is; the time of a structured line only if `timed`."""
    head = text.lstrip()
    if head.startswith("{"):
        found = read_json(head, timed)
        if found is not None:
            return _docker(found) if "log" in (found.data or ()) else found
    elif "=" in head and not head.startswith("["):
        logfmt = read_logfmt(head.rstrip(), timed)
        if logfmt is not None:
            return logfmt
    return read_text(head)


def _docker(found: Fields) -> Fields:
    """Docker's json-file wraps the program's line: `{"log": "…", "stream": "stderr", "time": "…"}`."""
    data = found.data or {}
    log = data.get("log")
    if not isinstance(log, str) or "stream" not in data or len(data) > 4:
        return found
    inner = read_fields(log.rstrip("\n"))
    return inner._replace(time=found.time if found.time is not None else inner.time)
