"""`logs`: errors, failed attempts and refusals of every pod's log, counted and grouped."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from agentctl.analysis.error_facts import error_facts, ratio
from agentctl.analysis.failures import Failure, Naming, agent_providers, failures, known_tools
from agentctl.analysis.symptoms import CREDENTIAL, DOWN, OWN_LIMIT, QUOTA, RATE_LIMIT
from agentctl.model.errors import InputError
from agentctl.runbook.evidence import Evidence
from agentctl.runbook.steptype import Facts, Option, StepType

MAX_ROWS = 20


def ask(evidence: Evidence, options: Mapping[str, Any]) -> Facts:
    """Read the logs once, and say what they hold. `match` keeps the groups whose text matches a regular expression."""
    digest = evidence.logs()
    facts = error_facts(digest)
    if options.get("match"):
        facts = _only(facts, str(options["match"]))
    facts["errors"] = {**facts["errors"], "percent": round(100 * facts["errors"]["ratio"], 2)}
    naming = Naming(tools=known_tools(digest), providers=agent_providers(digest))
    found = failures(digest, naming)
    calls = sum(t.calls for minutes in digest.tools.values() for t in minutes.values())
    llm = sum(t.calls for minutes in digest.llm.values() for t in minutes.values())
    facts |= {
        "tools": _targets([f for f in found if f.symptom.tool and f.symptom.kind in DOWN], calls),
        "providers": _targets([f for f in found if f.symptom.model_side and f.symptom.kind in DOWN], llm),
        "rateLimits": _targets([f for f in found if f.symptom.kind == RATE_LIMIT], llm or calls),
        "ownLimits": _targets([f for f in found if f.symptom.kind == OWN_LIMIT], calls),
        "quota": _targets([f for f in found if f.symptom.kind == QUOTA], llm),
        "credentials": _targets([f for f in found if f.symptom.kind == CREDENTIAL], llm),
        "calls": {"tools": calls, "llm": llm},
    }
    notes = evidence.log_notes()
    facts["unread"] = {"total": len(notes), "first": notes[0].message if notes else ""}
    return _trimmed(facts)


def _targets(found: list[Failure], calls: int) -> dict[str, Any]:
    total = sum(f.count for f in found)
    rows = [
        {
            "target": f.symptom.tool or f.symptom.provider or f.symptom.limit_noun,
            "kind": f.symptom.kind,
            "count": f.count,
            "agents": sorted(f.agents)[:MAX_ROWS],
        }
        for f in found
    ]
    return {
        "total": total,
        "ratio": ratio(total, total + calls),
        "rows": rows[:MAX_ROWS],
        "top": rows[0]["target"] if rows else "",
    }


def _only(facts: dict[str, Any], pattern: str) -> dict[str, Any]:
    try:
        wanted = re.compile(pattern)
    except re.error as error:
        raise InputError("bad-pattern", f"match: {pattern!r} is no regular expression: {error}") from error
    groups = [g for g in facts["groups"] if wanted.search(g["template"]) or wanted.search(g["sample"])]
    total = sum(g["count"] for g in groups)
    return {**facts, "groups": groups, "errors": {"total": total, "ratio": ratio(total, facts["records"])}}


def _trimmed(facts: dict[str, Any]) -> dict[str, Any]:
    """A step shows the top of each list; the command's `data` holds all of it."""
    facts["groups"] = facts["groups"][:MAX_ROWS]
    facts["agents"] = facts["agents"][:MAX_ROWS]
    facts["attempts"] = {**facts["attempts"], "groups": facts["attempts"]["groups"][:MAX_ROWS]}
    return facts


LOGS = StepType(
    "logs",
    "errors, failed attempts and refusals of every pod's log",
    ask,
    {
        "level": Option("string", choices=("error", "warning")),
        "group": Option("boolean"),
        "match": Option("string"),
    },
    {
        "records": "records of the window",
        "errors": "total, ratio",
        "worst": "the agent with the highest error ratio",
        "agents": "a row an agent",
        "groups": "a row a kind of error",
        "attempts": "failed attempts",
        "blocked": "refusals of the agents' own policy checks",
        "tools": "failures that name a tool",
        "providers": "failures of the model providers",
        "rateLimits": "refused for their rate (429)",
        "ownLimits": "refused by a limit of the governance document",
        "quota": "refused because a quota is spent",
        "credentials": "refused because of the key",
        "calls": "tool and model calls seen",
        "unread": "streams that could not be read",
    },
    source="logs",
)
