"""The HTTP session under prometheus-api-client, with what that client lacks.

It has no default timeout, retries for six seconds, raises three unrelated kinds of error, drops warnings, puts queries into the
URL and follows redirects with credentials. Here every request has a deadline that holds for the body too, nothing is retried,
every failure is a SourceError, and credentials never leave the origin they are for.
"""

from __future__ import annotations

import json
import time
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
import urllib3
from requests.adapters import BaseAdapter
from requests.auth import AuthBase, HTTPBasicAuth

from agentctl.model.errors import SourceError
from agentctl.model.redaction import redact
from agentctl.model.untrusted import shorten, visible
from agentctl.sources.prometheus_access import PrometheusAccess

MAX_BODY = 1 << 30
_PIECE = 1 << 16
_REDIRECTS = (301, 302, 303, 307, 308)
_STATUS = {
    401: ("unauthorized", "Prometheus wants credentials", "set AGENTCTL_PROMETHEUS_TOKEN, or _USER and _PASSWORD"),
    403: ("forbidden", "Prometheus refused us", "ask for the right to query it"),
    404: ("not-found", "there is no Prometheus API at this address", "check --prometheus-url and its path prefix"),
    410: ("gone", "Prometheus no longer has it", "try again"),
    429: ("rate-limited", "Prometheus says too many requests", "try again later or ask for a shorter --since"),
}


class BearerAuth(AuthBase):
    """A token, or none at all: with an auth object set, requests never reads ~/.netrc."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._token:
            request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class GuardedSession(requests.Session):
    """A session for one server and one thread. `warnings` holds what the answers warned of, in order."""

    def __init__(self, access: PrometheusAccess) -> None:
        super().__init__()
        self._access = access
        self._inner = access.session_factory() if access.session_factory else None
        self.warnings: list[str] = []
        if self._inner is None:
            self._set_up(access)

    def _set_up(self, access: PrometheusAccess) -> None:
        self.auth = HTTPBasicAuth(access.user, access.password) if access.user else BearerAuth(access.token)
        if access.org_id:
            self.headers["X-Scope-OrgID"] = access.org_id
        if access.ca_file:
            self.verify = access.ca_file
        if access.client_cert:
            self.cert = (access.client_cert, access.client_key) if access.client_key else access.client_cert

    def mount(self, prefix: str | bytes, adapter: BaseAdapter) -> None:
        """Only the plain adapters: the one that retries is not wanted."""
        if prefix in ("http://", "https://"):
            super().mount(prefix, adapter)

    def request(self, method: Any, url: Any, params: Any = None, **more: Any) -> requests.Response:  # type: ignore[override]
        """One request; its answer is read whole, or SourceError is raised. Redirects are followed within the origin only."""
        deadline = time.monotonic() + self._access.timeout
        try:
            response = self._follow(str(method), str(url), params, deadline)
            body = _read(response, deadline)
        except requests.RequestException as error:
            raise _failure(error, self._access) from error
        except urllib3.exceptions.HTTPError as error:
            raise _failure(error, self._access) from error
        response._content = body
        self._judge(response, body)
        return response

    def _follow(self, method: str, url: str, params: Any, deadline: float) -> requests.Response:
        for _ in range(5):
            response = self._send(method, url, params, deadline)
            target = response.headers.get("Location", "")
            if response.status_code not in _REDIRECTS or not target:
                return response
            response.close()
            following = urljoin(url, target)
            if _origin(following) != _origin(self._access.base):
                raise SourceError(
                    "bad-answer",
                    f"Prometheus at {_shown(self._access)} sends us to another server, {_shown_url(following)}",
                    "give the final address with --prometheus-url; credentials are never sent on",
                )
            url = following
            if response.status_code == 303 or (method == "POST" and response.status_code in (301, 302)):
                method = "GET"
        raise SourceError("bad-answer", f"Prometheus at {_shown(self._access)} redirects in a circle")

    def _send(self, method: str, url: str, params: Any, deadline: float) -> requests.Response:
        left = max(deadline - time.monotonic(), 0.001)
        body = {"data": params} if method == "POST" else {"params": params}
        options: dict[str, Any] = body | {"timeout": left, "allow_redirects": False, "stream": True}
        session: Any = self._inner if self._inner is not None else super()
        owner = self._inner if self._inner is not None else self
        # Said with every request: else REQUESTS_CA_BUNDLE of the environment beats the CA that was asked for.
        options |= {"verify": owner.verify, "cert": owner.cert}
        response: requests.Response = session.request(method, url, **options)
        return response

    def _judge(self, response: requests.Response, body: bytes) -> None:
        """Raise SourceError unless the answer is a Prometheus API's success."""
        try:
            answer = json.loads(body)
        except (ValueError, RecursionError):
            answer = None
        if not isinstance(answer, dict) or "status" not in answer:
            raise _no_answer(response, body, self._access)
        if answer["status"] != "success":
            raise _refusal(response.status_code, answer, self._access)
        if not isinstance(answer.get("data"), dict | list):
            raise SourceError("bad-answer", f"Prometheus at {_shown(self._access)} answered without data")
        self.warnings += [visible(shorten(redact(str(w)), 300)) for w in answer.get("warnings") or ()]
        response.json = lambda **_: answer  # type: ignore[method-assign]


