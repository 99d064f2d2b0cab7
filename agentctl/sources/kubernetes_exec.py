"""One read-only command in one container, over the WebSocket of the Kubernetes API.

The library's own client drops exit codes and returns partial output as success when time is up, so the protocol (v4 and v5 of
channel.k8s.io: one byte of channel before each message) is spoken here.
"""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from agentctl.model.errors import SourceError
from agentctl.sources.kubernetes_answers import Need, status_message
from agentctl.sources.kubernetes_api import KubeApi
from agentctl.sources.network_errors import transport_error

_STDOUT, _STDERR, _ERROR = 1, 2, 3
_PROTOCOLS = ["v5.channel.k8s.io", "v4.channel.k8s.io"]
_MOST = 256 * 1024


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command said. `code` is its exit code; 126 and 127 mean that the image does not hold it."""

    code: int
    stdout: bytes
    stderr: bytes


def run(api: KubeApi, namespace: str, pod: str, container: str, command: Sequence[str], timeout: float) -> Ran:
    """Run a command and wait for its end, `timeout` seconds at most. Raises SourceError where it cannot be started or does not end."""
    import websocket

    deadline = time.monotonic() + timeout
    where = f"{namespace}/{pod} ({container})"
    try:
        socket = _open(api, namespace, pod, container, command, timeout)
        try:
            return _listen(socket, deadline, where)
        finally:
            socket.close(timeout=1)
    except websocket.WebSocketBadStatusException as error:
        raise _refused(error, where, namespace) from error
    except websocket.WebSocketTimeoutException as error:
        raise _late(where, timeout) from error
    except websocket.WebSocketException as error:
        raise SourceError("truncated", f"{where}: the connection to the command broke off", "try again") from error
    except (OSError, ssl.SSLError) as error:
        raise transport_error(error, api.what, "check the kubeconfig", timeout) from error


def _open(api: KubeApi, namespace: str, pod: str, container: str, command: Sequence[str], timeout: float) -> Any:
    import websocket

    words = [("container", container), ("stdout", "true"), ("stderr", "true"), *(("command", word) for word in command)]
    path = f"/api/v1/namespaces/{quote(namespace, safe='')}/pods/{quote(pod, safe='')}/exec"
    scheme, rest = api.base.split("://", 1)
    socket: Any = websocket.WebSocket(sslopt=_tls(api), skip_utf8_validation=True)
    socket.settimeout(timeout)
    headers = [f"{name}: {value}" for name, value in api.headers()]
    url = f"{'wss' if scheme == 'https' else 'ws'}://{rest}{path}?{urlencode(words)}"
    socket.connect(url, header=headers, subprotocols=_PROTOCOLS, http_no_proxy=["*"], redirect_limit=0)
    return socket


def _tls(api: KubeApi) -> dict[str, Any]:
    configuration = api.access.configuration
    options: dict[str, Any] = {"cert_reqs": ssl.CERT_REQUIRED}
    for option, name in (("ca_certs", "ssl_ca_cert"), ("certfile", "cert_file"), ("keyfile", "key_file")):
        if getattr(configuration, name, None):
            options[option] = getattr(configuration, name)
    if getattr(configuration, "tls_server_name", None):
        options["server_hostname"] = configuration.tls_server_name
    return options


def _listen(socket: Any, deadline: float, where: str) -> Ran:
    said: dict[int, bytes] = {_STDOUT: b"", _STDERR: b"", _ERROR: b""}
    while True:
        left = deadline - time.monotonic()
        if left <= 0:
            raise _late(where, None)
        socket.settimeout(left)
        message = socket.recv()
        data = message.encode() if isinstance(message, str) else message
        if not data:
            if not socket.connected:
                raise SourceError("truncated", f"{where}: the command ended without saying how", "try again")
            continue
        if data[0] in said and len(said[data[0]]) < _MOST:
            said[data[0]] += data[1:]
        if data[0] == _ERROR:
            return Ran(_exit_code(said[_ERROR], where), said[_STDOUT], said[_STDERR])


def _exit_code(raw: bytes, where: str) -> int:
    """The exit code in a Status; SourceError where the command could not even be started."""
    try:
        status = json.loads(raw)
        if status.get("status") == "Success":
            return 0
        causes = (status.get("details") or {}).get("causes") or []
        code = next((c["message"] for c in causes if c.get("reason") == "ExitCode"), None)
        if code is not None:
            return int(code)
        message = str(status.get("message") or "")
    except (ValueError, KeyError, TypeError, AttributeError):
        message = raw[:200].decode("utf-8", "replace")
    if "executable file not found" in message or "no such file" in message:
        return 127
    raise SourceError("server-error", f"{where}: the command could not be started: {status_message(message.encode())}")


def _refused(error: Any, where: str, namespace: str) -> SourceError:
    body = error.resp_body if isinstance(getattr(error, "resp_body", None), bytes) else b""
    said = status_message(body) or f"HTTP {error.status_code}"
    if error.status_code == 403:
        need = Need("create", "pods/exec", namespace)
        return SourceError(
            "forbidden", f"{where}: {said}", f"you need: {need}. `agentctl rbac --allow-exec` prints a role that has it"
        )
    codes = {401: "unauthorized", 404: "not-found", 429: "rate-limited"}
    return SourceError(codes.get(error.status_code, "server-error"), f"{where}: {said}")


def _late(where: str, timeout: float | None) -> SourceError:
    within = f" within {timeout:g}s" if timeout else " in time"
    return SourceError("timeout", f"{where}: the command did not end{within}", "raise --request-timeout")
