"""`quota`: what the providers leave us, from their admin API, from response headers, or from a recording."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agentctl.model.errors import SourceError
from agentctl.runbook.evidence import Evidence
from agentctl.runbook.steptype import Facts, Option, StepType


def ask(evidence: Evidence, options: Mapping[str, Any]) -> Facts:
    """A row a limit, the tightest first. `lowest` is the smallest share that remains; absent where nobody says what remains."""
    rows = [
        {
            "provider": reading.provider,
            "source": reading.source,
            "model": limit.model,
            "type": limit.type,
            "limit": limit.limit,
            "remaining": limit.remaining,
            "reset": limit.reset,
            "share": limit.remaining / limit.limit if limit.limit and limit.remaining is not None else None,
        }
        for reading in evidence.quota()
        for limit in reading.limits
        if options.get("provider") in (None, reading.provider)
    ]
    if not rows:
        raise SourceError("empty", "no quota is known", "set ANTHROPIC_ADMIN_KEY or OPENAI_ADMIN_KEY")
    rows.sort(key=lambda r: (r["share"] is None, r["share"]))
    facts: dict[str, Any] = {
        "total": len(rows),
        "limits": rows,
        "spent": [_name(r) for r in rows if r["remaining"] == 0],
    }
    if rows[0]["share"] is not None:
        facts |= {"lowest": rows[0]["share"], "tightest": _name(rows[0]), "known": True}
    else:
        facts |= {"known": False}
    return facts


def _name(row: Mapping[str, Any]) -> str:
    return " ".join(str(row[k]) for k in ("provider", "model", "type") if row[k])


QUOTA = StepType(
    "quota",
    "what the model providers leave us",
    ask,
    {"provider": Option("string")},
    {
        "total": "limits",
        "limits": "a row a limit",
        "spent": "names",
        "lowest": "smallest share that remains",
        "tightest": "its name",
        "known": "whether anybody says what remains",
    },
    source="quota",
)
