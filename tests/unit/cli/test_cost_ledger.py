"""Twenty calls of two agents, added up by hand, through every cost command.

| agent | run | calls | USD each | what happened |
|---|---|---|---|---|
| desk | r1 | 3 | 0.10 | done |
| desk | r2 | 4 | 0.10 | first attempt failed after 2 calls, then done |
| desk | r3 | 5 | 0.20 | failed in the end |
| desk | r4 | 4 | 0.05 | the same search three times, one call after the third |
| buyer | r5 | 4 | 0.011 | Sonnet's tokens at Haiku's price |

desk: 0.30 + 0.40 + 1.00 + 0.20 = 1.90; buyer: 0.044; all: 1.944.
Waste of desk: 0.20 retries, 1.00 failed run, 0.05 the same call again.
"""

from __future__ import annotations

import csv
import io
import json
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from agentctl.cli.app import run

sys.path.insert(0, str(Path(__file__).resolve().parent))

import cost_bundle as by_hand

Capture = pytest.CaptureFixture[str]
SCHEMA = json.loads((Path(__file__).parents[3] / "schemas" / "report.schema.json").read_text())
SONNET, HAIKU = "claude-sonnet-4-5", "claude-haiku-4-5"
CONFIG = """\
agent:
  name: desk
  cost_controls: {max_daily_spend_usd: 2.00, max_cost_per_run_usd: 0.50, alert_on_threshold: 0.8}
---
agent:
  name: buyer
  cost_controls: {max_daily_spend_usd: 0.04}
"""


def said(ago: float, run_id: str, message: str, level: str = "INFO") -> str:
    return json.dumps(
        {
            "time": by_hand.moment(by_hand.END - ago),
            "level": level,
            "agent": "desk",
            "run_id": run_id,
            "message": message,
        }
    )


def calls(first: int, count: int, run_id: str, usd: str, agent: str = "desk", model: str = SONNET) -> list[str]:
    return [by_hand.call(first - i, agent, model, (5000, 1200), usd, run_id=run_id) for i in range(count)]


def lines() -> list[str]:
    search = [said(900 - i * 10, "r4", "TOOL_CALL: search_kb query=the same") for i in range(3)]
    circling = calls(899, 1, "r4", "0.05"), calls(889, 1, "r4", "0.05"), calls(879, 1, "r4", "0.05")
    return [
        *calls(3000, 3, "r1", "0.10"),
        *calls(2500, 2, "r2", "0.10"),
        said(2490, "r2", "Attempt 1 failed: 503 from kb-service", "WARNING"),
        *calls(2480, 2, "r2", "0.10"),
        *calls(2000, 5, "r3", "0.20"),
        said(1990, "r3", "run failed: order 17 not found", "ERROR"),
        *calls(950, 1, "r4", "0.05"),
        search[0], *circling[0], search[1], *circling[1], search[2], *circling[2],
        *calls(500, 4, "r5", "0.011", "buyer"),
    ]  # fmt: skip


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    series = [
        by_hand.line([(43_000, 5), (3600, 5), (1800, 6), (0, 6.9)], agent_name="desk", model=SONNET),
        by_hand.line([(43_000, 0), (3600, 0), (0, 0.044)], agent_name="buyer", model=SONNET),
    ]
    return by_hand.write(tmp_path / "bundle", series, logs={"pod-1": lines()}, config=CONFIG)


def ask(capsys: Capture, bundle: Path, *words: str) -> tuple[int, dict[str, Any]]:
    code = run(["cost", *words, "--bundle", str(bundle), "-o", "json"])
    return code, json.loads(capsys.readouterr().out)


def test_top(bundle: Path, capsys: Capture) -> None:
    _, report = ask(capsys, bundle, "top")
    rows = {r["agent"]: r for r in report["data"]["rows"]}
    assert Decimal(rows["desk"]["usd"]) == Decimal(rows["desk"]["loggedUsd"]) == Decimal("1.90")
    assert (rows["desk"]["calls"], rows["desk"]["inputTokens"], rows["desk"]["outputTokens"]) == (16, 80_000, 19_200)
    assert Decimal(rows["buyer"]["gapUsd"]) == 0
    assert Decimal(report["data"]["total"]["usd"]) == Decimal("1.944")


