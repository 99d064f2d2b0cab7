"""What the providers' admin endpoints say of our limits. What remains of them stands in no such endpoint: that stays None."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from typing import Any, Protocol
from urllib.parse import quote

from agentctl.model.errors import ErrorNote, SourceError
from agentctl.model.observations import QuotaLimit, QuotaReading
from agentctl.sources.credentials import Credentials, credential
from agentctl.sources.http_client import HttpClient

ANTHROPIC_URL = "https://api.anthropic.com"
OPENAI_URL = "https://api.openai.com"
_MOST_PAGES = 200
_OPENAI_LIMIT = re.compile(r"max_(?P<what>\w+?)_per_1_(?P<unit>minute|day)")


class Provider(Protocol):
    """One provider's account."""

    name: str

    def limits(self) -> Iterator[QuotaLimit]: ...


class Quota:
    """A QuotaSource over the accounts whose admin key is known. One that fails is noted while another answers."""

    def __init__(self, providers: Sequence[Provider], notes: MutableMapping[str, ErrorNote]) -> None:
        self._providers = providers
        self._notes = notes

    def quota(self) -> Sequence[QuotaReading]:
        """A reading a provider. Raises SourceError where none of them answers."""
        found: list[QuotaReading] = []
        errors: list[SourceError] = []
        for provider in self._providers:
            try:
                limits = tuple(provider.limits())
            except SourceError as error:
                errors.append(error)
                continue
            found.append(QuotaReading(provider.name, "admin-api", time.time(), limits))
        if errors and not found:
            raise errors[0]
        if errors:
            self._notes["quota"] = errors[0].note()
        return found


class Anthropic:
    """GET /v1/organizations/rate_limits, in both shapes that it has had."""

    name = "anthropic"

    def __init__(self, key: str, url: str = ANTHROPIC_URL, timeout: float = 20.0) -> None:
        headers = {"x-api-key": key, "anthropic-version": "2023-06-01"}
        self._client = HttpClient(url, "the Anthropic admin API", timeout, headers=headers)

    def limits(self) -> Iterator[QuotaLimit]:
        """Every limit of the organisation, by model (a group's name where it lists no models)."""
        page = ""
        for _ in range(_MOST_PAGES):
            answer = self._client.get("/v1/organizations/rate_limits", {"page": page} if page else {})
            for entry in _data(answer, self._client):
                yield from self._entry(entry)
            before, page = page, str(answer.get("next_page") or "")
            if not page or page == before:
                return

    def _entry(self, entry: Mapping[str, Any]) -> Iterator[QuotaLimit]:
        inner = entry.get("group")
        group: Mapping[str, Any] = inner if isinstance(inner, Mapping) else {}
        models = entry.get("models") or group.get("models")
        names = [str(m) for m in models] if isinstance(models, list) and models else [_group(entry, group)]
        for limit in entry.get("limits") or group.get("limits") or ():
            value = limit.get("value") if isinstance(limit, Mapping) else None
            if isinstance(value, int | float):
                yield from (QuotaLimit(name, str(limit.get("type")), float(value)) for name in names)


class OpenAi:
    """GET /v1/organization/projects/{id}/rate_limits of every active project."""

    name = "openai"

    def __init__(self, key: str, url: str = OPENAI_URL, timeout: float = 20.0) -> None:
        self._client = HttpClient(url, "the OpenAI admin API", timeout, Credentials(token=key))

    def limits(self) -> Iterator[QuotaLimit]:
        """The limits of every project; where there are several, the project stands before the model (`project/model`)."""
        projects = [p for p in self._pages("/v1/organization/projects") if p.get("status", "active") == "active"]
        for project in projects:
            prefix = f"{project.get('name') or project.get('id')}/" if len(projects) > 1 else ""
            path = f"/v1/organization/projects/{quote(str(project.get('id')), safe='')}/rate_limits"
            for entry in self._pages(path):
                yield from _openai_limits(entry, prefix)

    def _pages(self, path: str) -> Iterator[Mapping[str, Any]]:
        after = ""
        for _ in range(_MOST_PAGES):
            answer = self._client.get(path, {"limit": "100"} | ({"after": after} if after else {}))
            yield from _data(answer, self._client)
            before, after = after, str(answer.get("last_id") or "")
            if not answer.get("has_more") or not after or after == before:
                return


def providers(environ: Mapping[str, str], timeout: float) -> list[Provider]:
    """The accounts whose admin key is set. Raises InputError for a key file that cannot be read."""
    found: list[Provider] = []
    if key := credential(environ, "ANTHROPIC_ADMIN_KEY"):
        found.append(Anthropic(key, environ.get("AGENTCTL_ANTHROPIC_URL", ANTHROPIC_URL), timeout))
    if key := credential(environ, "OPENAI_ADMIN_KEY"):
        found.append(OpenAi(key, environ.get("AGENTCTL_OPENAI_URL", OPENAI_URL), timeout))
    return found


def _openai_limits(entry: Mapping[str, Any], prefix: str) -> Iterator[QuotaLimit]:
    for key, value in entry.items():
        match = _OPENAI_LIMIT.fullmatch(key)
        if match and isinstance(value, int | float) and not isinstance(value, bool):
            yield QuotaLimit(f"{prefix}{entry.get('model', '')}", f"{match['what']}_per_{match['unit']}", float(value))


def _group(entry: Mapping[str, Any], group: Mapping[str, Any]) -> str:
    return str(entry.get("group_type") or group.get("type") or group.get("name") or group.get("id") or "")


def _data(answer: Any, client: HttpClient) -> list[Mapping[str, Any]]:
    data = answer.get("data") if isinstance(answer, Mapping) else None
    if not isinstance(data, list):
        raise SourceError(
            "bad-answer", f"{client.what} answered in a form that cannot be read", "agentctl may be older than this API"
        )
    return [entry for entry in data if isinstance(entry, Mapping)]
