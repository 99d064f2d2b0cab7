"""`cost top` where a server has too many samples: it says that it was summed there, and does without where that fails."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from agentctl.cli.app import run

sys.path.insert(0, str(Path(__file__).resolve().parent))

import prometheus_server as fake

COST = "agent_cost_total_usd_total"
START, END = 1_000_000, 1_003_600
SPAN = ("--since-time", "1970-01-12T13:46:40Z", "--until", "1970-01-12T14:46:40Z")
Capture = pytest.CaptureFixture[str]


def entry(value: str, **labels: str) -> dict[str, Any]:
    return {"metric": labels, "value": [END, value]}


def asked_for(query: str, sums: bool, rough: bool) -> list[dict[str, Any]] | None:
    """The answer of a server over a huge fleet of one agent; None = an error."""
    if query.startswith(("sum(count_over_time", "count(count_over_time")):
        return [entry("1000000000")]
    if query.startswith("count_values"):
        return [entry("9998", n="1")]
    if query.startswith("sum by") and not sums:
        return None
    if query.startswith("sum by"):
        return [entry("2" if "increase(" in query else "10", agent_name="triage")] if "min_over" not in query else []
    if query.startswith("group by"):
        return [entry("1", agent_name="triage")]
    if "unless ignoring" in query and rough:
        return [entry("1", __name__=COST, agent_name="triage", pod=f"p{i}") for i in range(500)]
    if query.startswith("{"):
        points = [[START - 60, "1"], [START + 1800, "3"], [END - 10, "4.5"]]
        return [{"metric": {"__name__": COST, "agent_name": "triage"}, "values": points}]
    return []


def answers(sums: bool = True, rough: bool = False) -> fake.Answer:
    def answer(handler: Any, asked: fake.Asked) -> None:
        if "__name__/values" in asked.path:
            return fake.reply(200, {"status": "success", "data": [COST, "up"]})(handler, asked)
        result = [] if "start" in asked.form else asked_for(asked.form.get("query", ""), sums, rough)
        if result is None:
            body = {
                "status": "error",
                "errorType": "execution",
                "error": "query processing would load too many samples",
            }
            return fake.reply(422, body)(handler, asked)
        kind = "matrix" if result and "values" in result[0] else "vector"
        return fake.reply(200, {"status": "success", "data": {"resultType": kind, "result": result}})(handler, asked)

    return answer


def top(server: fake.Faulty, capsys: Capture) -> dict[str, Any]:
    assert run(["cost", "top", "--prometheus-url", server.url, *SPAN, "-o", "json"]) == 0
    data: dict[str, Any] = json.loads(capsys.readouterr().out)["data"]
    return data


def test_the_report_says_that_the_server_summed(capsys: Capture) -> None:
    with fake.serving(answers()) as server:
        data = top(server, capsys)
        assert run(["cost", "top", "--prometheus-url", server.url, *SPAN]) == 0
    assert (data["method"], data["pushedDown"]["series"]) == ("pushed-down", 9998)
    assert data["total"] == {**data["total"], "usd": "10.0", "quality": "exact"}
    assert "pushed down: 9998 series" in capsys.readouterr().out


def test_what_only_increase_knows_is_an_estimate_and_how_much_is_said(capsys: Capture) -> None:
    with fake.serving(answers(rough=True)) as server:
        data = top(server, capsys)
        assert run(["cost", "top", "--prometheus-url", server.url, *SPAN]) == 0
    assert data["total"] == {**data["total"], "usd": "12.0", "quality": "estimated"}
    assert data["pushedDown"] == {"series": 9998, "fetched": 0, "summedByClass": 500, "estimatedUsd": "2.000000000"}
    assert "$2.00 of the sum estimated with increase()" in capsys.readouterr().out


def test_a_server_that_does_not_sum_is_read(capsys: Capture) -> None:
    with fake.serving(answers(sums=False)) as server:
        data = top(server, capsys)
    assert (data["method"], data["pushedDown"], data["total"]["usd"]) == ("raw-samples", None, "3.5")