def test_top_by_run(bundle: Path, capsys: Capture) -> None:
    _, report = ask(capsys, bundle, "top", "--by", "run")
    found = [(r["run"], Decimal(r["usd"])) for r in report["data"]["rows"]]
    assert found == [
        ("r3", Decimal("1.00")),
        ("r2", Decimal("0.40")),
        ("r1", Decimal("0.30")),
        ("r4", Decimal("0.20")),
        ("r5", Decimal("0.044")),
    ]


def test_top_by_tool(bundle: Path, capsys: Capture) -> None:
    _, report = ask(capsys, bundle, "top", "--by", "tool")
    found = [(r["tool"], Decimal(r["usd"]), r["quality"]) for r in report["data"]["rows"]]
    assert found == [(None, Decimal("1.794"), "estimated"), ("search_kb", Decimal("0.15"), "estimated")]


def test_top_in_the_columns_of_focus(bundle: Path, capsys: Capture) -> None:
    assert run(["cost", "top", "--focus", "--bundle", str(bundle), "-o", "csv"]) == 0
    desk, buyer = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert (desk["ResourceId"], Decimal(desk["BilledCost"]), desk["BillingCurrency"]) == (
        "desk",
        Decimal("1.90"),
        "USD",
    )
    assert (buyer["SkuId"], buyer["ProviderName"], buyer["ConsumedQuantity"]) == (SONNET, "anthropic", "24800")
    assert (buyer["ChargePeriodStart"], buyer["x_CostQuality"]) == ("2026-03-03T11:00:00Z", "exact")


def test_runs_and_tools_need_logs(tmp_path: Path, capsys: Capture) -> None:
    bare = by_hand.write(tmp_path / "bare", [by_hand.line([(3600, 0), (0, 1)], agent_name="t")])
    for by in ("run", "tool"):
        code, report = ask(capsys, bare, "top", "--by", by)
        assert (code, report["data"]["total"]["usd"]) == (5, None)
        assert "log" in report["errors"][0]["message"]


def test_waste(bundle: Path, capsys: Capture) -> None:
    code, report = ask(capsys, bundle, "waste")
    assert code == 0
    found = [
        (r["agent"], r["kind"], Decimal(r["usd"]), r["quality"])
        for r in report["data"]["rows"]
        if r["kind"] != "cut off"
    ]
    assert found == [
        ("desk", "failed runs", Decimal("1.00"), "exact"),
        ("desk", "retries", Decimal("0.20"), "exact"),
        ("desk", "same call again", Decimal("0.05"), "exact"),
    ]
    assert Decimal(report["data"]["logged"]["usd"]) == Decimal("1.944")
    assert "order" in report["data"]["rows"][0]["example"]["text"]


def test_budget(bundle: Path, capsys: Capture) -> None:
    code, report = ask(capsys, bundle, "budget")
    rows = {r["agent"]: r for r in report["data"]["rows"]}
    assert code == 1
    assert (rows["buyer"]["status"], rows["buyer"]["used"]) == ("exceeded", pytest.approx(1.1))
    assert (rows["desk"]["status"], rows["desk"]["used"]) == ("warning", pytest.approx(0.95))
    # 0.10 left at 1.90 an hour and less before: within the hour at the dearest rate seen.
    assert rows["desk"]["runsOutBetween"]["earliest"] == "2026-03-03T12:03:09.473Z"
    assert (rows["desk"]["dearestRun"], Decimal(rows["desk"]["dearestRunUsd"])) == ("r3", Decimal("1.00"))
    assert {(f["code"], f["severity"], f["subject"]) for f in report["findings"]} == {
        ("budget-exceeded", "error", "agent/buyer"),
        ("budget-warning", "warning", "agent/desk"),
        ("run-over-limit", "error", "agent/desk"),
    }


