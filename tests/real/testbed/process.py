"""Runs one server: free ports, a log file, a wait until it is ready, and a clean end."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_given_out: set[int] = set()


def free_port() -> int:
    """A TCP port on loopback that nobody listens on, and that this process has not given out before."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port: int = probe.getsockname()[1]
        if port not in _given_out:
            _given_out.add(port)
            return port


def _end_with_parent() -> None:
    """Runs in the child: a test run that is killed must not leave servers behind (Linux only)."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _tail(log: Path, lines: int = 15) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


def responds(url: str, context: ssl.SSLContext | None = None, headers: Mapping[str, str] | None = None) -> bool:
    """Whether a GET of ``url`` answers 200."""
    try:
        request = urllib.request.Request(url, headers=dict(headers or {}))
        with urllib.request.urlopen(request, timeout=2, context=context) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


@contextmanager
def server(
    argv: Sequence[object],
    log: Path,
    ready: Callable[[], bool],
    *,
    environment: Mapping[str, str] | None = None,
    seconds: float = 90,
) -> Iterator[subprocess.Popen[bytes]]:
    """Runs ``argv`` until the block ends; its output goes to ``log``.

    Raises RuntimeError with the end of the log when the server exits early or is not ready within ``seconds``.
    """
    # The death signal hangs on the thread that starts the child, so it is only safe on the main thread.
    on_main = sys.platform == "linux" and threading.current_thread() is threading.main_thread()
    with log.open("ab") as out:
        child = subprocess.Popen(
            [str(part) for part in argv],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            cwd=log.parent,
            env={**os.environ, **(environment or {})},
            start_new_session=True,  # Ctrl-C is for the test run; servers are stopped in order afterwards
            preexec_fn=_end_with_parent if on_main else None,
        )
    try:
        _await(child, log, ready, seconds)
        yield child
    finally:
        stop(child)


def _await(child: subprocess.Popen[bytes], log: Path, ready: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    name = Path(str(child.args[0] if isinstance(child.args, list) else child.args)).name
    while not ready():
        if child.poll() is not None:
            raise RuntimeError(f"{name} ended with {child.returncode} before it was ready:\n{_tail(log)}")
        if time.monotonic() > deadline:
            raise RuntimeError(f"{name} was not ready after {seconds:.0f} s:\n{_tail(log)}")
        time.sleep(0.05)


def stop(child: subprocess.Popen[bytes], seconds: float = 10) -> None:
    """Asks the server to end, and ends it by force after ``seconds``."""
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(seconds)
        except subprocess.TimeoutExpired:
            child.kill()
    child.wait()
