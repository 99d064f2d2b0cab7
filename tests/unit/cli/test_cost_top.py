"""`cost top` on recordings made by hand."""

from __future__ import annotations

import json
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from agentctl.cli.app import run

sys.path.insert(0, str(Path(__file__).resolve().parent))

import cost_bundle as by_hand

Capture = pytest.CaptureFixture[str]


def top(capsys: Capture, bundle: Path, *more: str) -> tuple[int, dict[str, Any]]:
    code = run(["cost", "top", "--bundle", str(bundle), "-o", "json", *more])
    return code, json.loads(capsys.readouterr().out)


def rows(report: dict[str, Any], by: str = "agent") -> list[tuple[Any, ...]]:
    return [(r[by], r["usd"] and Decimal(r["usd"]), r["quality"]) for r in report["data"]["rows"]]


def test_the_window_is_exact_and_the_dearest_stands_first(tmp_path: Path, capsys: Capture) -> None:
    series = [
        by_hand.line([(3660, 100), (3600, 101), (1800, 104), (0, 105.5), (-60, 999)], agent_name="triage", model="a"),
        by_hand.line([(3600, 7), (1800, 9), (900, 0.5), (0, 2.25)], agent_name="search", model="a"),
        by_hand.line([(3600, 1), (0, 21)], agent_name="search", model="b"),
    ]
    code, report = top(capsys, by_hand.write(tmp_path, series))
    assert code == 0
    assert rows(report) == [("search", Decimal("24.25"), "exact"), ("triage", Decimal("4.5"), "exact")]
    assert report["data"]["total"]["usd"] == "28.75"
    assert report["data"]["total"]["quality"] == "exact"
    assert report["window"] == {"start": "2026-03-03T11:00:00Z", "end": "2026-03-03T12:00:00Z"}
    assert report["data"]["rows"][0]["usdPerHour"].startswith("24.25")


def test_since_counts_back_from_the_end_of_the_recording(tmp_path: Path, capsys: Capture) -> None:
    bundle = by_hand.write(tmp_path, [by_hand.line([(3600, 1), (1800, 2), (1799, 3), (0, 7)], agent_name="t")])
    _, report = top(capsys, bundle, "--since", "30m")
    assert rows(report) == [("t", Decimal(5), "exact")]
    assert report["window"]["start"] == "2026-03-03T11:30:00Z"


def test_what_cannot_be_known_exactly_is_a_lower_bound_and_exits_0(tmp_path: Path, capsys: Capture) -> None:
    series = [
        by_hand.line([(1800, 500), (0, 503)], agent_name="old"),
        by_hand.line([(1800, 5), (0, 6)], agent_name="new"),
        by_hand.line(
            [(1800, by_hand.END - 1810), (0, by_hand.END - 1810)], "agent_cost_total_usd_created", agent_name="new"
        ),
    ]
    code, report = top(capsys, by_hand.write(tmp_path, series))
    assert code == 0
    assert rows(report) == [("new", Decimal(6), "exact"), ("old", Decimal(3), "lower-bound")]
    assert report["data"]["rows"][1]["reasons"] == ["baseline missing"]
    assert (report["data"]["total"]["usd"], report["data"]["total"]["quality"]) == ("9.0", "lower-bound")


@pytest.mark.parametrize(
    "series",
    [
        None,
        [],
        [by_hand.line([(3600, 1), (0, 2)], "agent_tasks_total", agent_name="t")],
        [by_hand.line([(9000, 1), (8000, 2)], agent_name="t")],
    ],
)
def test_no_metric_is_unknown_and_never_zero(tmp_path: Path, capsys: Capture, series: Any) -> None:
    code, report = top(capsys, by_hand.write(tmp_path, series))
    assert code == 5
    assert report["status"] == "unknown"
    assert report["data"]["total"]["usd"] is None
    assert report["data"]["total"]["quality"] == "unknown"
    assert report["errors"]


def test_an_agent_that_fell_silent_before_the_window_is_unknown_and_the_sum_a_lower_bound(
    tmp_path: Path, capsys: Capture
) -> None:
    series = [
        by_hand.line([(3600, 1), (0, 2)], agent_name="t"),
        by_hand.line([(3700, 1), (3610, 2)], agent_name="gone"),
    ]
    _, report = top(capsys, by_hand.write(tmp_path, series))
    assert rows(report) == [("t", Decimal(1), "exact"), ("gone", None, "unknown")]
    assert report["data"]["total"]["quality"] == "lower-bound"


def test_by_model_pod_and_label(tmp_path: Path, capsys: Capture) -> None:
    series = [
        by_hand.line([(3600, 0), (0, 3)], agent_name="t", model="m1", pod="p1", team="x"),
        by_hand.line([(3600, 0), (0, 5)], agent_name="t", model="m2", pod="p1", team="y"),
        by_hand.line([(3600, 0), (0, 1)], agent_name="u", pod="p2"),
    ]
    bundle = by_hand.write(tmp_path, series)
    expected = {
        "model": [("m2", 5), ("m1", 3), (None, 1)],
        "pod": [("p1", 8), ("p2", 1)],
        "label:team": [("y", 5), ("x", 3), (None, 1)],
    }
    for by, wanted in expected.items():
        _, report = top(capsys, bundle, "--by", by)
        assert [(n, u) for n, u, _ in rows(report, by.removeprefix("label:"))] == wanted


