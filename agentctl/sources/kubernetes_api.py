"""The Kubernetes API as raw JSON and raw bytes, over the transport of the `kubernetes` library.

Every request has a connect and a read timeout, and a deadline for its whole answer. Nothing is redirected, and nothing that is
sent here is sent anywhere else.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode

from agentctl.model.errors import SourceError
from agentctl.sources.kubernetes_answers import Later, Need, ended, read1, seconds, status_message
from agentctl.sources.kubernetes_config import Access
from agentctl.sources.network_errors import first_line, shown_origin, status_error, transport_error
from agentctl.sources.vendors import load as load_vendor

PAGE = 500
_MAX_BODY = 1 << 30
_MAX_ERROR = 1 << 14
_ATTEMPTS = 3
_LONGEST_WAIT = 5.0
_HINT = "check the kubeconfig (`kubectl cluster-info`), the VPN and the proxy"

Params = Mapping[str, str]


class KubeApi:
    """One cluster. Safe to use from several threads. Every method raises SourceError."""

    def __init__(self, access: Access, timeout: float = 20.0, connections: int = 20) -> None:
        load_vendor("kubernetes.client.rest")
        from kubernetes.client.rest import RESTClientObject

        self.access = access
        self.timeout = timeout
        access.configuration.connection_pool_maxsize = connections
        self._pools = RESTClientObject(access.configuration).pool_manager
        self.base = str(access.configuration.host).rstrip("/")
        self.what = f"the API server at {shown_origin(self.base)}"

    def get(self, path: str, params: Params | None = None, need: Need | None = None) -> Any:
        """The JSON at a path."""
        return self._json(self._bytes("GET", path, params or {}, need))

    def post(self, path: str, body: Mapping[str, Any], need: Need | None = None) -> Any:
        """The JSON that answers a JSON body."""
        return self._json(self._bytes("POST", path, {}, need, json.dumps(body).encode()))

    def text(self, path: str, params: Params | None = None, need: Need | None = None) -> bytes:
        """The bytes at a path, whatever they are."""
        return self._bytes("GET", path, params or {}, need)

    def hello(self) -> tuple[str, float | None]:
        """(version of the API server, how many seconds its clock is ahead of ours; None where it sends no time)."""
        deadline = time.monotonic() + self.timeout
        response = self._open("GET", "/version", {}, None, None, deadline)
        date, now = response.headers.get("Date"), time.time()
        answer = self._json(self._whole(response, deadline))
        if not isinstance(answer, Mapping) or "gitVersion" not in answer:
            raise SourceError("bad-answer", f"{self.what} is no Kubernetes API", _HINT)
        try:
            ahead = None if date is None else parsedate_to_datetime(date).timestamp() - now
        except ValueError:
            ahead = None
        return str(answer["gitVersion"]), ahead

    def may(self, verb: str, resource: str, namespace: str = "", group: str = "") -> bool:
        """Whether we are allowed to, as the API server's own authoriser says."""
        name, _, sub = resource.partition("/")
        asked = {"verb": verb, "resource": name, "subresource": sub, "namespace": namespace, "group": group}
        body = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": {key: value for key, value in asked.items() if value}},
        }
        need = Need("create", "selfsubjectaccessreviews", "", "authorization.k8s.io")
        answer = self.post("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", body, need)
        status = answer.get("status") if isinstance(answer, Mapping) else None
        if not isinstance(status, Mapping):
            raise SourceError("bad-answer", f"{self.what} did not say whether we may {verb} {resource}")
        return status.get("allowed") is True

    def probe(self, path: str, need: Need) -> tuple[int, str]:
        """(HTTP status, first line) of whatever a proxied service answers; SourceError where the API server itself refuses."""
        deadline = time.monotonic() + self.timeout
        try:
            response = self._open("GET", path, {}, need, None, deadline, judge=False)
        except Later as later:
            raise later.error from None
        body = b""
        for piece in self._pieces(response, deadline):
            body += piece
            if len(body) > _MAX_ERROR:
                break
        if response.status in (401, 403) and b'"Status"' in body:
            raise self._refusal(response.status, body, need)
        return int(response.status), status_message(body)

    def items(self, path: str, need: Need, params: Params | None = None) -> Iterator[Any]:
        """The objects of a list, page by page. A list that expires half way (410) is started over, once."""
        for attempt in range(2):
            found: list[Any] = []
            try:
                for page in self._pages(path, need, params or {}):
                    found += page
            except SourceError as error:
                if error.code != "gone" or attempt:
                    raise
                continue
            yield from found
            return

    def stream(self, path: str, params: Params, need: Need | None, deadline: float) -> Iterator[bytes]:
        """The bytes at a path as they come; a body that has not ended at `deadline` (monotonic seconds) raises."""
        response = self._open("GET", path, params, need, None, deadline)
        yield from self._pieces(response, deadline)

    def headers(self) -> list[tuple[str, str]]:
        """What authenticates us to this API server, and to no other."""
        configuration = self.access.configuration
        out = [
            (str(s["key"]), str(s["value"]))
            for s in configuration.auth_settings().values()
            if s["in"] == "header" and s["value"]
        ]
        if self.access.as_user:
            out.append(("Impersonate-User", self.access.as_user))
        return out + [("Impersonate-Group", group) for group in self.access.as_groups]

    def _pages(self, path: str, need: Need, params: Params) -> Iterator[list[Any]]:
        following = ""
        while True:
            asked = {**params, "limit": str(PAGE)} | ({"continue": following} if following else {})
            page = self.get(path, asked, need)
            found = page.get("items") if isinstance(page, Mapping) else None
            if not isinstance(found, list | None) or not isinstance(page, Mapping) or "metadata" not in page:
                raise SourceError("bad-answer", f"{self.what} answered no list for {path}", _HINT)
            yield found or []
            before, following = following, str((page["metadata"] or {}).get("continue") or "")
            if not following or following == before:
                return

    def _bytes(self, method: str, path: str, params: Params, need: Need | None, body: bytes | None = None) -> bytes:
        deadline = time.monotonic() + self.timeout
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                response = self._open(method, path, params, need, body, deadline)
            except Later as later:
                if attempt == _ATTEMPTS or time.monotonic() + later.wait > deadline:
                    raise later.error from None
                time.sleep(later.wait)
                continue
            return self._whole(response, deadline)
        raise AssertionError("unreachable")

    def _open(
        self,
        method: str,
        path: str,
        params: Params,
        need: Need | None,
        body: bytes | None,
        deadline: float,
        judge: bool = True,
    ) -> Any:
        import urllib3
        from urllib3._collections import HTTPHeaderDict

        headers = HTTPHeaderDict([("Accept", "application/json, */*"), ("User-Agent", "agentctl"), *self.headers()])
        if body is not None:
            headers["Content-Type"] = "application/json"
        left = max(deadline - time.monotonic(), 0.001)
        url = f"{self.base}{path}" + (f"?{urlencode(params)}" if params else "")
        try:
            response = self._pools.request(
                method,
                url,
                headers=headers,
                body=body,
                preload_content=False,
                redirect=False,
                retries=False,
                timeout=urllib3.Timeout(connect=min(self.timeout, left), read=min(self.timeout, left)),
            )
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            raise transport_error(error, self.what, _HINT, self.timeout) from error
        if judge and response.status >= 300:
            self._refuse(response, need, deadline)
        return response

    def _refuse(self, response: Any, need: Need | None, deadline: float) -> None:
        try:
            body = b"".join(self._pieces(response, deadline, _MAX_ERROR))
        except SourceError:
            body = b""
        error = self._refusal(response.status, body, need)
        wait = seconds(response.headers.get("Retry-After"))
        if response.status in (429, 503) and wait is not None and wait <= _LONGEST_WAIT:
            raise Later(error, wait)
        raise error

    def _refusal(self, status: int, body: bytes, need: Need | None) -> SourceError:
        said = status_message(body)
        if status == 403 and need is not None:
            hint = f"you need: {need}. `agentctl rbac` prints a role that has it"
            return SourceError("forbidden", f"{self.what} does not let us {need}: {said}", hint)
        if status == 401:
            return SourceError(
                "unauthorized",
                f"{self.what} does not accept our credentials: {said}",
                "log in again; check the kubeconfig's user",
            )
        return status_error(status, said.encode(), self.what)

    def _whole(self, response: Any, deadline: float) -> bytes:
        return b"".join(self._pieces(response, deadline, _MAX_BODY))

    def _pieces(self, response: Any, deadline: float, most: int | None = None) -> Iterator[bytes]:
        """What arrives, as it arrives: waiting for a full piece would wait past the deadline on a body that trickles."""
        import urllib3

        size = 0
        try:
            for piece in iter(lambda: read1(response), b""):
                yield piece
                size += len(piece)
                if time.monotonic() > deadline:
                    raise SourceError(
                        "timeout", f"{self.what} did not finish its answer in time", "raise --request-timeout"
                    )
                if most is not None and size > most:
                    raise SourceError(
                        "bad-answer", f"the answer of {self.what} is too large", "narrow it with -n or -l"
                    )
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            raise transport_error(error, self.what, _HINT, self.timeout) from error
        finally:
            response.close() if not ended(response) else response.release_conn()

    def _json(self, body: bytes) -> Any:
        try:
            return json.loads(body)
        except (ValueError, RecursionError) as error:
            if body.lstrip()[:1] == b"{":
                raise SourceError("truncated", f"the answer of {self.what} broke off", "try again") from error
            said = first_line(body) or "nothing"
            raise SourceError(
                "bad-answer", f"{self.what} answered no JSON: {said}", "is a login page or a proxy in between?"
            ) from error
