"""`cost spikes` on recordings made by hand: the wording of its definition, case by case."""

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


def spikes(capsys: Capture, bundle: Path, *more: str) -> tuple[int, dict[str, Any]]:
    code = run(["cost", "spikes", "--bundle", str(bundle), "-o", "json", *more])
    return code, json.loads(capsys.readouterr().out)


def hours(*usd: float, agent: str = "t", step: int = 300, **labels: str) -> dict[str, Any]:
    """A counter that rises evenly within each hour; the last hour given ends the window."""
    points, value = [(len(usd) * 3600, 50.0)], 50.0
    for i, amount in enumerate(usd):
        for k in range(1, 3600 // step + 1):
            points.append(((len(usd) - i) * 3600 - k * step, round(value + amount * k * step / 3600, 6)))
        value = round(value + amount, 6)
    return by_hand.line(points, agent_name=agent, **labels)


@pytest.mark.parametrize(
    ("last", "code"),
    [(6.1, 1), (6.0, 0), (5.9, 0)],
)
def test_dearer_than_three_times_the_usual_hour(tmp_path: Path, capsys: Capture, last: float, code: int) -> None:
    bundle = by_hand.write(tmp_path, [hours(2, 2, 2, 2, last)])
    got, report = spikes(capsys, bundle)
    assert got == code
    if code:
        (spike,) = report["data"]["spikes"]
        assert spike["agent"] == "t"
        assert (Decimal(spike["usd"]), Decimal(spike["usualUsd"]), Decimal(spike["extraUsd"])) == (
            Decimal("6.1"),
            Decimal(2),
            Decimal("4.1"),
        )
        assert spike["factor"] == pytest.approx(3.05)
        assert sum(Decimal(p["usd"]) for p in spike["parts"]) == Decimal(spike["extraUsd"])
        assert spike["since"] == "2026-03-03T11:00:00Z"
        assert [(f["severity"], f["subject"]) for f in report["findings"]] == [("error", "agent/t")]


@pytest.mark.parametrize(("last", "code"), [(1.25, 1), (1.24, 0)])
def test_by_at_least_so_many_dollars(tmp_path: Path, capsys: Capture, last: float, code: int) -> None:
    assert spikes(capsys, by_hand.write(tmp_path, [hours(0.25, 0.25, 0.25, last)]))[0] == code


def test_the_floors_can_be_moved(tmp_path: Path, capsys: Capture) -> None:
    bundle = by_hand.write(tmp_path, [hours(2, 2, 2, 5)])
    assert spikes(capsys, bundle)[0] == 0
    assert spikes(capsys, bundle, "--factor", "2")[0] == 1
    assert spikes(capsys, bundle, "--factor", "2", "--min-usd", "4")[0] == 0


def test_the_same_hour_of_the_day_before_excuses_a_daily_batch(tmp_path: Path, capsys: Capture) -> None:
    quiet = [1.0] * 23
    assert spikes(capsys, by_hand.write(tmp_path / "a", [hours(10, *quiet, 10)]))[0] == 0
    assert spikes(capsys, by_hand.write(tmp_path / "b", [hours(1, *quiet, 10)]))[0] == 1


def test_a_monday_is_held_against_the_monday_before(tmp_path: Path, capsys: Capture) -> None:
    week = [1.0] * (6 * 24 + 23)
    code, report = spikes(capsys, by_hand.write(tmp_path / "a", [hours(1, 9, *week, 10, step=3600)]))
    assert (code, report["data"]["spikes"]) == (0, [])
    assert [(e["agent"], Decimal(e["weekBeforeUsd"])) for e in report["data"]["excused"]] == [("t", Decimal(9))]
    assert spikes(capsys, by_hand.write(tmp_path / "b", [hours(1, 1, *week, 10, step=3600)]))[0] == 1


def test_a_spike_early_in_the_window_is_found_once_with_its_end(tmp_path: Path, capsys: Capture) -> None:
    bundle = by_hand.write(tmp_path, [hours(2, 2, 2, 20, 20, 2, 2)], window=7 * 3600)
    (spike,) = spikes(capsys, bundle)[1]["data"]["spikes"]
    assert Decimal(spike["usd"]) == 20
    assert spike["since"] == "2026-03-03T08:00:00Z"
    assert spike["ongoing"] is False


def test_without_history_nothing_is_guessed(tmp_path: Path, capsys: Capture) -> None:
    bundle = by_hand.write(tmp_path, [hours(50)])
    code, report = spikes(capsys, bundle)
    assert (code, report["status"]) == (5, "unknown")
    assert report["data"]["unjudged"][0]["agent"] == "t"


def test_no_metric_is_unknown(tmp_path: Path, capsys: Capture) -> None:
    assert spikes(capsys, by_hand.write(tmp_path, []))[0] == 5


def test_a_restart_is_no_spike(tmp_path: Path, capsys: Capture) -> None:
    points = [(h * 3600, 500 + (4 - h) * 2.0) for h in (4, 3, 2, 1)] + [(1800, 0.5), (0, 1.5)]
    assert spikes(capsys, by_hand.write(tmp_path, [by_hand.line(points, agent_name="t")]))[0] == 0


def test_more_tasks_are_told_from_dearer_tasks(tmp_path: Path, capsys: Capture) -> None:
    tasks = [
        by_hand.line(
            [(h * 3600, v) for h, v in zip((4, 3, 2, 1, 0), (0, 10, 20, 30, 130))], "agent_tasks_total", agent_name="t"
        )
    ]
    bundle = by_hand.write(tmp_path, [hours(2, 2, 2, 20), *tasks])
    (spike,) = spikes(capsys, bundle)[1]["data"]["spikes"]
    assert [(p["what"], Decimal(p["usd"])) for p in spike["parts"]] == [("more tasks", Decimal(18))]


@pytest.mark.parametrize("wrong", [["--factor", "x"], ["--factor", "0.5"], ["--min-usd", "-1"], ["--factor", "nan"]])
def test_wrong_floors_are_2(tmp_path: Path, capsys: Capture, wrong: list[str]) -> None:
    assert run(["cost", "spikes", "--bundle", str(by_hand.write(tmp_path, [hours(1, 1)])), *wrong]) == 2
