"""What the providers bill, by day: the admin endpoints of the account, read page by page.

Anthropic's cost report states amounts as decimal strings in cents, OpenAI's costs endpoint as numbers in dollars.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Protocol

from agentctl.model.duration import format_time
from agentctl.model.errors import SourceError
from agentctl.model.money import ZERO, decimal_of
from agentctl.model.report import Window
from agentctl.sources.credentials import Credentials, credential
from agentctl.sources.http_client import HttpClient
from agentctl.sources.quota import ANTHROPIC_URL, OPENAI_URL

_MOST_PAGES = 200
_CENTS = Decimal(100)


@dataclass(frozen=True, slots=True)
class BilledDay:
    """What one provider bills for one day: `start` is its midnight UTC in unix seconds."""

    provider: str
    start: float
    usd: Decimal


class Bill(Protocol):
    """One provider's account."""

    name: str

    def days(self, window: Window) -> Sequence[BilledDay]:
        """The days that begin in the window. Raises SourceError."""
        ...


class AnthropicBill:
    """GET /v1/organizations/cost_report."""

    name = "anthropic"

    def __init__(self, key: str, url: str = ANTHROPIC_URL, timeout: float = 20.0) -> None:
        headers = {"x-api-key": key, "anthropic-version": "2023-06-01"}
        self._client = HttpClient(url, "the Anthropic admin API", timeout, headers=headers)

    def days(self, window: Window) -> Sequence[BilledDay]:
        """As Bill.days."""
        span = {"starting_at": format_time(window.start), "ending_at": format_time(window.end), "bucket_width": "1d"}
        found = []
        for bucket in _pages(self._client, "/v1/organizations/cost_report", span):
            start = datetime.fromisoformat(str(bucket["starting_at"])).astimezone(UTC).timestamp()
            cents = (_amount(r.get("amount"), r.get("currency")) for r in bucket["results"])
            found.append(BilledDay(self.name, start, sum(cents, ZERO) / _CENTS))
        return found


class OpenAiBill:
    """GET /v1/organization/costs."""

    name = "openai"

    def __init__(self, key: str, url: str = OPENAI_URL, timeout: float = 20.0) -> None:
        self._client = HttpClient(url, "the OpenAI admin API", timeout, Credentials(token=key))

    def days(self, window: Window) -> Sequence[BilledDay]:
        """As Bill.days."""
        span = {"start_time": str(int(window.start.timestamp())), "end_time": str(int(window.end.timestamp()))}
        found = []
        for bucket in _pages(self._client, "/v1/organization/costs", span | {"bucket_width": "1d"}):
            amounts = (r.get("amount") or {} for r in bucket["results"])
            usd = sum((_amount(a.get("value"), a.get("currency")) for a in amounts), ZERO)
            found.append(BilledDay(self.name, float(bucket["start_time"]), usd))
        return found


def bills(environ: Mapping[str, str], timeout: float) -> list[Bill]:
    """The accounts whose admin key is set. Raises InputError for a key file that cannot be read."""
    found: list[Bill] = []
    if key := credential(environ, "ANTHROPIC_ADMIN_KEY"):
        found.append(AnthropicBill(key, environ.get("AGENTCTL_ANTHROPIC_URL", ANTHROPIC_URL), timeout))
    if key := credential(environ, "OPENAI_ADMIN_KEY"):
        found.append(OpenAiBill(key, environ.get("AGENTCTL_OPENAI_URL", OPENAI_URL), timeout))
    return found


def _pages(client: HttpClient, path: str, params: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
    """The buckets of all pages; SourceError where one is not in the form that is known."""
    page = ""
    for _ in range(_MOST_PAGES):
        answer = client.get(path, {**params, **({"page": page} if page else {})})
        buckets = answer.get("data") if isinstance(answer, Mapping) else None
        if not isinstance(buckets, list) or not all(
            isinstance(b, Mapping) and isinstance(b.get("results"), list) for b in buckets
        ):
            hint = "agentctl may be older than this API"
            raise SourceError("bad-answer", f"{client.what} answered in a form that cannot be read", hint)
        yield from buckets
        before, page = page, str(answer.get("next_page") or "")
        if not answer.get("has_more") or not page or page == before:
            return
    raise SourceError("bad-answer", f"{client.what} has more pages than can be", "ask for fewer days")


def _amount(value: Any, currency: Any) -> Decimal:
    """A number as a decimal; SourceError for one that cannot be read, or of another currency than USD."""
    if str(currency or "USD").upper() != "USD":
        raise SourceError("bad-answer", f"the bill is in {currency}, not in USD", "only bills in USD can be compared")
    try:
        found = decimal_of(value) if isinstance(value, float) else Decimal(str(value))
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite():
        raise SourceError(
            "bad-answer", "the bill holds an amount that is no number", "agentctl may be older than this API"
        )
    return found
