"""AG702: a runbook that asks for what does not exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from agentctl.documents.node import Document
from agentctl.governance.rules.base import Corpus, Found, LintRule, Page
from agentctl.governance.rules.orchestrators import orchestrators
from agentctl.governance.rules.similar import Similar
from agentctl.governance.rules.wording import quoted, subject
from agentctl.model.finding import Severity

PAGE = Page(
    why="""A step that asks for an agent, a tool or a metric that no longer exists finds nothing, and "nothing found" reads like good
news in the middle of an incident (ASI08 Cascading Failures). Agents and tools are compared with the governance documents of the
same call, where there are any; metrics with those that agents, the GenAI conventions and Kubernetes are known to expose, and with
those that the alert rules of the call speak of.""",
    bad="""agent:
  name: triage
  allowed_tools: [search_kb]
---
apiVersion: agentctl/v1
kind: Runbook
metadata: {name: kb-down, title: Knowledge base does not answer}
spec:
  steps:
    - id: probe-kb
      title: Is the knowledge base there?
      use: probe
      with: {tool: search_knowlege}
      judge:
        - {else: pass, message: "asked"}
""",
    good="""agent:
  name: triage
  allowed_tools: [search_kb]
---
apiVersion: agentctl/v1
kind: Runbook
metadata: {name: kb-down, title: Knowledge base does not answer}
spec:
  steps:
    - id: probe-kb
      title: Is the knowledge base there?
      use: probe
      with: {tool: search_kb}
      judge:
        - {else: pass, message: "asked"}
""",
    fix="Correct the name, or give the document that knows it in the same call.",
)
METRICS = (
    "agent_tasks_total agent_task_duration_seconds agent_cost_total_usd agent_active_runs gen_ai_client_token_usage "
    "gen_ai_client_operation_duration gen_ai_invoke_agent_duration gen_ai_execute_tool_duration "
    "gen_ai_client_inference_usage_input_tokens gen_ai_client_inference_usage_output_tokens litellm_spend_metric "
    "litellm_input_tokens_metric litellm_output_tokens_metric litellm_total_tokens_metric litellm_proxy_total_requests_metric "
    "litellm_proxy_failed_requests_metric litellm_remaining_requests_metric litellm_remaining_tokens_metric up"
).split()
# Metrics of the platform, which no document of ours describes.
_PLATFORM = re.compile(
    r"(?:kube|container|node|process|python|go|machine|kubelet|apiserver|prometheus|scrape|otelcol|probe|ALERTS)(?:_|$)"
)
_SUFFIX = re.compile(r"_(?:total|created|bucket|count|sum|seconds|milliseconds)$")
_IN_QUERY = re.compile(r"\b([a-zA-Z_:][\w:]*)\s*(?=[{\[])")
_IN_LABELS = re.compile(r"\b(agent_name|agent|tool)\s*=\s*[\"']([^\"'\\]*)[\"']")
# Metrics of tools carry the model's own calls as a tool of this name.
_MODEL_CALLS = "llm"
_KINDS = {
    "agent": "agent",
    "agents": "agent",
    "agent_name": "agent",
    "tool": "tool",
    "tools": "tool",
    "metric": "metric",
    "metrics": "metric",
}


def _find(corpus: Corpus) -> Iterator[Found]:
    known = _known(corpus) if corpus.of_kind("runbook") else {}
    for document in corpus.of_kind("runbook"):
        for path, kind, name in _asked(document):
            if known[kind] is not None and not _knows(known[kind], kind, name):
                yield _found(document, path, kind, name, known[kind])


def _asked(document: Document) -> Iterator[tuple[tuple[str | int, ...], str, str]]:
    """(path, kind, name) of what the steps ask for, and of what their parameters stand for when nobody says otherwise."""
    for place, step in document.items("spec", "steps"):
        options = step.get("with") if isinstance(step, dict) else None
        for path, kind, name in _names(options if isinstance(options, dict) else {}):
            yield ("spec", "steps", place, "with", *path), kind, name
    for parameter, kind in _KINDS.items():
        default = document.get("spec", "parameters", parameter, "default")
        if isinstance(default, str):
            yield ("spec", "parameters", parameter, "default"), kind, default


def _found(document: Document, path: tuple[str | int, ...], kind: str, name: str, known: Similar | None) -> Found:
    near = known.closest(name) if known else None
    hint = f"did you mean {quoted(near)}?" if near else "correct the name, or give the document that knows it."
    return Found(
        f"this runbook names the {kind} {quoted(name)}, which no document knows, so it finds nothing, and that reads like good news: {hint}",
        document.at(*path),
        subject("runbook", document.name),
        f"Correct the {kind}'s name, or give the document that knows it in the same call.",
    )


def _known(corpus: Corpus) -> dict[str, Similar | None]:
    """What is known of each kind; None where no document of the call could know any."""
    agents = [*corpus.agents, *(name for one in orchestrators(corpus) for name, _ in one.agents)]
    spoken = {name for document in corpus.of_kind("alert-rules") for name in _spoken(document.data)}
    return {
        "agent": Similar(agents) if agents else None,
        "tool": Similar(sorted(corpus.known_tools)) if corpus.known_tools else None,
        "metric": Similar([*METRICS, *sorted(spoken)]),
    }


def _knows(known: Similar | None, kind: str, name: str) -> bool:
    if known is None or "${" in name or not name or (kind == "tool" and name == _MODEL_CALLS):
        return True
    if kind != "metric":
        return name in known
    if _PLATFORM.match(name):
        return True
    stem = name
    while True:
        if stem in known or stem.replace(".", "_") in known:
            return True
        shorter = _SUFFIX.sub("", stem)
        if shorter == stem:
            return False
        stem = shorter


def _names(options: dict[Any, Any]) -> Iterator[tuple[tuple[str | int, ...], str, str]]:
    """(path below `with`, kind, name) of what a step asks for; labels of a metric count, patterns do not."""
    for key, value in options.items():
        if key in ("labels", "selector", "match") and isinstance(value, dict):
            yield from (((key, *path), kind, name) for path, kind, name in _names(value))
        elif key == "promql" and isinstance(value, str):
            metrics = dict.fromkeys(name for name in _IN_QUERY.findall(value) if name not in _KEYWORDS)
            yield from (((key,), "metric", name) for name in metrics)
            yield from (((key,), _KINDS[label], name) for label, name in dict.fromkeys(_IN_LABELS.findall(value)))
        elif key in _KINDS:
            for path, name in _strings(value):
                yield (key, *path), _KINDS[key], name


_KEYWORDS = frozenset("by without on ignoring group_left group_right offset and or unless bool".split())


def _strings(value: Any) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if isinstance(value, str):
        yield (), value
    elif isinstance(value, list):
        yield from (((place,), item) for place, item in enumerate(value) if isinstance(item, str))


def _spoken(data: Any) -> Iterator[str]:
    """The metrics that rule files record or ask for."""
    stack = [data]
    while stack:
        value = stack.pop()
        if isinstance(value, dict):
            yield from (value[key] for key in ("record",) if isinstance(value.get(key), str))
            if isinstance(value.get("expr"), str):
                yield from _IN_QUERY.findall(value["expr"])
            stack += value.values()
        elif isinstance(value, list):
            stack += value


RULE = LintRule("AG702", "runbook that names what no document knows", Severity.WARNING, ("08",), PAGE, _find)
