"""The providers' bills, as their admin endpoints state them, against what was metered."""

from __future__ import annotations

import json
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from agentctl.cli.app import run

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit" / "cli"))

import cost_bundle as by_hand
import prometheus_server as fake

Capture = pytest.CaptureFixture[str]
DAY = 86_400
MIDNIGHT = by_hand.END - by_hand.END % DAY


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A dollar an hour on Claude, two on GPT, for three days."""
    series = [
        by_hand.steady(1.0, 72, step=3600, agent_name="a", model="claude-sonnet-4-5"),
        by_hand.steady(2.0, 72, step=3600, agent_name="a", model="gpt-4.1"),
    ]
    return by_hand.write(tmp_path / "bundle", series)


def anthropic(handler: Any, asked: fake.Asked) -> None:
    """Two pages, a day each; amounts are decimal strings in cents, several results a day."""
    assert asked.path == "/v1/organizations/cost_report"
    assert asked.headers["x-api-key"] == "admin-1"
    second = "page=p2" in asked.query
    start = by_hand.moment(MIDNIGHT - DAY if second else MIDNIGHT - 2 * DAY)
    results = [{"currency": "USD", "amount": "2000.5"}, {"currency": "USD", "amount": "399.5"}]
    page = {"has_more": not second, "next_page": None if second else "p2"}
    fake.reply(200, {"data": [{"starting_at": start, "ending_at": "", "results": results}], **page})(handler, asked)


def openai(handler: Any, asked: fake.Asked) -> None:
    """Amounts are numbers in dollars."""
    assert asked.path == "/v1/organization/costs"
    assert asked.headers["authorization"] == "Bearer admin-2"
    bucket = {"start_time": MIDNIGHT - DAY, "results": [{"amount": {"value": 50.25, "currency": "usd"}}]}
    fake.reply(200, {"data": [bucket], "has_more": False, "next_page": None})(handler, asked)


def bill(capsys: Capture, bundle: Path) -> dict[str, Any]:
    code = run(["cost", "reconcile", "--days", "2", "--bundle", str(bundle), "-o", "json"])
    report: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert report["exitCode"] == code
    return report


def test_cents_and_dollars_are_told_apart(bundle: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    with fake.serving(anthropic) as first, fake.serving(openai) as second:
        monkeypatch.setenv("AGENTCTL_ANTHROPIC_URL", first.url)
        monkeypatch.setenv("AGENTCTL_OPENAI_URL", second.url)
        monkeypatch.setenv("ANTHROPIC_ADMIN_KEY", "admin-1")
        monkeypatch.setenv("OPENAI_ADMIN_KEY", "admin-2")
        report = bill(capsys, bundle)
    assert report["exitCode"] == 0
    found = [
        (r["provider"], r["billedUsd"] and Decimal(r["billedUsd"]), Decimal(r["usd"])) for r in report["data"]["rows"]
    ]
    assert found == [
        ("anthropic", Decimal(24), Decimal(24)),
        ("anthropic", Decimal(24), Decimal(24)),
        ("openai", None, Decimal(48)),
        ("openai", Decimal("50.25"), Decimal(48)),
    ]
    assert Decimal(report["data"]["rows"][3]["gapUsd"]) == Decimal("2.25")


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (fake.reply(401, b"{}"), "unauthorized"),
        (fake.reply(429, b"{}"), "rate-limited"),
        (fake.reply(200, {"data": [{"starting_at": "2026-03-02T00:00:00Z"}]}), "bad-answer"),
        (
            fake.reply(200, {"data": [{"starting_at": "2026-03-02T00:00:00Z", "results": [{"amount": "x"}]}]}),
            "bad-answer",
        ),
        (
            fake.reply(
                200,
                {"data": [{"starting_at": "2026-03-02T00:00:00Z", "results": [{"amount": "1", "currency": "EUR"}]}]},
            ),
            "bad-answer",
        ),
    ],
)
def test_a_bill_that_cannot_be_read_is_said(
    answer: fake.Answer, code: str, bundle: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    with fake.serving(answer) as server:
        monkeypatch.setenv("AGENTCTL_ANTHROPIC_URL", server.url)
        monkeypatch.setenv("ANTHROPIC_ADMIN_KEY", "admin-1")
        report = bill(capsys, bundle)
    assert report["exitCode"] == 4
    assert [e["code"] for e in report["errors"]] == [code]
    assert "admin-1" not in json.dumps(report)


def test_without_a_key_there_is_nothing_to_ask(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ANTHROPIC_ADMIN_KEY", "OPENAI_ADMIN_KEY", "ANTHROPIC_ADMIN_KEY_FILE", "OPENAI_ADMIN_KEY_FILE"):
        monkeypatch.delenv(name, raising=False)
    assert run(["cost", "reconcile", "--bundle", str(bundle)]) == 3
