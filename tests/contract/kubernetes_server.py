"""A loopback server that speaks as much of the Kubernetes API as agentctl asks for, and misbehaves when it is told to.

It is there for machines without a real API server; the same tests run against both.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

LISTS = {
    "pods": ("/api/v1", "PodList"),
    "events": ("/api/v1", "EventList"),
    "services": ("/api/v1", "ServiceList"),
    "nodes": ("/api/v1", "NodeList"),
    "deployments": ("/apis/apps/v1", "DeploymentList"),
    "replicasets": ("/apis/apps/v1", "ReplicaSetList"),
}
_LIST = re.compile(
    r"(/api/v1|/apis/apps/v1)(?:/namespaces/([^/]+))?/(pods|events|services|nodes|deployments|replicasets)"
)
_LOG = re.compile(r"/api/v1/namespaces/([^/]+)/pods/([^/]+)/log")
_EXEC = re.compile(r"/api/v1/namespaces/([^/]+)/pods/([^/]+)/exec")
_PROXY = re.compile(r"/api/v1/namespaces/([^/]+)/services/([^/]+)/proxy(/.*)?")
_STAMP = re.compile(rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?Z ")

# Answers a request in its own way and returns True, or returns False to let it pass.
Fault = Callable[["Handler"], bool]
# (command) → (exit code, stdout, stderr)
Exec = Callable[[list[str]], tuple[int, bytes, bytes]]
# (method, path with query) → (status, content type, body)
Proxied = Callable[[str, str], tuple[int, str, bytes]]


@dataclass
class Cluster:
    """What the server serves. `logs` is by (namespace, pod, container, previous)."""

    objects: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {name: [] for name in LISTS})
    logs: dict[tuple[str, str, str, bool], bytes] = field(default_factory=dict)
    token: str = ""
    denied: list[tuple[str, str, str]] = field(default_factory=list)  # (verb, resource, namespace or "*")
    faults: list[tuple[str, Fault]] = field(default_factory=list)  # (regular expression on the path, fault)
    services: dict[str, Proxied] = field(default_factory=dict)  # "NAMESPACE/[SCHEME:]NAME:PORT" → answer
    execs: dict[str, Exec] = field(default_factory=dict)  # pod → what a command in it does
    page: int = 1000
    seen: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)  # (method, path and query, headers)

    def load_bundle(self, folder: Path) -> None:
        """Serve what a bundle's folder holds."""
        for name in LISTS:
            path = folder / "kubernetes" / f"{name}.json"
            if path.is_file():
                self.objects[name] = json.loads(path.read_text())["items"]
        for path in sorted((folder / "logs").rglob("*.log*")):
            namespace, pod, file = path.relative_to(folder / "logs").parts
            raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
            stem = file.removesuffix(".gz").removesuffix(".log")
            self.logs[namespace, pod, stem.removesuffix(".previous"), stem.endswith(".previous")] = raw

    def is_denied(self, verb: str, resource: str, namespace: str) -> bool:
        return any(v in (verb, "*") and r in (resource, "*") and n in (namespace, "*") for v, r, n in self.denied)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    cluster: Cluster

    def log_message(self, *args: object) -> None:
        pass

    def handle(self) -> None:
        with suppress(ConnectionError, ssl.SSLError, TimeoutError):
            super().handle()

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def _serve(self) -> None:
        cluster = self.cluster
        cluster.seen.append((self.command, self.path, {k.title(): v for k, v in self.headers.items()}))
        self.parts = urlsplit(self.path)
        self.query = {k: v[0] for k, v in parse_qs(self.parts.query).items()}
        if any(re.search(pattern, self.path) and fault(self) for pattern, fault in list(cluster.faults)):
            return
        if cluster.token and self.headers.get("Authorization") != f"Bearer {cluster.token}":
            self.status(401, "Unauthorized")
            return
        path = self.parts.path
        if path == "/version":
            self.json({"major": "1", "minor": "34", "gitVersion": "v1.34.3"})
            return
        if path.endswith("/selfsubjectaccessreviews"):
            self._review()
            return
        if found := _LOG.fullmatch(path):
            self._log(*found.groups())
            return
        if found := _EXEC.fullmatch(path):
            self._exec(*found.groups())
            return
        if found := _PROXY.fullmatch(path):
            self._proxy(found[1], found[2], found[3] or "/")
            return
        if (found := _LIST.fullmatch(path)) and LISTS[found[3]][0] == found[1]:
            self._list(found[2] or "", found[3])
            return
        self.status(404, "the server could not find the requested resource")
        return

    def _list(self, namespace: str, resource: str) -> None:
        if self._forbidden("list", resource, namespace):
            return
        found = [
            o for o in self.cluster.objects[resource] if not namespace or o["metadata"].get("namespace") == namespace
        ]
        selector = self.query.get("labelSelector", "")
        pairs = [pair.split("=", 1) for pair in selector.split(",") if "=" in pair]
        found = [o for o in found if all((o["metadata"].get("labels") or {}).get(k) == v for k, v in pairs)]
        if kind := self.query.get("fieldSelector", "").removeprefix("involvedObject.kind="):
            found = [o for o in found if o["involvedObject"]["kind"] == kind]
        start = int(self.query.get("continue", "0"))
        size = min(int(self.query.get("limit", "0")) or self.cluster.page, self.cluster.page)
        following = str(start + size) if start + size < len(found) else ""
        # As the real API does, the items of a list do not repeat kind and apiVersion.
        items = [{k: v for k, v in o.items() if k not in ("kind", "apiVersion")} for o in found[start : start + size]]
        self.json({"kind": LISTS[resource][1], "apiVersion": "v1", "metadata": {"continue": following}, "items": items})

    def _log(self, namespace: str, pod: str) -> None:
        if self._forbidden("get", "pods/log", namespace):
            return
        known = {
            o["metadata"]["name"] for o in self.cluster.objects["pods"] if o["metadata"].get("namespace") == namespace
        }
        if pod not in known:
            self.status(404, f'pods "{pod}" not found')
            return
        container, previous = self.query.get("container", ""), self.query.get("previous") == "true"
        text = self.cluster.logs.get((namespace, pod, container, previous))
        if text is None and previous:
            self.status(400, f'previous terminated container "{container}" in pod "{pod}" not found')
            return
        if text is None:
            self.status(400, f'container "{container}" in pod "{pod}" is waiting to start: ContainerCreating')
            return
        self.pieces([self._cut(text)])

    def _cut(self, text: bytes) -> bytes:
        lines = text.splitlines(keepends=True)
        since = self.query.get("sinceTime", "").removesuffix("Z").encode()
        if since:
            lines = [one for one in lines if not (m := _STAMP.match(one)) or m[1] >= since]
        if "tailLines" in self.query:
            count = int(self.query["tailLines"])
            lines = lines[-count:] if count else []
        if self.query.get("timestamps") != "true":
            lines = [_STAMP.sub(b"", one) for one in lines]
        limit = int(self.query.get("limitBytes", "0"))
        joined = b"".join(lines)
        return joined[:limit] if limit else joined

    def _review(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", "0"))))
        asked = body["spec"]["resourceAttributes"]
        resource = "/".join(filter(None, (asked["resource"], asked.get("subresource", ""))))
        denied = self.cluster.is_denied(asked["verb"], resource, asked.get("namespace", ""))
        self.json({**body, "status": {"allowed": not denied}}, 201)

    def _proxy(self, namespace: str, service: str, path: str) -> None:
        if self._forbidden("get", "services/proxy", namespace):
            return
        answer = self.cluster.services.get(f"{namespace}/{service}")
        if answer is None:
            self.status(503, "no endpoints available for service")
            return
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        query = self.parts.query + ("&" if self.parts.query and body else "") + body.decode()
        status, kind, content = answer(self.command, f"{path}?{query}")
        self.send(status, kind, content)

    def _exec(self, namespace: str, pod: str) -> None:
        if self._forbidden("create", "pods/exec", namespace):
            return
        if self.headers.get("Upgrade", "").lower() != "websocket":
            self.status(400, "Upgrade request required")
            return
        key = self.headers["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.send_header("Sec-WebSocket-Accept", base64.b64encode(hashlib.sha1(key.encode()).digest()).decode())
        self.send_header("Sec-WebSocket-Protocol", "v5.channel.k8s.io")
        self.end_headers()
        command = parse_qs(self.parts.query)["command"]
        code, out, err = self.cluster.execs[pod](command)
        for channel, data in ((1, out), (2, err)):
            if data:
                self._frame(2, bytes([channel]) + data)
        failed = {"reason": "NonZeroExitCode", "details": {"causes": [{"reason": "ExitCode", "message": str(code)}]}}
        status = {"status": "Failure", **failed} if code else {"status": "Success"}
        self._frame(2, b"\3" + json.dumps(status).encode())
        self._frame(8, struct.pack("!H", 1000))
        self.close_connection = True

    def _frame(self, opcode: int, payload: bytes) -> None:
        size = len(payload)
        head = bytes([0x80 | opcode]) + (bytes([size]) if size < 126 else b"\x7e" + struct.pack("!H", size))
        self.wfile.write(head + payload)
        self.wfile.flush()

    def _forbidden(self, verb: str, resource: str, namespace: str) -> bool:
        if not self.cluster.is_denied(verb, resource, namespace):
            return False
        place = f'in the namespace "{namespace}"' if namespace else "at the cluster scope"
        self.status(
            403, f'{resource} is forbidden: User "tester" cannot {verb} resource "{resource}" in API group "" {place}'
        )
        return True

    def status(self, code: int, message: str, **headers: str) -> None:
        body = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message, "code": code}
        self.send(code, "application/json", json.dumps(body).encode(), **headers)

    def json(self, data: Any, code: int = 200) -> None:
        self.send(code, "application/json", json.dumps(data).encode())

    def send(self, code: int, kind: str, body: bytes, **headers: str) -> None:
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def pieces(self, pieces: Iterator[bytes] | list[bytes], end: bool = True) -> None:
        """A chunked answer; with `end` False it breaks off instead of ending."""
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for piece in pieces:
            if piece:
                self.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
                self.wfile.flush()
        if end:
            self.wfile.write(b"0\r\n\r\n")
        else:
            self.close_connection = True


def hanging(seconds: float) -> Fault:
    """No answer for so long."""

    def fault(handler: Handler) -> bool:
        time.sleep(seconds)
        handler.close_connection = True
        return True

    return fault


def trickling(piece: bytes, every: float, seconds: float) -> Fault:
    """A body that comes in drops and has no end in sight."""

    def fault(handler: Handler) -> bool:
        def drops() -> Iterator[bytes]:
            until = time.monotonic() + seconds
            while time.monotonic() < until:
                yield piece
                time.sleep(every)

        handler.pieces(drops())
        return True

    return fault


def answering(code: int, body: bytes, kind: str = "text/html", times: int = 10**9, **headers: str) -> Fault:
    """This answer instead, the first so many times."""
    left = [times]

    def fault(handler: Handler) -> bool:
        if left[0] <= 0:
            return False
        left[0] -= 1
        handler.send(code, kind, body, **headers)
        return True

    return fault


def broken_off(body: bytes, length: int | None = None) -> Fault:
    """An answer that ends before its end: chunked, or shorter than the length it promised."""

    def fault(handler: Handler) -> bool:
        if length is None:
            handler.pieces([body], end=False)
            return True
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(length))
        handler.end_headers()
        handler.wfile.write(body)
        handler.close_connection = True
        return True

    return fault


@dataclass
class Served:
    """A running server. `kubeconfig` writes a file that leads to it."""

    cluster: Cluster
    url: str
    ca_file: Path | None = None

    def kubeconfig(self, path: Path, **user: Any) -> Path:
        cluster: dict[str, Any] = {"server": self.url}
        if self.ca_file is not None:
            cluster["certificate-authority"] = str(self.ca_file)
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "loopback",
            "clusters": [{"name": "loopback", "cluster": cluster}],
            "users": [{"name": "tester", "user": user or {"token": self.cluster.token or "none"}}],
            "contexts": [{"name": "loopback", "context": {"cluster": "loopback", "user": "tester"}}],
        }
        path.write_text(json.dumps(config))
        return path


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass


@contextmanager
def serving(
    cluster: Cluster, certificate: tuple[Path, Path] | None = None, ca_file: Path | None = None
) -> Iterator[Served]:
    """Serve a cluster on a free port of the loopback; with a (certificate, key) over TLS."""
    handler = type("Bound", (Handler,), {"cluster": cluster})
    server = _Server(("127.0.0.1", 0), handler)
    if certificate is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        scheme = "https" if certificate else "http"
        yield Served(cluster, f"{scheme}://127.0.0.1:{server.server_address[1]}", ca_file)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
