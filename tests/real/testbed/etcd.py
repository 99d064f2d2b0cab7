"""etcd, and direct writes to it for what the API server would not let a client set."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import urllib3

from testbed import binaries
from testbed.process import free_port, responds, server


def _encode(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


class Etcd:
    """A running etcd at ``url``. Objects are stored as JSON, because the API server of the bed is told to."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._pool = urllib3.PoolManager(maxsize=16, retries=False)

    def _call(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = self._pool.request("POST", f"{self.url}/v3/kv/{path}", body=json.dumps(body), timeout=30)
        if answer.status != 200:
            raise RuntimeError(f"etcd: {answer.status} {answer.data[:300].decode(errors='replace')}")
        loaded: dict[str, Any] = json.loads(answer.data)
        return loaded

    def get(self, key: str) -> Any:
        """The JSON object stored at ``key``; KeyError if there is none."""
        found = self._call("range", {"key": _encode(key)}).get("kvs")
        if not found:
            raise KeyError(key)
        return json.loads(base64.b64decode(found[0]["value"]))

    def put(self, key: str, value: Any) -> None:
        """Stores ``value`` as JSON at ``key``, past all validation."""
        self._call("put", {"key": _encode(key), "value": _encode(json.dumps(value))})

    def delete_below(self, prefix: str) -> None:
        """Deletes all keys that begin with ``prefix``."""
        end = prefix[:-1] + chr(ord(prefix[-1]) + 1)
        self._call("deleterange", {"key": _encode(prefix), "range_end": _encode(end)})


@contextmanager
def running(folder: Path) -> Iterator[Etcd]:
    """etcd with its data in ``folder``, gone with the block. Raises binaries.Missing."""
    program = binaries.find("etcd")
    client, peer = f"http://127.0.0.1:{free_port()}", f"http://127.0.0.1:{free_port()}"
    argv = [
        program, "--name", "bed", "--data-dir", folder / "etcd",
        "--listen-client-urls", client, "--advertise-client-urls", client,
        "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", f"bed={peer}",
        "--unsafe-no-fsync", "--quota-backend-bytes", str(2 << 30), "--log-level", "warn",
    ]  # fmt: skip
    with server(argv, folder / "etcd.log", lambda: responds(f"{client}/health")):
        yield Etcd(client)