def _read(response: requests.Response, deadline: float) -> bytes:
    """The body, to its end or the deadline: a read timeout alone would wait for ever on a body that trickles."""
    pieces, size = [], 0
    with response:
        # read1 returns what has arrived; read and iter_content would wait for a full piece, past the deadline.
        while piece := response.raw.read1(_PIECE, decode_content=True):
            pieces.append(piece)
            size += len(piece)
            if time.monotonic() > deadline:
                raise SourceError("timeout", "Prometheus did not finish its answer in time", _SLOW)
            if size > MAX_BODY:
                raise SourceError("too-large", "the answer of Prometheus is larger than 1 GiB", _SLOW)
    return b"".join(pieces)


_SLOW = "raise --request-timeout, or ask for a shorter --since"


def _origin(url: str) -> tuple[str, str, int]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


def _shown_url(url: str) -> str:
    scheme, host, port = _origin(url)
    return visible(f"{scheme}://{host}:{port}")


def _shown(access: PrometheusAccess) -> str:
    return _shown_url(access.base)


def _failure(error: Exception, access: PrometheusAccess) -> SourceError:
    """What went wrong below HTTP, by the innermost cause's kind."""
    where, text = _shown(access), str(error)
    if isinstance(error, requests.exceptions.SSLError) or "SSLError" in text or "CERTIFICATE_VERIFY" in text:
        return SourceError(
            "tls",
            f"the TLS connection to Prometheus at {where} failed: {_tls_reason(text)}",
            "set --prometheus-ca-file, and --prometheus-client-cert where it wants one",
        )
    if isinstance(error, requests.Timeout | urllib3.exceptions.TimeoutError) or "timed out" in text.lower():
        return SourceError("timeout", f"Prometheus at {where} did not answer within {access.timeout:g}s", _SLOW)
    if "NameResolutionError" in text or "getaddrinfo" in text:
        return SourceError("dns", f"the name of Prometheus does not resolve: {where}", "check --prometheus-url")
    if isinstance(
        error,
        requests.exceptions.ChunkedEncodingError
        | urllib3.exceptions.ProtocolError
        | requests.exceptions.ContentDecodingError,
    ):
        return SourceError("truncated", f"the answer of Prometheus at {where} broke off", "try again")
    if isinstance(error, OSError) and "TLS" in text:
        return SourceError("tls", f"the TLS files for Prometheus cannot be used: {visible(text)}", "check their paths")
    return SourceError(
        "unreachable", f"Prometheus at {where} cannot be reached", "check --prometheus-url and that it runs"
    )


def _tls_reason(text: str) -> str:
    for word, reason in (
        ("self-signed", "its certificate is signed by an unknown CA"),
        ("unable to get local issuer", "its certificate is signed by an unknown CA"),
        ("Hostname mismatch", "its certificate is for another name"),
        ("doesn't match", "its certificate is for another name"),
        ("expired", "its certificate has expired"),
        ("certificate required", "it wants a client certificate"),
        ("WRONG_VERSION", "it does not speak TLS"),
    ):
        if word.lower() in text.lower():
            return reason
    return "the handshake failed"


def _no_answer(response: requests.Response, body: bytes, access: PrometheusAccess) -> SourceError:
    where, status = _shown(access), response.status_code
    if status in _STATUS:
        code, text, hint = _STATUS[status]
        return SourceError(code, f"{text} (HTTP {status}, {where})", hint)
    if status >= 500:
        return SourceError("server-error", f"Prometheus at {where} failed with HTTP {status}", "look at its own logs")
    kind = "a web page" if body.lstrip()[:1] == b"<" else "no JSON of a Prometheus API"
    if status == 200 and body.lstrip()[:1] == b"{":
        return SourceError("truncated", f"the answer of Prometheus at {where} broke off", "try again")
    return SourceError(
        "bad-answer", f"{where} answered {kind} (HTTP {status})", "check --prometheus-url and its path prefix"
    )


def _refusal(status: int, answer: dict[str, Any], access: PrometheusAccess) -> SourceError:
    where = _shown(access)
    kind, said = (
        str(answer.get("errorType", "")),
        visible(shorten(redact(str(answer.get("error") or answer.get("message") or "")), 300)),
    )
    if status in _STATUS:
        code, text, hint = _STATUS[status]
        return SourceError(code, f"{text} (HTTP {status}, {where})" + (f": {said}" if said else ""), hint)
    if kind == "bad_data" or status == 400:
        return SourceError("bad-query", f"Prometheus cannot read the query: {said}", "check the expression")
    if "too many samples" in said or "max-samples" in said or "would load" in said:
        return SourceError(
            "too-large", f"the question is too large for Prometheus: {said}", "ask for a shorter --since"
        )
    if kind == "timeout" or status == 504:
        return SourceError("timeout", f"Prometheus gave the query up: {said}", _SLOW)
    return SourceError("server-error", f"Prometheus at {where} failed (HTTP {status}): {said}", "look at its own logs")
