"""AG405: a budget that no alert rule of the call watches."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from agentctl.documents.node import Document
from agentctl.governance.rules.base import Corpus, Found, LintRule, Page
from agentctl.model.finding import Severity

PAGE = Page(
    why="""A threshold in a document tells nobody anything: something has to compare it with what was spent. Give the Prometheus
rule files (or PrometheusRule objects) in the same call, and a rule on the cost metric that takes in this agent ends this
note (ASI10 Rogue Agents).""",
    bad="""agent:
  name: support
  cost_controls: {max_daily_spend_usd: 50.00, alert_on_threshold: 0.8}
""",
    good="""agent:
  name: support
  cost_controls: {max_daily_spend_usd: 50.00, alert_on_threshold: 0.8}
---
groups:
  - name: agent-budgets
    rules:
      - alert: AgentBudgetThreshold
        expr: sum by (agent_name) (increase(agent_cost_total_usd_total{agent_name="support"}[1d])) > 40
""",
    fix="`agentctl policy alerts` writes such rules from the governance documents; give its output to validate as well.",
)
_COST = re.compile(r"\b[A-Za-z_:][\w:]*(?:cost|spend)[\w:]*", re.IGNORECASE)
_AGENT = re.compile(
    r"\b(?:agent|agent_name|gen_ai_agent_name)\s*(=~|!~|!=|=)\s*(\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*')"
)


def _find(corpus: Corpus) -> Iterator[Found]:
    watches = [
        expr for document in corpus.of_kind("alert-rules") for expr in _expressions(document) if _COST.search(expr)
    ]
    everybody, named, patterns = _reach(watches)
    for one in corpus.governed:
        if one.policy.max_daily_spend_usd is None and one.policy.max_cost_per_run_usd is None:
            continue
        name = one.policy.name
        if everybody or name in named or any(_matches(operator, text, name) for operator, text in patterns):
            continue
        yield Found(
            "no alert rule among the documents watches this budget, so nobody is told when it runs out. Write one with `agentctl "
            "policy alerts`, and give the rule file to this command too.",
            one.at("cost_controls", key=True),
            one.subject,
            "Write the rules with `agentctl policy alerts` and check them in the same call.",
        )


def _expressions(document: Document) -> Iterator[str]:
    """The expressions of the alerts, plain rule files and PrometheusRule objects alike."""
    groups = document.get("spec", "groups", default=None) or document.get("groups")
    for group in _list(groups):
        for rule in _list(group.get("rules")):
            if isinstance(rule.get("expr"), str) and "alert" in rule:
                yield rule["expr"]


def _list(value: Any) -> list[dict[Any, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _reach(expressions: list[str]) -> tuple[bool, set[str], set[tuple[str, str]]]:
    """Whether some expression takes in every agent, the agents that others name, and the matchers of the rest."""
    matchers = [set(_AGENT.findall(expr)) for expr in expressions]
    written = {(operator, re.sub(r"\\(.)", r"\1", text[1:-1])) for found in matchers for operator, text in found}
    named = {text for operator, text in written if operator == "="}
    return any(not found for found in matchers), named, {one for one in written if one[0] != "="}


def _matches(operator: str, text: str, name: str) -> bool:
    if operator == "!=":
        return text != name
    # A label matcher is a pattern from a file: it is taken apart at its bars, and only `.*` is more than itself.
    found = any(_like(part, name) for part in text.strip("^$()").split("|"))
    return found == (operator == "=~")


def _like(pattern: str, name: str) -> bool:
    pieces = re.split(r"\.[*+]", pattern.replace("\\.", "."))
    if len(pieces) == 1:
        return pattern.replace("\\", "") == name
    position = len(pieces[0]) if name.startswith(pieces[0]) else -1
    for piece in pieces[1:]:
        position = -1 if position < 0 else name.find(piece, position)
        position = position + len(piece) if position >= 0 else -1
    return position >= 0 and name.endswith(pieces[-1])


RULE = LintRule("AG405", "budget that no alert rule watches", Severity.INFO, ("10",), PAGE, _find)