def test_the_day_begins_where_it_is_said_to(bundle: Path, capsys: Capture) -> None:
    _, report = ask(capsys, bundle, "budget", "--timezone", "America/New_York")
    assert report["data"]["day"]["start"] == "2026-03-03T05:00:00Z"


def test_without_a_document_there_is_no_budget(tmp_path: Path, capsys: Capture) -> None:
    bare = by_hand.write(tmp_path / "bare", [by_hand.line([(3600, 0), (0, 1)], agent_name="t")])
    code, report = ask(capsys, bare, "budget")
    assert (code, report["errors"][0]["code"]) == (3, "no-budget")


def test_compare_finds_sonnet_booked_at_the_price_of_haiku(bundle: Path, capsys: Capture) -> None:
    code, report = ask(capsys, bundle, "compare")
    rows = {r["agent"]: r for r in report["data"]["rows"]}
    # 5,000 × $3 + 1,200 × $15 a million tokens = $0.033 a call.
    assert Decimal(rows["buyer"]["usd"]) == Decimal("0.132")
    assert rows["buyer"]["ratio"] == pytest.approx(1 / 3)
    assert "agent/buyer" in {f["subject"] for f in report["findings"]}
    assert {f["severity"] for f in report["findings"]} == {"warning"}
    assert code == 0
    assert run(["cost", "compare", "--strict", "--bundle", str(bundle)]) == 1
    capsys.readouterr()


def test_compare_with_another_model(bundle: Path, capsys: Capture) -> None:
    _, report = ask(capsys, bundle, "compare", "--model", HAIKU)
    # 5,000 × $1 + 1,200 × $5 a million tokens = $0.011 a call; 20 calls.
    assert Decimal(report["data"]["total"]["usd"]) == Decimal("0.22")
    assert report["data"]["total"]["quality"] == "estimated"
    assert report["findings"] == []


def test_a_model_nobody_prices_is_refused_and_unknown(bundle: Path, tmp_path: Path, capsys: Capture) -> None:
    assert ask(capsys, bundle, "compare", "--model", "gpt-nonsense-9")[0] == 2
    log = tmp_path / "agent.log"
    log.write_text(by_hand.call(10, "t", "our-own-7b", (10, 10), "0.5") + "\n")
    assert run(["cost", "compare", "--logs", str(log), "-o", "json"]) == 5
    (row,) = json.loads(capsys.readouterr().out)["data"]["rows"]
    assert (row["usd"], row["quality"]) == (None, "unknown")


def test_spikes_and_forecast_say_that_there_is_no_history(bundle: Path, capsys: Capture) -> None:
    # Before the hour there was no spend at all, and the day before is not known.
    code, report = ask(capsys, bundle, "spikes")
    assert (code, [s["agent"] for s in report["data"]["spikes"]]) == (1, ["desk"])
    assert report["data"]["spikes"][0]["factor"] is None
    code, report = ask(capsys, bundle, "forecast")
    assert code == 5
    assert "not enough history" in report["data"]["rows"][0]["day"]["reasons"][0]


@pytest.mark.parametrize("command", ["top", "spikes", "budget", "waste", "forecast", "compare"])
def test_every_answer_is_as_its_schema_says(command: str, bundle: Path, capsys: Capture) -> None:
    jsonschema.validate(ask(capsys, bundle, command)[1], SCHEMA)


@pytest.mark.parametrize("command", ["top", "spikes", "budget", "waste", "forecast", "compare"])
@pytest.mark.parametrize("form", ["table", "wide", "yaml", "csv", "markdown"])
def test_every_command_in_every_form(command: str, form: str, bundle: Path, capsys: Capture) -> None:
    assert run(["cost", command, "--bundle", str(bundle), "-o", form]) in (0, 1, 5)
    shown = capsys.readouterr()
    assert "desk" in shown.out
    assert shown.err == ""