def test_the_namespace_is_matched_only_where_asked_and_only_where_there_is_one(tmp_path: Path, capsys: Capture) -> None:
    series = [
        by_hand.line([(3600, 0), (0, 1)], agent_name="plain"),
        by_hand.line([(3600, 0), (0, 2)], agent_name="a", namespace="agents"),
        by_hand.line([(3600, 0), (0, 4)], agent_name="b", namespace="other"),
    ]
    bundle = by_hand.write(tmp_path, series)
    assert top(capsys, bundle)[1]["data"]["total"]["usd"] == "7.0"
    assert top(capsys, bundle, "-n", "agents")[1]["data"]["total"]["usd"] == "3.0"


def test_logged_dollars_stand_beside_metered_ones(tmp_path: Path, capsys: Capture) -> None:
    lines = [by_hand.call(1000, "t", "m", (100, 10), "1.25"), by_hand.call(500, "t", "m", (200, 20), "0.75")]
    bundle = by_hand.write(tmp_path, [by_hand.line([(3600, 0), (0, 1.5)], agent_name="t")], logs={"pod-1": lines})
    row = top(capsys, bundle)[1]["data"]["rows"][0]
    assert (row["loggedUsd"], Decimal(row["gapUsd"]), row["calls"], row["inputTokens"]) == (
        "2.00",
        Decimal("0.5"),
        2,
        300,
    )


def test_log_files_alone_are_enough(tmp_path: Path, capsys: Capture) -> None:
    log = tmp_path / "agent.log"
    log.write_text(
        "\n".join(
            [by_hand.call(1000, "t", "m", (1, 1), "1.25"), by_hand.call(500, "t", "x", (1, 1), None, run_id="r1")]
        )
        + "\n"
    )
    code = run(["cost", "top", "--logs", str(log), "-o", "json"])
    report = json.loads(capsys.readouterr().out)
    assert code == 0
    assert rows(report) == [("t", Decimal("1.25"), "lower-bound")]
    assert report["data"]["rows"][0]["reasons"] == ["1 of 2 calls state no cost"]
    run(["cost", "top", "--logs", str(log), "--by", "model", "-o", "json"])
    by_model = json.loads(capsys.readouterr().out)
    assert rows(by_model, "model") == [("m", Decimal("1.25"), "exact"), ("x", None, "unknown")]


def test_money_of_another_currency_is_not_counted_and_said(tmp_path: Path, capsys: Capture) -> None:
    series = [
        by_hand.line([(3600, 0), (0, 1)], agent_name="t"),
        by_hand.line([(3600, 0), (0, 9)], "agent_cost_total_eur_total", agent_name="t"),
    ]
    report = top(capsys, by_hand.write(tmp_path, series))[1]
    assert report["data"]["total"]["usd"] == "1.0"
    assert any("another currency" in note for note in report["data"]["notes"])


def test_a_limit_cuts_the_table_and_never_the_data(tmp_path: Path, capsys: Capture) -> None:
    series = [by_hand.line([(3600, 0), (0, i + 1)], agent_name=f"a{i}") for i in range(5)]
    bundle = by_hand.write(tmp_path, series)
    assert len(top(capsys, bundle, "--limit", "2")[1]["data"]["rows"]) == 5
    run(["cost", "top", "--bundle", str(bundle), "--limit", "2"])
    shown = capsys.readouterr().out
    assert "a4" in shown
    assert "a2" not in shown
    assert "$15.00" in shown


def test_a_name_from_a_label_cannot_move_the_cursor(tmp_path: Path, capsys: Capture) -> None:
    bundle = by_hand.write(tmp_path, [by_hand.line([(3600, 0), (0, 1)], agent_name="[red]x[/red]\x1b[2J")])
    run(["cost", "top", "--bundle", str(bundle)])
    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    assert "[red]x[/red]\\x1b[2J" in shown


@pytest.mark.parametrize("wrong", [["--by", "colour"], ["--sort", "x"], ["--timezone", "Mars/Base"], ["--since", "0s"]])
def test_wrong_options_are_2(tmp_path: Path, capsys: Capture, wrong: list[str]) -> None:
    config = "agent:\n  name: t\n  cost_controls: {max_daily_spend_usd: 5}\n"
    bundle = by_hand.write(tmp_path, [by_hand.line([(3600, 0), (0, 1)], agent_name="t")], config=config)
    assert run(["cost", "top", "--bundle", str(bundle), *wrong]) == 2


