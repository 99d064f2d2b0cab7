"""What went wrong between us and a server → a SourceError that says what to do.

Told by kind where the libraries keep the kind, by text where they wrap it away. No address with credentials and no body longer
than a line gets into a message.
"""

from __future__ import annotations

import ssl
from urllib.parse import urlsplit

from agentctl.model.errors import SourceError
from agentctl.model.redaction import redact
from agentctl.model.untrusted import shorten, visible

_DNS = (
    "NameResolutionError",
    "getaddrinfo",
    "Name or service not known",
    "nodename nor servname",
    "Temporary failure in name",
)
_TLS_REASONS = (
    ("self-signed", "its certificate is signed by an unknown CA"),
    ("self signed", "its certificate is signed by an unknown CA"),
    ("unable to get local issuer", "its certificate is signed by an unknown CA"),
    ("hostname mismatch", "its certificate is for another name"),
    ("ip address mismatch", "its certificate is for another name"),
    ("doesn't match", "its certificate is for another name"),
    ("certificate has expired", "its certificate has expired"),
    ("certificate required", "it wants a client certificate"),
    ("wrong_version_number", "it does not speak TLS there"),
    ("wrong version number", "it does not speak TLS there"),
    ("record layer failure", "it does not speak TLS there"),
)


def transport_error(error: BaseException, what: str, hint: str, seconds: float | None = None) -> SourceError:
    """A failure below HTTP. `what` names the server as a sentence's subject; `hint` is for one that cannot be reached."""
    text = " ".join(f"{type(e).__name__} {e}" for e in _chain(error))
    if _is_tls(error, text):
        return SourceError(
            "tls",
            f"the TLS connection to {what} failed: {_tls_reason(text)}",
            "check the CA; verification is never turned off",
        )
    if any(word in text for word in _DNS):
        return SourceError("dns", f"the name of {what} does not resolve", hint)
    if "Timeout" in text or "timed out" in text.lower():
        waited = f" within {seconds:g}s" if seconds else " in time"
        return SourceError(
            "timeout", f"{what} did not answer{waited}", "raise --request-timeout, or look whether it is overloaded"
        )
    # A server that closes before its first byte gave no answer that could break off.
    if "without sending a response" not in text and any(
        word in text
        for word in ("IncompleteRead", "InvalidChunkLength", "RemoteProtocolError", "broken off", "prematurely")
    ):
        return SourceError("truncated", f"the answer of {what} broke off", "try again")
    return SourceError("unreachable", f"{what} cannot be reached: {_reason(error)}", hint)


def status_error(status: int, body: bytes, what: str, hints: dict[int, str] | None = None) -> SourceError:
    """An HTTP answer that is no success; `hints` says what to do, by status."""
    said = first_line(body)
    tail = f": {said}" if said else ""
    hint = (hints or {}).get(status, "")
    if status == 401:
        return SourceError(
            "unauthorized", f"{what} does not accept our credentials (HTTP 401){tail}", hint or "check the credentials"
        )
    if status == 403:
        return SourceError("forbidden", f"{what} refused us (HTTP 403){tail}", hint or "ask for the right to read it")
    if status in (404, 405):
        return SourceError("not-found", f"{what} has no such thing (HTTP {status}){tail}", hint or "check the address")
    if status == 410:
        return SourceError("gone", f"{what} no longer has it (HTTP 410){tail}", hint or "try again")
    if status == 429:
        return SourceError("rate-limited", f"{what} says too many requests (HTTP 429){tail}", hint or "try again later")
    if status >= 500:
        return SourceError("server-error", f"{what} failed (HTTP {status}){tail}", hint or "look at its own logs")
    return SourceError("bad-answer", f"{what} answered HTTP {status}{tail}", hint or "check the address")


def first_line(body: bytes) -> str:
    """The start of an answer as one safe line; a web page is only called one."""
    text = body[:2000].decode("utf-8", "replace").strip()
    if text.startswith("<"):
        return "a web page"
    return visible(shorten(redact(text.split("\n", 1)[0]), 300))


def shown_origin(url: str) -> str:
    """scheme://host:port of an address: never its path's, query's or user's secrets."""
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if parts.hostname and ":" in parts.hostname else parts.hostname or "?"
    try:
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        port = ""
    return visible(f"{parts.scheme}://{host}{port}")


def _chain(error: BaseException | None) -> list[BaseException]:
    found: list[BaseException] = []
    while error is not None and error not in found and len(found) < 10:
        found.append(error)
        error = error.__cause__ or error.__context__ or getattr(error, "reason", None)
        error = error if isinstance(error, BaseException) else None
    return found


def _is_tls(error: BaseException, text: str) -> bool:
    return any(isinstance(e, ssl.SSLError) for e in _chain(error)) or "SSLError" in text or "CERTIFICATE_VERIFY" in text


def _tls_reason(text: str) -> str:
    low = text.lower()
    return next((reason for word, reason in _TLS_REASONS if word in low), "the handshake failed")


def _reason(error: BaseException) -> str:
    for one in reversed(_chain(error)):
        if isinstance(one, OSError) and one.strerror:
            return one.strerror.lower()
    return "the connection was closed" if "Disconnected" in repr(error) or "aborted" in str(error) else "no connection"
