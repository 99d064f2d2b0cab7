"""A false front before a real server: what it is told to spoil it answers itself, all else the real server answers.

Unlike ``links.Link`` it speaks HTTP, so it can spoil some paths only, or everything from the n-th request on. It is
always plain HTTP, also before a server that speaks TLS; what a client sends as its credentials goes on to the server.
"""

from __future__ import annotations

import contextlib
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import requests

_HOP = {"connection", "transfer-encoding", "content-length", "content-encoding", "host", "accept-encoding", "date"}
_LOGIN = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body>SSO</body></html>"
_HALF = b'{"kind": "PodList", "status": "success", "items": [{"metadata": {"name": "x'

# Answers a request in the server's stead.
Fault = Callable[["Handler"], None]


@dataclass
class Front:
    """``fault`` spoils requests whose path and query match ``paths``, the first ``spared`` of them excepted.

    ``clock`` seconds are added to the Date of answers that pass.
    """

    url: str
    target: str
    authority: Path | None = None
    paths: str = ""
    fault: Fault | None = None
    spared: int = 0
    clock: float = 0.0
    asked: list[str] = field(default_factory=list)

    def spoil(self, fault: Fault | None, paths: str = "", spared: int = 0) -> None:
        """Sets the fault; None heals."""
        self.fault, self.paths, self.spared = fault, paths, spared


class Handler(BaseHTTPRequestHandler):
    """One connection to the front."""

    protocol_version = "HTTP/1.1"
    front: Front

    def log_message(self, *_: Any) -> None:
        """Says nothing."""

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The front's own clock."""
        return formatdate(time.time() + self.front.clock, usegmt=True)

    def do_GET(self) -> None:
        """Spoils the request or passes it on."""
        size = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(size)
        front = self.front
        front.asked.append(self.path)
        with contextlib.suppress(OSError):
            if front.fault is not None and re.search(front.paths, self.path):
                if front.spared <= 0:
                    self.close_connection = True
                    front.fault(self)
                    return
                front.spared -= 1
            self._pass_on(body)

    do_POST = do_GET

    def _pass_on(self, body: bytes) -> None:
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _HOP}
        verify = str(self.front.authority) if self.front.authority else True
        with requests.Session() as session:
            session.trust_env = False
            answer = session.request(
                self.command, self.front.target + self.path, data=body, headers=headers, timeout=60, verify=verify,
                allow_redirects=False,
            )  # fmt: skip
        self.say(answer.status_code, answer.content, **{"Content-Type": answer.headers.get("Content-Type", "")})

    def say(self, status: int, body: bytes, **headers: str) -> None:
        """One whole answer."""
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)


def status(code: int, **headers: str) -> Fault:
    """This status, its text an indiscreet one: it repeats the credentials that came with the request."""
    return lambda handler: handler.say(
        code, f"refused: Authorization: {handler.headers.get('Authorization', '-')}\n".encode(), **headers
    )


def login_page(handler: Handler) -> None:
    """What a single sign-on puts in front of everything: a web page, with status 200."""
    handler.say(200, _LOGIN, Content_Type="text/html; charset=utf-8")


def half(handler: Handler) -> None:
    """A body that breaks off before the length that was promised."""
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    handler.wfile.write(_HALF)


def endless(handler: Handler) -> None:
    """A body that comes in drops for as long as anybody listens."""
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", "100000000")
    handler.end_headers()
    until = time.monotonic() + 120
    while time.monotonic() < until:
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.05)


def silence(handler: Handler) -> None:
    """No answer for as long as anybody waits, two minutes at most."""
    handler.connection.settimeout(120)
    handler.rfile.read(1)


def hang_up(handler: Handler) -> None:
    """The connection closes with no answer, as when the server has died."""
    handler.connection.close()


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass


@contextmanager
def front(target: str, authority: Path | None = None) -> Iterator[Front]:
    """A front before the server at ``target``, whose certificate ``authority`` has signed."""
    made = Front("", target, authority)
    server = _Quiet(("127.0.0.1", 0), type("Bound", (Handler,), {"front": made}))
    made.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
