"""A bad line in front of a good server: a TCP relay that can be slow, silent, cut or refused.

It does not look into what it carries, so it serves TLS as well; the bed's certificates are valid for any port.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

_CHUNK = 65536


@dataclass
class Link:
    """The line. ``url`` is the server's URL with the relay's port; faults hold for connections opened from then on."""

    url: str
    target: tuple[str, int]
    listener: socket.socket
    connections: int = 0
    delay: float = 0.0
    cut_after: int | None = None
    silent: bool = False
    refusing: bool = False
    _open: list[socket.socket] = field(default_factory=list)

    def fail(
        self, *, delay: float = 0.0, cut_after: int | None = None, silent: bool = False, refusing: bool = False
    ) -> None:
        """Sets the fault in force; without an argument the line is good again.

        ``delay`` seconds before the first answer; ``cut_after`` that many bytes from the server the connection is
        reset; ``silent`` accepts and never answers; ``refusing`` closes at once.
        """
        self.delay, self.cut_after, self.silent, self.refusing = delay, cut_after, silent, refusing

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            if self.refusing:
                _reset(client)
                continue
            threading.Thread(target=self._relay, args=(client,), daemon=True).start()

    def _relay(self, client: socket.socket) -> None:
        delay, left, silent = self.delay, self.cut_after, self.silent
        server = socket.create_connection(self.target)
        self._open += [client, server]
        if not silent:
            threading.Thread(target=_copy, args=(client, server), daemon=True).start()
        time.sleep(delay)
        with contextlib.suppress(OSError):
            while data := server.recv(_CHUNK):
                if silent:
                    continue
                client.sendall(data if left is None else data[:left])
                if left is not None:
                    left -= len(data)
                    if left <= 0:
                        _reset(client)
                        break
        for end in (client, server):
            _end(end, socket.SHUT_RDWR)

    def close(self) -> None:
        """Ends the relay and every connection through it."""
        _end(self.listener, socket.SHUT_RDWR)
        for end in self._open:
            _end(end, socket.SHUT_RDWR)


def _reset(end: socket.socket) -> None:
    """Closes so that the other side sees a broken connection, not an orderly end."""
    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    _end(end, socket.SHUT_RD)


def _end(end: socket.socket, how: int) -> None:
    # A thread that waits in recv() keeps the connection open past close(); shutdown() wakes it.
    with contextlib.suppress(OSError):
        end.shutdown(how)
    end.close()


def _copy(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(_CHUNK):
            sink.sendall(data)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


@contextmanager
def link(url: str) -> Iterator[Link]:
    """A relay to the server of ``url`` (http or https, on loopback)."""
    parts = urllib.parse.urlsplit(url)
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    port = listener.getsockname()[1]
    line = Link(url.replace(f":{parts.port}", f":{port}", 1), ("127.0.0.1", parts.port or 80), listener)
    threading.Thread(target=line._serve, daemon=True).start()
    try:
        yield line
    finally:
        line.close()