def test_a_broken_line_is_3_and_named(tmp_path: Path, capsys: Capture) -> None:
    bundle = by_hand.write(tmp_path, [by_hand.line([(3600, 0), (0, 1)], agent_name="t")])
    with (bundle / "metrics" / "samples.jsonl").open("a") as file:
        file.write('{"metric": {"__name__": "agent_cost_total_usd"}, "values": [[1,')
    assert run(["cost", "top", "--bundle", str(bundle)]) == 3
    assert "samples.jsonl:2" in capsys.readouterr().err


def test_partial_metrics_are_a_lower_bound(tmp_path: Path, capsys: Capture) -> None:
    bundle = by_hand.write(tmp_path, [by_hand.line([(3600, 0), (0, 1)], agent_name="t")])
    manifest = json.loads((bundle / "bundle.json").read_text())
    manifest["sources"] = {"metrics": {"status": "partial", "error": "one store was down"}}
    (bundle / "bundle.json").write_text(json.dumps(manifest))
    code, report = top(capsys, bundle)
    assert code == 0
    assert rows(report) == [("t", Decimal(1), "lower-bound")]
    assert "one store was down" in report["errors"][0]["message"]


def test_bad_samples_are_said_and_never_counted(tmp_path: Path, capsys: Capture) -> None:
    """Negative, infinite and missing values, a clock that runs ahead, two values at one time, lines out of order."""
    end = by_hand.END
    series = [
        by_hand.line([(3600, 1), (1800, "NaN"), (900, "+Inf"), (600, -5), (0, 3)], agent_name="values"),
        by_hand.line([(0, 9), (3600, 5), (1800, 7)], agent_name="order"),
        by_hand.line([(1800, 5), (0, 6)], agent_name="skewed"),
        by_hand.line([(1800, end - 1798), (0, end - 1798)], "agent_cost_total_usd_created", agent_name="skewed"),
        by_hand.line([(3600, 5), (0, 6)], agent_name="doubled"),
        by_hand.line([(3600, 5), (0, 6)], agent_name="doubled"),
        by_hand.line([(3600, 5), (0, 6)], model="m"),
    ]
    _, report = top(capsys, by_hand.write(tmp_path, series))
    found = {name: (usd, quality) for name, usd, quality in rows(report)}
    assert found == {
        "values": (Decimal(2), "exact"),
        "order": (Decimal(4), "exact"),
        "skewed": (Decimal(6), "exact"),
        "doubled": (Decimal(1), "exact"),
        None: (Decimal(1), "exact"),
    }
    said = " ".join(report["data"]["notes"])
    for word in ("not a number", "infinite", "negative", "name no agent"):
        assert word in said


def test_a_window_that_reaches_back_further_than_the_recording_is_a_lower_bound(
    tmp_path: Path, capsys: Capture
) -> None:
    born = by_hand.END - 3500
    series = [
        by_hand.line([(3490, 1), (0, 2)], agent_name="t"),
        by_hand.line([(3490, born), (0, born)], "agent_cost_total_usd_created", agent_name="t"),
    ]
    bundle = by_hand.write(tmp_path, series)
    assert rows(top(capsys, bundle)[1]) == [("t", Decimal(2), "exact")]
    assert rows(top(capsys, bundle, "--since", "90d")[1]) == [("t", Decimal(2), "lower-bound")]


def test_a_litellm_proxy_counts_where_the_agents_do_not(tmp_path: Path, capsys: Capture) -> None:
    key = {"api_key_alias": "desk", "model": "gpt-4.1"}
    series = [
        by_hand.line([(3600, 1), (0, 2.5)], "litellm_spend_metric_total", **key),
        by_hand.line([(3600, 100), (0, 400)], "litellm_input_tokens_metric_total", **key),
        by_hand.line([(3600, 10), (0, 50)], "litellm_output_tokens_metric_total", **key),
    ]
    _, report = top(capsys, by_hand.write(tmp_path / "a", series))
    assert rows(report) == [("desk", Decimal("1.5"), "exact")]
    assert (report["data"]["rows"][0]["inputTokens"], report["data"]["rows"][0]["outputTokens"]) == (300, 40)
    both = [*series, by_hand.line([(3600, 0), (0, 9)], agent_name="desk")]
    assert rows(top(capsys, by_hand.write(tmp_path / "b", both))[1]) == [("desk", Decimal(9), "exact")]


def test_tokens_as_opentelemetry_counts_them(tmp_path: Path, capsys: Capture) -> None:
    usage = "gen_ai_client_token_usage_sum"
    series = [
        by_hand.line([(3600, 0), (0, 1)], agent_name="t"),
        by_hand.line([(3600, 0), (0, 700)], usage, gen_ai_agent_name="t", gen_ai_token_type="input"),
        by_hand.line([(3600, 0), (0, 30)], usage, gen_ai_agent_name="t", gen_ai_token_type="output"),
    ]
    row = top(capsys, by_hand.write(tmp_path, series))[1]["data"]["rows"][0]
    assert (row["inputTokens"], row["outputTokens"]) == (700, 30)
