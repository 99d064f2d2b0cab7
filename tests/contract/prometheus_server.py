"""A loopback server that answers as a Prometheus does on its worst days."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

EMPTY = {"status": "success", "data": {"resultType": "vector", "result": []}}


@dataclass
class Asked:
    """One request as it came in."""

    method: str
    path: str
    query: str
    form: dict[str, str]
    headers: dict[str, str]


@dataclass
class Faulty:
    """A running server. `asked` are the requests so far."""

    url: str
    asked: list[Asked] = field(default_factory=list)


Answer = Callable[[BaseHTTPRequestHandler, Asked], None]


def reply(status: int, body: Any, *, length: int | None = None, **headers: str) -> Answer:
    """An answer; `length` claims another Content-Length than the body has."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()

    def answer(handler: BaseHTTPRequestHandler, _: Asked) -> None:
        handler.send_response(status)
        handler.send_header("Connection", "close")
        handler.send_header("Content-Length", str(len(raw) if length is None else length))
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(raw)

    return answer


def trickle(chunked: bool) -> Answer:
    """A body that never ends, a byte at a time."""

    def answer(handler: BaseHTTPRequestHandler, _: Asked) -> None:
        handler.send_response(200)
        handler.send_header(*(("Transfer-Encoding", "chunked") if chunked else ("Content-Length", "1000000")))
        handler.end_headers()
        try:
            while True:
                handler.wfile.write(b"1\r\n \r\n" if chunked else b" ")
                handler.wfile.flush()
                time.sleep(0.02)
        except OSError:
            return

    return answer


def silence(handler: BaseHTTPRequestHandler, _: Asked) -> None:
    """No answer at all for as long as anybody waits."""
    handler.rfile.read(1)


def hang_up(handler: BaseHTTPRequestHandler, _: Asked) -> None:
    """The connection closes with no answer."""
    handler.connection.close()


@contextmanager
def serving(answer: Answer) -> Iterator[Faulty]:
    """A server on a free loopback port that answers everything so."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _any(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            form = {k: v[0] for k, v in parse_qs(self.rfile.read(size).decode()).items()}
            parts = urlsplit(self.path)
            asked = Asked(self.command, parts.path, parts.query, form, {k.lower(): v for k, v in self.headers.items()})
            state.asked.append(asked)
            self.close_connection = True
            answer(self, asked)

        do_GET = do_POST = _any

        def log_message(self, *_: Any) -> None:
            return

    class Quiet(ThreadingHTTPServer):
        request_queue_size = 64

        def handle_error(self, *_: Any) -> None:
            return

    server = Quiet(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    state = Faulty(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
