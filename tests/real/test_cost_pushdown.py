"""A fleet summed by the server costs what its raw samples say, counter by counter; where it cannot, the figure says so."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from testbed.prometheus import Prometheus, write_openmetrics
from testbed.victoria import Victoria

from agentctl.analysis.cost.ledger import COST_QUESTION, TASK_QUESTION, Ledger
from agentctl.analysis.cost.top import Row, top
from agentctl.cli.cost_pushdown import Fleet, group_labels, summed
from agentctl.model.money import Quality
from agentctl.model.report import Window
from agentctl.sources.prometheus import PrometheusSource
from agentctl.sources.prometheus_access import PrometheusAccess
from agentctl.sources.prometheus_pushdown import Pushdown

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit" / "cli"))

import cost_bundle as by_hand

BORN = "agent_cost_total_usd_created"
WINDOW = Window(datetime.fromtimestamp(by_hand.END - 3600, UTC), datetime.fromtimestamp(by_hand.END, UTC))
DAY = 26 * 3600.0

Rows = dict[str | None, Row]


def minutes(
    first: float, *, start: float, per_minute: float = 0.0101, last: float = 5
) -> list[tuple[float, float | str]]:
    """A scrape a minute from `first` to `last` seconds before the end."""
    count = int((first - last) // 60) + 1
    return [(first - 60 * i, round(start + per_minute * i, 6)) for i in range(count)]


def fleet() -> list[dict[str, Any]]:
    """Everything that counters do."""
    end, line = by_hand.END, by_hand.line
    restarted = [*minutes(3720, start=7, last=1000), *minutes(940, start=0.25)]
    return [
        line(minutes(3890, start=3), agent_name="steady", model="a", pod="s-1"),
        line(minutes(3890, start=30), agent_name="steady", model="b", pod="s-2", namespace="agents"),
        line([(3600, 1), (1800, 1.5), (0, 2)], agent_name="edges"),
        line(restarted, agent_name="restarted", pod="r-1"),
        line(minutes(3890, start=1), agent_name="restarted", pod="r-2"),
        line([(3660, 1), (2400, 2), (60, 5)], agent_name="hidden-restart"),
        line([(3660, end - 9000), (2400, end - 9000), (60, end - 1000)], BORN, agent_name="hidden-restart"),
        line(minutes(1805, start=5), agent_name="newborn", pod="n-1"),
        line([(1805, end - 1810), (5, end - 1810)], BORN, agent_name="newborn", pod="n-1"),
        line(minutes(1805, start=500), agent_name="unknown-birth"),
        line(minutes(3890, start=2, last=1900), agent_name="gone"),
        line(minutes(3890, start=2, last=3700), agent_name="silent"),
        line([(5000, 1), (1800, 2.5), (1, 3)], agent_name="missed-scrapes"),
        line(minutes(3895, start=4), agent_name="two-scrapers", prometheus_replica="a"),
        line(minutes(3885, start=4), agent_name="two-scrapers", prometheus_replica="b"),
        line(minutes(3890, start=1), agent_name='quo"te\\back\nline', pod="a.b|c"),
        line(minutes(3890, start=0, per_minute=2), "agent_tasks_total", agent_name="steady"),
    ]


@pytest.fixture(params=["prometheus", "prometheus3"])
def source(request: pytest.FixtureRequest, tmp_path: Path) -> PrometheusSource:
    server: Callable[..., Prometheus] = request.getfixturevalue(request.param)
    bundle = by_hand.write(tmp_path / "bundle", fleet())
    return PrometheusSource(PrometheusAccess(server(write_openmetrics(bundle, tmp_path / "samples.om")).url))


def raw(source: PrometheusSource, by: str, window: Window = WINDOW) -> Rows:
    ledger = Ledger.of(source.series(COST_QUESTION, window, {}), source.series(TASK_QUESTION, window, {}), window)
    return {r.name: r for r in top(ledger, by, {}, ledger).rows}


def pushed(source: PrometheusSource, by: str, window: Window = WINDOW, **more: Any) -> tuple[Rows, Fleet]:
    found = summed(Pushdown(source, window, **more), by, DAY, cheap=0)
    assert found is not None
    return {r.name: r for r in top(found.window, by, {}, found.past).rows}, found


@pytest.mark.parametrize("by", ["agent", "model", "pod", "label:job"])
def test_sums_and_the_few_raw_counters_are_what_raw_samples_say(source: PrometheusSource, by: str) -> None:
    ours, found = pushed(source, by)
    theirs = raw(source, by)
    assert {n: (r.spent.value, r.spent.quality) for n, r in ours.items()} == {
        n: (r.spent.value, r.spent.quality) for n, r in theirs.items()
    }
    assert {n: r.tasks for n, r in ours.items()} == {n: r.tasks for n, r in theirs.items()}
    assert found.others == found.fetched > 0
    assert found.rough == 0


@pytest.mark.parametrize(("first", "last"), [(120, 0), (3600, 1900), (2000, 1700), (1000, 930), (3700, 3000)])
def test_windows_of_any_kind(source: PrometheusSource, first: int, last: int) -> None:
    window = Window(*(datetime.fromtimestamp(by_hand.END - ago, UTC) for ago in (first, last)))
    ours, theirs = pushed(source, "agent", window)[0], raw(source, "agent", window)
    assert {n: (r.spent.value, r.spent.quality) for n, r in ours.items()} == {
        n: (r.spent.value, r.spent.quality) for n, r in theirs.items()
    }


def test_too_many_for_raw_samples_are_summed_by_class(source: PrometheusSource) -> None:
    ours, found = pushed(source, "agent", limit=0)
    theirs = raw(source, "agent")
    rough = {n for n, r in ours.items() if r.spent.quality is Quality.ESTIMATED}
    assert rough == {"restarted", "hidden-restart", "missed-scrapes"}
    assert {n: (r.spent.value, r.spent.quality) for n, r in ours.items() if n not in rough} == {
        n: (r.spent.value, r.spent.quality) for n, r in theirs.items() if n not in rough
    }
    known = theirs["restarted"].spent.known
    assert abs(ours["restarted"].spent.known - known) < known * Decimal("0.1")
    assert "increase()" in ours["restarted"].spent.reasons[0]
    assert found.fetched == 0
    assert found.rough > 0


def test_only_the_namespaces_asked_for_and_those_that_name_none(source: PrometheusSource) -> None:
    assert pushed(source, "agent", namespaces=("other",))[0]["steady"].spent.value == Decimal("0.6060")
    assert pushed(source, "agent", namespaces=("agents",))[0]["steady"].spent.value == Decimal("1.2120")


def test_labels_narrow_the_sums(source: PrometheusSource) -> None:
    narrow = PrometheusSource(PrometheusAccess(source._access.url, labels={"pod": "s-1"}))
    rows, found = pushed(narrow, "agent")
    assert set(rows) == {"steady"}
    assert found.series == 1


def two_names() -> list[dict[str, Any]]:
    points = minutes(3890, start=1)
    return [by_hand.line(points, name, agent_name="a") for name in ("agent_cost_total_usd", by_hand.COST)]


def two_jobs() -> list[dict[str, Any]]:
    return [by_hand.line(minutes(3890 - i, start=1), agent_name="a", pod="p", job=f"j{i}") for i in range(2)]


@pytest.mark.parametrize("series", [two_names(), two_jobs()])
def test_what_only_samples_can_tell_apart_is_not_summed(
    series: Sequence[dict[str, Any]], prometheus: Callable[..., Prometheus], tmp_path: Path
) -> None:
    bundle = by_hand.write(tmp_path / "bundle", series)
    server = prometheus(write_openmetrics(bundle, tmp_path / "samples.om"))
    assert summed(Pushdown(PrometheusSource(PrometheusAccess(server.url)), WINDOW), "agent", DAY, cheap=0) is None


def test_few_samples_are_not_worth_it(source: PrometheusSource) -> None:
    assert summed(Pushdown(source, WINDOW), "agent", DAY) is None


def test_victoria_metrics_sums_alike(victoria: Victoria, tmp_path: Path) -> None:
    victoria.load_bundle(by_hand.write(tmp_path / "bundle", fleet()))
    source = PrometheusSource(PrometheusAccess(victoria.url))
    ours, _ = pushed(source, "agent")
    theirs = raw(source, "agent")
    assert {n: (round(r.spent.known, 9), r.spent.quality) for n, r in ours.items()} == {
        n: (round(r.spent.known, 9), r.spent.quality) for n, r in theirs.items()
    }


def test_sums_keep_the_labels_of_every_subject() -> None:
    assert {"agent_name", "model", "namespace", "pod"} <= set(group_labels("pod"))
    assert "team" in group_labels("label:team")
