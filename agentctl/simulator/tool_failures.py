"""How a tool's failure reads in each client library (httpx, requests, psycopg, redis, grpc, smtplib, MCP)."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from urllib.parse import urlsplit

from agentctl.simulator.failures import APP, SITE, Failure

MODES = ("refused", "dns", "5xx", "timeout", "reset")
_PHRASE = {500: "Internal Server Error", 502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Time-out"}
_HTTPX_FRAMES = (
    (
        f"{SITE}/httpx/_client.py",
        1768,
        "_send_single_request",
        "response = await transport.handle_async_request(request)",
    ),
    (f"{SITE}/httpx/_transports/default.py", 118, "map_httpcore_exceptions", "raise mapped_exc(message) from exc"),
)
_REQUESTS_FRAMES = ((f"{SITE}/requests/adapters.py", 700, "send", "raise ConnectionError(e, request=request)"),)


def tool_failure(tool: str, transport: str, endpoint: str, mode: str, rng: Random) -> Failure:
    """The exception that a call to the tool ends in. `mode` is one of MODES."""
    own = ((f"{APP}/tools/{tool}.py", 37 + len(tool), tool, "response = await self._client.call(payload)"),)
    failure = _BUILDERS.get(transport, _httpx)(endpoint, mode, rng)
    return Failure(failure.type, failure.text, own + failure.frames, failure.http, failure.seconds)


def _status(mode: str, rng: Random) -> int:
    return rng.choice((503, 503, 503, 502, 500, 504))


def _httpx(endpoint: str, mode: str, rng: Random) -> Failure:
    if mode == "5xx":
        code = _status(mode, rng)
        text = (
            f"Server error '{code} {_PHRASE[code]}' for url '{endpoint}'\n"
            f"For more information check: https://developer.mozilla.org/en-US/docs/Web/HTTP/Status/{code}"
        )
        return Failure("httpx.HTTPStatusError", text, http=code, seconds=rng.uniform(0.02, 0.3))
    if mode == "timeout":
        return Failure("httpx.ReadTimeout", "", _HTTPX_FRAMES, seconds=10.0 + rng.random() * 0.02)
    if mode == "dns":
        return Failure(
            "httpx.ConnectError", "[Errno -2] Name or service not known", _HTTPX_FRAMES, seconds=rng.uniform(0.01, 0.1)
        )
    if mode == "reset":
        return Failure(
            "httpx.ReadError", "[Errno 104] Connection reset by peer", _HTTPX_FRAMES, seconds=rng.uniform(0.01, 0.4)
        )
    text = "All connection attempts failed" if rng.random() < 0.3 else "[Errno 111] Connection refused"
    return Failure("httpx.ConnectError", text, _HTTPX_FRAMES, seconds=rng.uniform(0.002, 0.02))


def _requests(endpoint: str, mode: str, rng: Random) -> Failure:
    url = urlsplit(endpoint)
    tls = url.scheme == "https"
    port = url.port or (443 if tls else 80)
    pool = f"{'HTTPS' if tls else 'HTTP'}ConnectionPool(host='{url.hostname}', port={port})"
    address = f"0x7f{rng.getrandbits(40):010x}"
    connection = f"<urllib3.connection.{'HTTPS' if tls else 'HTTP'}Connection object at {address}>"
    if mode == "5xx":
        code = _status(mode, rng)
        return Failure(
            "requests.exceptions.HTTPError",
            f"{code} Server Error: {_PHRASE[code]} for url: {endpoint}",
            http=code,
            seconds=rng.uniform(0.02, 0.3),
        )
    if mode == "timeout":
        return Failure(
            "requests.exceptions.ReadTimeout",
            f"{pool}: Read timed out. (read timeout=10)",
            _REQUESTS_FRAMES,
            seconds=10.0 + rng.random() * 0.02,
        )
    if mode == "reset":
        return Failure(
            "requests.exceptions.ConnectionError",
            "('Connection aborted.', ConnectionResetError(104, 'Connection reset by peer'))",
            _REQUESTS_FRAMES,
            seconds=0.2,
        )
    if mode == "dns":
        why = f"NameResolutionError(\"{connection}: Failed to resolve '{url.hostname}' ([Errno -2] Name or service not known)\")"
    else:
        why = (
            f"NewConnectionError('{connection}: Failed to establish a new connection: [Errno 111] Connection refused')"
        )
    text = f"{pool}: Max retries exceeded with url: {url.path or '/'} (Caused by {why})"
    return Failure("requests.exceptions.ConnectionError", text, _REQUESTS_FRAMES, seconds=rng.uniform(0.002, 0.05))


def _psycopg(endpoint: str, mode: str, rng: Random) -> Failure:
    url = urlsplit(endpoint)
    frames = ((f"{SITE}/psycopg/connection_async.py", 143, "connect", "raise last_ex.with_traceback(None)"),)
    if mode == "timeout":
        return Failure(
            "psycopg.errors.QueryCanceled",
            "canceling statement due to statement timeout",
            seconds=10.0 + rng.random() * 0.05,
        )
    if mode == "dns":
        return Failure(
            "psycopg.OperationalError", f"[Errno -2] Name or service not known: {url.hostname!r}", frames, seconds=0.05
        )
    if mode == "5xx":
        text = (
            f'connection failed: connection to server at "10.96.14.7", port {url.port} failed: '
            "FATAL:  the database system is starting up"
        )
        return Failure("psycopg.OperationalError", text, frames, seconds=0.03)
    if mode == "reset":
        return Failure(
            "psycopg.OperationalError",
            "consuming input failed: server closed the connection unexpectedly\n\tThis probably means the server terminated "
            "abnormally\n\tbefore or while processing the request.",
            seconds=0.3,
        )
    text = (
        f'connection failed: connection to server at "10.96.14.7", port {url.port} failed: Connection refused\n'
        "\tIs the server running on that host and accepting TCP/IP connections?"
    )
    return Failure("psycopg.OperationalError", text, frames, seconds=0.02)


def _redis(endpoint: str, mode: str, rng: Random) -> Failure:
    url = urlsplit(endpoint)
    if mode == "timeout":
        return Failure(
            "redis.exceptions.TimeoutError",
            f"Timeout reading from {url.hostname}:{url.port}",
            seconds=5.0 + rng.random() * 0.02,
        )
    if mode == "dns":
        return Failure(
            "redis.exceptions.ConnectionError",
            f"Error -2 connecting to {url.hostname}:{url.port}. Name or service not known.",
            seconds=0.05,
        )
    if mode == "5xx":
        return Failure("redis.exceptions.BusyLoadingError", "Redis is loading the dataset in memory", seconds=0.005)
    if mode == "reset":
        return Failure(
            "redis.exceptions.ConnectionError",
            f"Error while reading from {url.hostname}:{url.port} : (104, 'Connection reset by peer')",
            seconds=0.02,
        )
    return Failure(
        "redis.exceptions.ConnectionError",
        f"Error 111 connecting to {url.hostname}:{url.port}. Connection refused.",
        seconds=0.004,
    )


def _grpc(endpoint: str, mode: str, rng: Random) -> Failure:
    url = urlsplit(endpoint)
    host, port = url.hostname, url.port
    code, details = {
        "timeout": ("DEADLINE_EXCEEDED", "Deadline Exceeded"),
        "dns": (
            "UNAVAILABLE",
            f"DNS resolution failed for {url.netloc}: C-ares status is not ARES_SUCCESS qtype=A name={host} is_balancer=0: Domain "
            "name not found",
        ),
        "5xx": ("INTERNAL", "pq: sorry, too many clients already"),
        "reset": ("UNAVAILABLE", "recvmsg:Connection reset by peer"),
    }.get(
        mode,
        (
            "UNAVAILABLE",
            f"failed to connect to all addresses; last error: UNKNOWN: ipv4:10.96.33.21:{port}: Failed to connect to remote host: "
            "connect: Connection refused (111)",
        ),
    )
    number = {"UNAVAILABLE": 14, "INTERNAL": 13}.get(code, 4)
    text = (
        f'<AioRpcError of RPC that terminated with:\n\tstatus = StatusCode.{code}\n\tdetails = "{details}"\n'
        f'\tdebug_error_string = "UNKNOWN:Error received from peer  {{grpc_status:{number}, grpc_message:"{details}"}}"\n>'
    )
    return Failure("grpc.aio._call.AioRpcError", text, seconds=5.0 if mode == "timeout" else rng.uniform(0.005, 0.05))


def _smtp(endpoint: str, mode: str, rng: Random) -> Failure:
    url = urlsplit(endpoint)
    if mode == "timeout":
        return Failure(
            "aiosmtplib.errors.SMTPConnectTimeoutError",
            f"Timed out connecting to {url.hostname} on port {url.port}",
            seconds=10.0,
        )
    if mode == "5xx":
        return Failure(
            "aiosmtplib.errors.SMTPResponseException",
            "(421, '4.3.2 Service not available, closing transmission channel')",
            seconds=0.2,
        )
    if mode == "dns":
        return Failure(
            "aiosmtplib.errors.SMTPConnectError",
            f"Error connecting to {url.hostname} on port {url.port}: [Errno -2] Name or service not known",
            seconds=0.05,
        )
    return Failure(
        "aiosmtplib.errors.SMTPConnectError",
        f"Error connecting to {url.hostname} on port {url.port}: [Errno 111] Connect call failed ('10.96.8.19', {url.port})",
        seconds=0.02,
    )


def _mcp(endpoint: str, mode: str, rng: Random) -> Failure:
    if mode == "timeout":
        return Failure(
            "mcp.shared.exceptions.McpError",
            "Timed out while waiting for response to ClientRequest. Waited 10.0 seconds.",
            seconds=10.0,
        )
    if mode == "5xx":
        return Failure(
            "mcp.shared.exceptions.McpError", f"Internal error: upstream answered 503 for {endpoint}", seconds=0.2
        )
    return _httpx(endpoint, mode, rng)


_BUILDERS: dict[str, Callable[[str, str, Random], Failure]] = {
    "httpx": _httpx,
    "requests": _requests,
    "psycopg": _psycopg,
    "redis": _redis,
    "grpc": _grpc,
    "smtp": _smtp,
    "mcp": _mcp,
}
