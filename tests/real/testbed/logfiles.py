"""Reads stamped log files the way a kubelet answers a log request.

A file has one line a record, each beginning with the RFC 3339 stamp that ``kubectl logs --timestamps`` prints. The order
of the options follows the kubelet: the tail is cut first, then lines before ``since`` are left out, then stamps are
dropped if they were not asked for, and at last the number of bytes is limited.
"""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass
from pathlib import Path

_STAMP = re.compile(rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d) ")
_NO_TIME = b"1970-01-01T00:00:00Z"


class BadQuery(Exception):
    """A log option that is not of its form; the text is the message for the client."""


@dataclass(frozen=True)
class Options:
    """What a log request asks for. ``since`` is in nanoseconds of Unix time, None for all."""

    tail: int | None = None
    since: int | None = None
    limit: int | None = None
    timestamps: bool = False
    follow: bool = False
    previous: bool = False

    @classmethod
    def parse(cls, query: dict[str, str], now: float) -> Options:
        """Reads the query string of a log request; raises BadQuery."""
        since = None
        if "sinceSeconds" in query:
            since = int((now - _number(query, "sinceSeconds")) * 1e9)
        elif "sinceTime" in query:
            since = nanoseconds(query["sinceTime"].encode() + b" ")
            if since is None:
                raise BadQuery(f"invalid sinceTime {query['sinceTime']!r}")
        return cls(
            tail=_number(query, "tailLines") if "tailLines" in query else None,
            since=since,
            limit=_number(query, "limitBytes") if "limitBytes" in query else None,
            timestamps=query.get("timestamps") == "true",
            follow=query.get("follow") == "true",
            previous=query.get("previous") == "true",
        )


def _number(query: dict[str, str], name: str) -> int:
    if not query[name].isdigit():
        raise BadQuery(f"invalid {name} {query[name]!r}")
    return int(query[name])


def nanoseconds(line: bytes) -> int | None:
    """Unix time of the stamp that ``line`` begins with, in nanoseconds; None if there is none."""
    match = _STAMP.match(line)
    if not match:
        return None
    zone = match[3].replace(b"Z", b"+00:00")
    whole = datetime.datetime.fromisoformat((match[1] + zone).decode())
    fraction = (match[2] or b".0")[1:10].ljust(9, b"0")
    return int(whole.timestamp()) * 1_000_000_000 + int(fraction)


def _tail(data: bytes, lines: int) -> bytes:
    if lines == 0:
        return b""
    end = len(data) - (1 if data.endswith(b"\n") else 0)
    for _ in range(lines):
        end = data.rfind(b"\n", 0, end)
        if end < 0:
            return data
    return data[end + 1 :]


def select(data: bytes, options: Options) -> bytes:
    """The bytes of a log file that the request asks for.

    A line without a stamp has the stamp of the line before it, as it was written in the same moment.
    """
    if options.tail is not None:
        data = _tail(data, options.tail)
    plain = options.since is None and options.timestamps
    out = data if plain else b"".join(_lines(data, options))
    return out if options.limit is None else out[: options.limit]


def _lines(data: bytes, options: Options) -> list[bytes]:
    kept: list[bytes] = []
    stamp, at = _NO_TIME, 0
    for line in re.findall(rb"[^\n]*\n|[^\n]+", data):
        match = _STAMP.match(line)
        if match:
            stamp, text = match[0][:-1], line[match.end() :]
            if options.since is not None:
                at = nanoseconds(line) or 0
        else:
            text = line
        if options.since is None or at >= options.since:
            kept.append(stamp + b" " + text if options.timestamps else text)
    return kept


def log_path(root: Path, namespace: str, pod: str, container: str, previous: bool = False) -> Path:
    """Where a container's log lies; the layout is that of a bundle."""
    return root / "logs" / namespace / pod / f"{container}{'.previous' if previous else ''}.log"
