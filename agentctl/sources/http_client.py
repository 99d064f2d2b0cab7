"""One HTTP server, asked with `httpx`: deadlines that hold for the body, no redirects, credentials for this server alone."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from agentctl.model.errors import InputError, SourceError
from agentctl.sources.credentials import Credentials, credentials
from agentctl.sources.network_errors import first_line, shown_origin, status_error, transport_error
from agentctl.sources.vendors import load as load_vendor

_MAX_BODY = 1 << 29
Params = Mapping[str, str] | Sequence[tuple[str, str]]


class HttpClient:
    """Answers JSON. Safe to use from several threads. Every method raises SourceError."""

    def __init__(
        self,
        url: str,
        name: str,
        timeout: float = 20.0,
        secret: Credentials | None = None,
        headers: Mapping[str, str] | None = None,
        ca_file: str = "",
    ) -> None:
        """`name` is what messages call the server; `url` its base, a path prefix included. Raises InputError for a bad address."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise InputError("url", f"{shown_origin(url)!r} is no address of {name}", "write http://host:port")
        if parts.username or parts.password:
            raise InputError("url", f"the address of {name} holds a password", "put it into a variable instead")
        self.timeout = timeout
        self.what = f"{name} at {shown_origin(url)}"
        self._name, self._url, self._ca_file = name, url.rstrip("/"), ca_file
        self._secret = secret or Credentials()
        self._headers = {"User-Agent": "agentctl", "Accept": "application/json", **(headers or {})}
        self._hint = f"check the address of {name}, the VPN and the proxy"
        self._lock = threading.Lock()
        self._made: Any = None

    def get(self, path: str, params: Params | None = None) -> Any:
        """The JSON at a path below the base."""
        body = self.text(path, params)
        try:
            return json.loads(body)
        except (ValueError, RecursionError) as error:
            if body.lstrip()[:1] in (b"{", b"["):
                raise SourceError("truncated", f"the answer of {self.what} broke off", "try again") from error
            said = first_line(body) or "nothing"
            raise SourceError(
                "bad-answer", f"{self.what} answered no JSON: {said}", "check the address and its path prefix"
            ) from error

    def text(self, path: str, params: Params | None = None) -> bytes:
        """The bytes at a path below the base."""
        return self.answer(path, params)[0]

    def answer(self, path: str, params: Params | None = None) -> tuple[bytes, Mapping[str, str]]:
        """The bytes at a path and the headers that came with them."""
        load_vendor("httpx")
        import httpx

        deadline = time.monotonic() + self.timeout
        query = list(params.items()) if isinstance(params, Mapping) else list(params or ())
        try:
            with self._client.stream("GET", path, params=query) as response:
                body = self._read(response, deadline)
                if response.status_code >= 300:
                    raise status_error(response.status_code, body, self.what)
                return body, response.headers
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise transport_error(error, self.what, self._hint, self.timeout) from error

    @property
    def _client(self) -> Any:
        """Made with the first question: an offline run never loads the library."""
        load_vendor("httpx")
        import httpx

        with self._lock:
            if self._made is None:
                secret = self._secret
                bearer = {"Authorization": f"Bearer {secret.token}"} if secret.token else {}
                self._made = httpx.Client(
                    base_url=self._url,
                    headers=self._headers | bearer,
                    auth=httpx.BasicAuth(secret.user, secret.password) if secret.user else None,
                    verify=_verify(self._ca_file, self._name),
                    timeout=httpx.Timeout(self.timeout, connect=min(self.timeout, 10.0)),
                    follow_redirects=False,
                )
            return self._made

    def _read(self, response: Any, deadline: float) -> bytes:
        pieces, size = [], 0
        for piece in response.iter_bytes():
            pieces.append(piece)
            size += len(piece)
            if time.monotonic() > deadline:
                raise SourceError(
                    "timeout", f"{self.what} did not finish its answer in time", "raise --request-timeout"
                )
            if size > _MAX_BODY:
                raise SourceError("bad-answer", f"the answer of {self.what} is too large", "ask for a shorter --since")
        return b"".join(pieces)


def backend(url: str, name: str, prefix: str, environ: Mapping[str, str], timeout: float) -> HttpClient:
    """The client of a backend whose settings stand in `<prefix>_{TOKEN,USER,PASSWORD,ORG_ID,CA_FILE}`."""
    tenant = environ.get(f"{prefix}_ORG_ID", "")
    headers = {"X-Scope-OrgID": tenant} if tenant else {}
    return HttpClient(url, name, timeout, credentials(environ, prefix), headers, environ.get(f"{prefix}_CA_FILE", ""))


def _verify(ca_file: str, name: str) -> Any:
    import ssl

    if not ca_file:
        return True
    try:
        return ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        raise InputError(
            "tls", f"the CA file of {name}, {ca_file}, cannot be used", "it must hold PEM certificates"
        ) from error
