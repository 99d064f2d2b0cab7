"""`metrics`: what a counter rose by, a gauge's last value, a histogram's quantile; or raw PromQL where a server is behind it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from agentctl.analysis.counters import grouped, read_counters, rise
from agentctl.analysis.quantile import quantile
from agentctl.model.errors import InputError, SourceError
from agentctl.model.observations import Series
from agentctl.runbook.evidence import Evidence
from agentctl.runbook.steptype import Facts, Option, StepType

MAX_ROWS = 50
# As Prometheus: a series without a sample for five minutes is gone (seconds).
STALE = 300.0
_EMPTY_HINT = "is the metric scraped? `agentctl doctor` tells; an empty answer is no zero"


def ask(evidence: Evidence, options: Mapping[str, Any]) -> Facts:
    """`total` and a row for each value of the `by` labels, the largest first. Nothing found is an error, never zero."""
    if "promql" in options:
        return _raw(evidence, str(options["promql"]))
    if "metric" not in options:
        raise InputError("bad-step", "a metrics step needs metric or promql", "see agentctl schema show runbook")
    kind, by = options.get("ask", "increase"), tuple(str(b) for b in options.get("by", ()))
    series = [
        s for s in evidence.series(*_names(str(options["metric"]), kind)) if _fits(s, options.get("labels") or {})
    ]
    if not series:
        raise SourceError("empty", f"no samples of {options['metric']}", _EMPTY_HINT)
    rows = _ROWS[kind](series, by, evidence, options)
    rows = sorted((r for r in rows if r["value"] is not None), key=lambda r: -r["value"])
    if not rows:
        raise SourceError("empty", f"{options['metric']} has no samples in the window", _EMPTY_HINT)
    return {**_facts(rows), "stale": _stale(series, by, evidence)}


def _stale(series: Sequence[Series], by: tuple[str, ...], evidence: Evidence) -> dict[str, Any]:
    """What had samples in the window, and has none at its end any more."""
    end = evidence.span_of_time().end.timestamp()
    names = {" ".join(s.labels.get(b, "") for b in by): 0.0 for s in series}
    for one in series:
        key = " ".join(one.labels.get(b, "") for b in by)
        names[key] = max(names[key], one.samples[-1].time if one.samples else 0.0)
    gone = sorted(name for name, last in names.items() if name and 0 < last < end - STALE)
    return {"total": len(gone), "names": gone[:MAX_ROWS]}


def _facts(rows: list[dict[str, Any]]) -> Facts:
    values = [r["value"] for r in rows]
    return {
        "total": sum(values),
        "max": max(values),
        "min": min(values),
        "count": len(rows),
        "rows": rows[:MAX_ROWS],
        "top": rows[0],
    }


def _names(metric: str, kind: str) -> tuple[str, ...]:
    """The names a client library may expose the metric under."""
    if kind == "quantile":
        return (f"{metric}_bucket",)
    if kind == "mean":
        return (f"{metric}_sum", f"{metric}_count")
    return (metric,) if kind == "latest" else (metric, f"{metric}_total", f"{metric}_created")


def _fits(series: Series, labels: Mapping[str, Any]) -> bool:
    return all(series.labels.get(k) == str(v) for k, v in labels.items())


def _row(key: tuple[str, ...], by: Sequence[str], value: float | None) -> dict[str, Any]:
    return {**dict(zip(by, key, strict=True)), "name": " ".join(key) or "all", "value": value}


def _increase(
    series: list[Series], by: tuple[str, ...], evidence: Evidence, _: Mapping[str, Any]
) -> list[dict[str, Any]]:
    window = evidence.span_of_time()
    start, end = window.start.timestamp(), window.end.timestamp()
    groups = grouped(read_counters(series, window), lambda labels: tuple(labels.get(b, "") for b in by))
    figures = {key: rise(counters, start, end) for key, counters in groups.items()}
    return [_row(key, by, None if f.value is None else float(f.value)) for key, f in figures.items()]


def _latest(
    series: list[Series], by: tuple[str, ...], evidence: Evidence, _: Mapping[str, Any]
) -> list[dict[str, Any]]:
    totals: dict[tuple[str, ...], float] = defaultdict(float)
    end = evidence.span_of_time().end.timestamp()
    for one in series:
        if one.samples and end - one.samples[-1].time <= STALE:
            totals[tuple(one.labels.get(b, "") for b in by)] += one.samples[-1].value
    return [_row(key, by, value) for key, value in totals.items()]


def _quantile(
    series: list[Series], by: tuple[str, ...], evidence: Evidence, options: Mapping[str, Any]
) -> list[dict[str, Any]]:
    share = float(options.get("quantile", 0.95))
    window = evidence.span_of_time()
    start, end = window.start.timestamp(), window.end.timestamp()
    counters = grouped(
        read_counters(series, window), lambda labels: (tuple(labels.get(b, "") for b in by), labels.get("le", ""))
    )
    buckets: dict[tuple[str, ...], dict[float, float]] = defaultdict(dict)
    for (key, le), found in counters.items():
        value = rise(found, start, end).value
        if le and value is not None:
            buckets[key][float(le.replace("+Inf", "inf"))] = float(value)
    return [_row(key, by, quantile(share, table)) for key, table in buckets.items()]


def _mean(series: list[Series], by: tuple[str, ...], evidence: Evidence, _: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The mean of a histogram's observations: what its `_sum` rose by, over what its `_count` did."""
    amounts = {r["name"]: r for r in _increase([s for s in series if s.name.endswith("_sum")], by, evidence, {})}
    counts = _increase([s for s in series if s.name.endswith("_count")], by, evidence, {})
    return [
        {**r, "value": amounts[r["name"]]["value"] / r["value"]} for r in counts if r["value"] and r["name"] in amounts
    ]


_ROWS = {"increase": _increase, "latest": _latest, "quantile": _quantile, "mean": _mean}


def _raw(evidence: Evidence, promql: str) -> Facts:
    found = evidence.query(promql)
    rows = [{"name": _label(s.labels), "value": s.samples[-1].value} for s in found if s.samples]
    if not rows:
        raise SourceError("empty", f"no result for {promql}", _EMPTY_HINT)
    return _facts(sorted(rows, key=_value, reverse=True))


def _value(row: Mapping[str, Any]) -> float:
    return float(row["value"])


def _label(labels: Mapping[str, str]) -> str:
    return " ".join(v for k, v in sorted(labels.items()) if k != "__name__")


METRICS = StepType(
    "metrics",
    "a counter's rise, a gauge's last value, a histogram's quantile or mean, or raw PromQL",
    ask,
    {
        "ask": Option("string", choices=("increase", "latest", "quantile", "mean")),
        "metric": Option("string"),
        "labels": Option("map"),
        "by": Option("list"),
        "quantile": Option("number"),
        "promql": Option("string"),
    },
    {
        "total": "sum of the rows",
        "max": "largest",
        "min": "smallest",
        "count": "rows",
        "rows": "name, value, the labels",
        "top": "the largest row",
        "stale": "what had samples and has none any more",
    },
    source="metrics",
)
