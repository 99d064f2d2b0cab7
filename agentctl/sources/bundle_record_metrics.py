"""Record the agents' metrics, an hour at a time."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from agentctl.model.errors import SourceError
from agentctl.model.observations import Series
from agentctl.model.redaction import redact
from agentctl.model.report import Window
from agentctl.sources.bundle_metrics import BASELINE_LOOKBACK, LOOKBACK
from agentctl.sources.bundle_record import Part, Say
from agentctl.sources.protocols import MetricSource

# The families that agentctl's own questions are about.
_METRICS = re.compile(
    r"agent_|llm_|tool_|gen_ai_|litellm_|process_start_time_seconds|up$|kube_(?:pod|node|deployment)_"
)
_MONEY = re.compile(r"cost|spend")
_SLICE = timedelta(hours=1)


def record_metrics(source: MetricSource, folder: Path, window: Window, money_since: timedelta, say: Say) -> Part:
    """metrics/samples.jsonl: the agents' metrics of the window with their baseline, those of money further back."""
    part = Part("metrics")
    try:
        names = [name for name in source.names() if _METRICS.match(name)]
    except SourceError as error:
        part.errors.append(error)
        return part
    path = folder / "metrics" / "samples.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as out:
        for name in names:
            length = max(window.end - window.start, money_since if _MONEY.search(name) else timedelta(0))
            try:
                for series in _slices(source, name, window.end - length, window.end):
                    json.dump(_matrix(series), out, separators=(",", ":"))
                    out.write("\n")
            except SourceError as error:
                part.errors.append(error)
                continue
            part.count += 1
    say(f"metrics: {part.count} of {len(names)}")
    return part


def _slices(source: MetricSource, name: str, start: datetime, end: datetime) -> Iterator[Series]:
    """The series in slices of an hour, so that a fleet's day is never in memory at once; a reader joins them again."""
    first = start - timedelta(seconds=LOOKBACK + BASELINE_LOOKBACK)
    while first < end:
        last = min(first + _SLICE, end)
        since, until = first.timestamp(), last.timestamp()
        for series in source.series([name], Window(first, last), {}):
            samples = tuple(s for s in series.samples if since < s.time <= until)
            if samples:
                yield Series(series.labels, samples)
        first = last


def _matrix(series: Series) -> dict[str, Any]:
    labels = {key: redact(value) for key, value in series.labels.items()}
    return {"metric": labels, "values": [[s.time, _number(s.value)] for s in series.samples]}


def _number(value: float) -> str:
    """A sample as Prometheus prints it: the shortest text that reads back the same."""
    if value != value:
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "+Inf" if value > 0 else "-Inf"
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
