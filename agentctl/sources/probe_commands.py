"""The few commands that a probe may run in a pod: fixed words, nothing but the address varies, and nothing is changed by them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from agentctl.sources.kubernetes_exec import Ran
from agentctl.sources.probe_targets import Target

SECONDS = 5
MISSING = (126, 127)
# Asks once and prints "STATUS SECONDS"; an HTTP error status is an answer too.
_PYTHON_HTTP = """
import sys, time, urllib.request, urllib.error
class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *a): return None
t = time.monotonic()
try: status = urllib.request.build_opener(Stay).open(sys.argv[1], timeout=float(sys.argv[2])).status
except urllib.error.HTTPError as e: status = e.code
except Exception as e: sys.exit(str(e))
print(status, time.monotonic() - t)
"""
_PYTHON_TCP = """
import socket, sys, time
t = time.monotonic()
host, port, kind = sys.argv[1], int(sys.argv[2]), sys.argv[3]
try:
    s = socket.create_connection((host, port), float(sys.argv[4])); s.settimeout(float(sys.argv[4]))
    ask = {"redis": b"PING\\r\\n", "postgres": b"\\0\\0\\0\\x08\\x04\\xd2\\x16\\x2f"}.get(kind)
    good = {"redis": (b"+", b"-NOAUTH"), "postgres": (b"S", b"N")}.get(kind)
    if ask:
        s.sendall(ask); said = s.recv(64)
        if not said.startswith(good): sys.exit("not a " + kind + " server")
except Exception as e: sys.exit(str(e))
print(0, time.monotonic() - t)
"""


class Command(NamedTuple):
    """Words to run, and how to read what they said: (status or None, seconds or None)."""

    words: tuple[str, ...]
    read: Callable[[Ran], tuple[int | None, float | None]]


def commands(target: Target) -> Iterator[Command]:
    """The commands that answer for a target, the likeliest first; the next is tried where an image lacks one."""
    if target.scheme in ("http", "https"):
        form = "%{http_code} %{time_total}"
        yield Command(
            ("curl", "-s", "-o", "/dev/null", "-w", form, "--max-time", str(SECONDS), "--", target.url), _status
        )
        yield Command(("python3", "-c", _PYTHON_HTTP, target.url, str(SECONDS)), _status)
        yield Command(("wget", "-q", "-T", str(SECONDS), "-O", "/dev/null", "--", target.url), lambda ran: (None, None))
        return
    yield Command(("python3", "-c", _PYTHON_TCP, target.host, str(target.port), kind_of(target), str(SECONDS)), _tcp)
    yield Command(("nc", "-z", "-w", str(SECONDS), target.host, str(target.port)), lambda ran: (None, None))


def kind_of(target: Target) -> str:
    """`redis`, `postgres` or `tcp`."""
    if target.scheme.startswith("redis"):
        # A TLS Redis does not answer in the clear: only the port is tried.
        return "redis" if target.scheme == "redis" else "tcp"
    return "postgres" if target.scheme.startswith("postgres") else "tcp"


def _status(ran: Ran) -> tuple[int | None, float | None]:
    words = ran.stdout.split()
    try:
        return int(words[0]) or None, float(words[1])
    except (IndexError, ValueError):
        return None, None


def _tcp(ran: Ran) -> tuple[int | None, float | None]:
    return None, _status(ran)[1] if ran.stdout else None
