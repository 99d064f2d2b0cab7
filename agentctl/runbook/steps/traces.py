"""`traces`: spans of tool and model calls, how many failed and how long they took."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from agentctl.model.errors import SourceError
from agentctl.model.observations import Span
from agentctl.runbook.evidence import Evidence
from agentctl.runbook.steptype import Facts, Option, StepType


def span_target(span: Span) -> tuple[str, str]:
    """What a span calls: (`tool`, name), (`llm`, model), (`run`, agent), or ("", "") where it is none of these.

    Reads the names of the OpenTelemetry GenAI conventions and those of the reference agent (`tool.NAME`, `llm.call`, `agent.run`).
    """
    name, attributes = span.name, span.attributes
    operation = str(attributes.get("gen_ai.operation.name", ""))
    if name.startswith("tool.") or operation == "execute_tool" or name.startswith("execute_tool"):
        named = (
            attributes.get("gen_ai.tool.name")
            or attributes.get("tool.name")
            or name.removeprefix("tool.").removeprefix("execute_tool").strip()
        )
        return "tool", str(named)
    if name == "llm.call" or operation in ("chat", "text_completion", "generate_content") or name.startswith("chat "):
        model = (
            attributes.get("gen_ai.response.model")
            or attributes.get("gen_ai.request.model")
            or attributes.get("llm.model")
            or attributes.get("model")
            or ""
        )
        return "llm", str(model)
    if name == "agent.run" or operation == "invoke_agent" or name.startswith("invoke_agent"):
        return "run", span_agent(span)
    return "", ""


def span_agent(span: Span) -> str:
    """The agent that a span belongs to."""
    for table in (span.attributes, span.resource):
        for key in ("gen_ai.agent.name", "agent.name", "agent_name", "agent"):
            if table.get(key):
                return str(table[key])
    return span.service


def ask(evidence: Evidence, options: Mapping[str, Any]) -> Facts:
    """A row a target, the most failures first; durations in milliseconds."""
    spans = evidence.spans()
    if not spans:
        raise SourceError("empty", "no spans in the window", "widen --since, or check the trace store")
    calls: dict[tuple[str, str], list[Span]] = defaultdict(list)
    for span in spans:
        target = span_target(span)
        if target[0] in ("tool", "llm"):
            calls[target].append(span)
    rows = sorted(
        (_row(kind, name, found) for (kind, name), found in calls.items()),
        key=lambda r: (-r["errors"], -r["p95Ms"], r["name"]),
    )
    runs = [s for s in spans if span_target(s)[0] == "run"]
    return {
        "total": len(spans),
        "errors": sum(1 for s in spans if s.status == "error"),
        "runs": {"total": len(runs), "errors": sum(1 for s in runs if s.status == "error")},
        "calls": rows,
        "top": rows[0] if rows else {"name": "", "errors": 0, "ratio": 0.0, "p95Ms": 0},
    }


def _row(kind: str, name: str, spans: Sequence[Span]) -> dict[str, Any]:
    took = sorted(s.end - s.start for s in spans)
    errors = sum(1 for s in spans if s.status == "error")
    return {
        "kind": kind,
        "name": name,
        "count": len(spans),
        "errors": errors,
        "ratio": errors / len(spans),
        "p50Ms": round(took[len(took) // 2] * 1000),
        "p95Ms": round(took[min(len(took) - 1, int(len(took) * 0.95))] * 1000),
    }


TRACES = StepType(
    "traces",
    "spans of tool and model calls",
    ask,
    {"service": Option("string")},
    {
        "total": "spans",
        "errors": "failed spans",
        "runs": "total, errors",
        "calls": "a row a tool or model",
        "top": "the one with most failures",
    },
    source="traces",
)
