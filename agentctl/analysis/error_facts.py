"""What the logs say about errors, as plain facts: totals, a row an agent, a row a group. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from agentctl.analysis.logs.digest import Group, LogDigest
from agentctl.model.redaction import redact
from agentctl.model.untrusted import shorten

SAMPLE_LENGTH = 2000
# A single error is no pattern: an agent is judged by its ratio from this many errors on.
MIN_ERRORS = 5


def error_facts(digest: LogDigest) -> dict[str, Any]:
    """`errors`, `agents`, `groups`, `worst` and `attempts`: what `diagnose errors` shows and what a runbook judges.

    The ratio is errors per record of the window, 0.0 where there is no record. `worst` is the agent with at least MIN_ERRORS
    errors whose ratio is the highest; its ratio is 0.0 where there is none.
    """
    agents = _agents(digest)
    worst = max((a for a in agents if a["errors"] >= MIN_ERRORS), key=lambda a: (a["ratio"], a["errors"]), default=None)
    return {
        "records": digest.records,
        "lines": digest.lines,
        "errors": {"total": digest.errors, "ratio": ratio(digest.errors, digest.records)},
        "agents": agents,
        "groups": [group_row(g) for g in digest.groups],
        "worst": worst or {"agent": "", "errors": 0, "records": 0, "ratio": 0.0},
        "attempts": {"total": sum(g.count for g in digest.attempts), "groups": [group_row(g) for g in digest.attempts]},
        "blocked": {"total": sum(g.count for g in digest.blocked)},
    }


def _agents(digest: LogDigest) -> list[dict[str, Any]]:
    errors: Counter[str] = Counter()
    records: Counter[str] = Counter()
    for (agent, _), minutes in digest.activity.items():
        records[agent] += sum(c.records for c in minutes.values())
        errors[agent] += sum(c.errors for c in minutes.values())
    rows = [{"agent": a, "errors": errors[a], "records": n, "ratio": ratio(errors[a], n)} for a, n in records.items()]
    return sorted(rows, key=lambda r: (-r["errors"], -r["records"], r["agent"]))


def group_row(group: Group) -> dict[str, Any]:
    """A group as the envelope carries it; agents and pods by how often they show it."""
    sample = group.sample.message + (f"\n{group.traceback}" if group.traceback else "")
    return {
        "template": group.template,
        "level": group.level,
        "count": group.count,
        "agents": _by_count((agent, minutes) for (agent, _), minutes in group.cells.items()),
        "pods": _by_count((pod, minutes) for (_, pod), minutes in group.cells.items() if pod),
        "firstSeen": moment(group.first_seen),
        "lastSeen": moment(group.last_seen),
        "sample": shorten(redact(sample), SAMPLE_LENGTH),
        "traceIds": list(group.trace_ids),
    }


def moment(seconds: float | None) -> datetime | None:
    """Unix seconds as a UTC time."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def ratio(part: float, whole: float) -> float:
    """`part / whole`, 0.0 where there is no whole."""
    return part / whole if whole else 0.0


def _by_count(pairs: Iterable[tuple[str, dict[int, int]]]) -> list[str]:
    counts: Counter[str] = Counter()
    for name, minutes in pairs:
        counts[name] += sum(minutes.values())
    return sorted(counts, key=lambda name: (-counts[name], name))
