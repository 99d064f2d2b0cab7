"""Small recordings made by hand, so that every figure can be checked with a pencil."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

COST = "agent_cost_total_usd_total"
# 2026-03-03T12:00:00Z
END = 1_772_539_200


def moment(seconds: float) -> str:
    """Unix seconds as RFC 3339."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def line(points: Iterable[tuple[float, float | str]], name: str = COST, **labels: str) -> dict[str, Any]:
    """A series as samples.jsonl holds it; times are seconds before the end of the window."""
    return {"metric": {"__name__": name, **labels}, "values": [[END - ago, str(v)] for ago, v in points]}


def steady(usd_per_hour: float, hours: int, step: int = 300, start: float = 10.0, **labels: str) -> dict[str, Any]:
    """A counter that rises evenly up to the end of the window."""
    count = hours * 3600 // step
    points = [((count - i) * step, round(start + i * usd_per_hour * step / 3600, 6)) for i in range(count + 1)]
    return line(points, **labels)


def write(
    folder: Path,
    series: Iterable[Mapping[str, Any]] | None,
    *,
    window: float = 3600,
    logs: Mapping[str, Iterable[str]] | None = None,
    config: str = "",
) -> Path:
    """A bundle whose window ends at END; `logs` maps a pod's name to its lines."""
    folder.mkdir(parents=True, exist_ok=True)
    manifest = {
        "schemaVersion": "agentctl/bundle-v1",
        "createdAt": moment(END),
        "window": {"start": moment(END - window), "end": moment(END)},
        "target": {"name": "by-hand", "namespace": "agents"},
    }
    (folder / "bundle.json").write_text(json.dumps(manifest))
    if series is not None:
        (folder / "metrics").mkdir()
        (folder / "metrics" / "samples.jsonl").write_text("".join(json.dumps(s) + "\n" for s in series))
    for pod, lines in (logs or {}).items():
        place = folder / "logs" / "agents" / pod
        place.mkdir(parents=True)
        (place / "agent.log").write_text("".join(text + "\n" for text in lines))
    if config:
        (folder / "config").mkdir()
        (folder / "config" / "agents.yaml").write_text(config)
    return folder


def call(ago: float, agent: str, model: str, tokens: tuple[int, int], cost: str | None, **fields: Any) -> str:
    """A log line of one model call, so many seconds before the end of the window."""
    paid = f" cost=${cost}" if cost is not None else ""
    message = f"LLM_CALL model={model} input_tokens={tokens[0]} output_tokens={tokens[1]}{paid}"
    return json.dumps({"time": moment(END - ago), "level": "INFO", "agent": agent, "message": message, **fields})
