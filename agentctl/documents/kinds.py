"""What kind of document some data is, judged by its content."""

from __future__ import annotations

from typing import Any

GOVERNANCE, PROMPT, ORCHESTRATOR, RUNBOOK, CONFIG = "governance", "prompt", "orchestrator", "runbook", "config"
COLLECTOR, ALERTS, SCENARIO = "otel-collector", "alert-rules", "scenario"
KINDS = (GOVERNANCE, PROMPT, ORCHESTRATOR, RUNBOOK, CONFIG, COLLECTOR, ALERTS, SCENARIO)

_COLLECTOR_PARTS = frozenset({"receivers", "processors", "exporters", "connectors", "extensions", "service"})
# Sections and options that only our own config has; any two make a document one.
CONFIG_KEYS = frozenset(
    "rules runbooks agent-identity select ignore baseline fail-on strict namespace context kubeconfig selector container since "
    "prometheus-url prometheus-ca-file prometheus-client-cert prometheus-client-key prometheus-org-id prometheus-label "
    "loki-url traces-url request-timeout bundle logs output color all-namespaces max-log-requests".split()
)
_ROOTS = ("agent", "prompt", "orchestrator")


def kind_of(data: Any, file: str = "") -> str:
    """The kind of a document, "" where it is of none."""
    if not isinstance(data, dict):
        return ""
    if isinstance(data.get("apiVersion"), str) and data["apiVersion"].startswith("agentctl/"):
        own = {"Runbook": RUNBOOK, "Scenario": SCENARIO}.get(str(data.get("kind")))
        if own:
            return own
    for key, kind in (("orchestrator", ORCHESTRATOR), ("prompt", PROMPT), ("agent", GOVERNANCE)):
        if key in data and not (key == "prompt" and isinstance(data.get("agent"), dict)):
            return kind
    return _by_parts(data, file)


def _by_parts(data: dict[Any, Any], file: str) -> str:
    keys = data.keys()
    if data.get("kind") == "Runbook":
        return RUNBOOK
    if "service" in keys and len(keys & _COLLECTOR_PARTS) > 1 or len(keys & _COLLECTOR_PARTS) > 2:
        return COLLECTOR
    if _alert_groups(data):
        return ALERTS
    if file.rsplit("/", 1)[-1] in ("agentctl.yaml", "agentctl.yml") and not keys & {"apiVersion", "kind"}:
        return CONFIG
    known = {str(key).replace("_", "-") for key in keys} & CONFIG_KEYS
    return CONFIG if len(known) > 1 or known and len(known) == len(keys) else ""


def _alert_groups(data: dict[Any, Any]) -> bool:
    groups = data.get("groups")
    if data.get("kind") == "PrometheusRule" and isinstance(data.get("spec"), dict):
        groups = data["spec"].get("groups")
    return isinstance(groups, list) and bool(groups) and all(isinstance(g, dict) and "rules" in g for g in groups)


def name_of(kind: str, data: Any) -> str:
    """The document's own name, "" where it has none."""
    root = {
        GOVERNANCE: "agent",
        PROMPT: "prompt",
        ORCHESTRATOR: "orchestrator",
        RUNBOOK: "metadata",
        SCENARIO: "metadata",
    }.get(kind)
    part = data.get(root) if root and isinstance(data, dict) else None
    name = part.get("name") if isinstance(part, dict) else None
    return name if isinstance(name, str) else ""


def guess(data: Any) -> str:
    """What the author of a document of no known kind may have meant, as half a sentence; "" without an idea."""
    if not isinstance(data, dict):
        return ""
    import difflib

    for key in list(data)[:100]:
        close = difflib.get_close_matches(str(key), _ROOTS, 1, 0.7)
        if close:
            return f"`{key}` looks like `{close[0]}`"
    inside = {"allowed_tools", "decision_authority", "rate_limits", "cost_controls", "data_access"} & data.keys()
    if "name" in data:
        inside = inside or {"tools", "model", "max_retries"} & data.keys()
    return f"`{min(inside)}` belongs below `agent:`" if inside else ""
