"""Whole documents: the template that people paste, and a policy that somebody thought about."""

from __future__ import annotations

from pathlib import Path

import yaml

from agentctl.documents.load import load_bytes, load_path
from agentctl.governance.alerts import alert_groups
from agentctl.governance.check import check
from agentctl.governance.read import policy_of
from agentctl.model.finding import Finding, Severity

HERE = Path(__file__).parent


def findings(*names: str) -> list[Finding]:
    documents = []
    for name in names:
        loaded = load_path(HERE / name)
        assert loaded.documents
        assert not loaded.findings
        documents += loaded.documents
    return check(documents)


def codes(*names: str) -> set[str]:
    return {finding.code for finding in findings(*names)}


def test_the_long_template_has_no_error_and_shows_what_it_fails_to_protect():
    found = findings("published/agent-config-long.yaml")
    assert max(finding.severity for finding in found) is Severity.WARNING
    assert {finding.code for finding in found} == set(
        "AG101 AG102 AG103 AG104 AG105 AG108 AG112 AG201 AG202 AG203 AG301 AG304 AG405".split()
    )


def test_each_finding_of_the_long_template_stands_where_the_fault_is():
    lines = (HERE / "published/agent-config-long.yaml").read_text().splitlines()
    at = {}
    for finding in findings("published/agent-config-long.yaml"):
        place = finding.location
        at.setdefault(finding.code, []).append(lines[place.line - 1][place.column - 1 : place.end_column - 1])
    tools = ["search_kb", "get_customer", "create_ticket", "send_email", "run_sql_query"]
    autonomous = ["search_knowledge_base", "retrieve_customer_history", "classify_ticket_priority"]
    forbidden = ["delete_customer_data", "approve_refunds_over_500", "access_financial_records"]
    assert at == {
        "AG101": [*autonomous, "send_email_to_customer", "escalate_to_refund", "modify_customer_account"],
        "AG102": tools,
        "AG103": autonomous[:2],
        "AG104": ["send_email_to_customer"],
        "AG105": forbidden,
        "AG108": ["approve_refunds_over_500"],
        "AG112": ["run_sql_query"],
        "AG201": ["get_customer"],
        "AG202": ["run_sql_query"],
        "AG203": ["50"],
        "AG301": ["get_customer", "run_sql_query"],
        "AG304": ["5", "10"],
        "AG405": ["cost_controls"],
    }


def test_effects_that_are_assumed_are_called_so():
    for finding in findings("published/agent-config-long.yaml"):
        if finding.code in ("AG112", "AG201", "AG202", "AG203"):
            assert "assumed" in finding.message


def test_the_short_template_has_no_error_and_no_authority_to_speak_of():
    found = findings("published/agent-config-short.yaml")
    assert max(finding.severity for finding in found) is Severity.WARNING
    assert {finding.code for finding in found} == set("AG111 AG201 AG202 AG203 AG301 AG304 AG405".split())


def test_the_published_prompt_is_clean():
    assert codes("published/prompt.yaml") == set()


def test_the_published_orchestrator_leads_to_agents_that_do_not_exist():
    found = [f for f in findings("published/orchestrator.yaml") if f.code == "AG601"]
    assert len(found) == 2
    assert any(
        "`fallback_agent` is the setting's name; did you mean the agent in it, `human_handoff`" in f.message
        for f in found
    )
    assert codes("published/orchestrator.yaml") == {"AG601"}


def test_the_published_collector_lets_logs_arrive_nowhere():
    (finding,) = findings("published/otel-collector.yaml")
    assert (finding.code, finding.severity, finding.location.path) == ("AG701", Severity.WARNING, "/exporters/loki")
    assert "no logs pipeline" in finding.message


def test_a_careful_policy_is_clean():
    names = ("support", "alerts", "collector", "runbook")
    assert findings(*(f"careful/{name}.yaml" for name in names)) == []


def test_the_shipped_runbooks_ask_for_nothing_that_is_not_there():
    runbooks = sorted((HERE.parents[1] / "runbooks").glob("*.yaml"))
    assert runbooks
    assert {f.code for f in findings("careful/support.yaml", "careful/alerts.yaml", *map(str, runbooks))} == set()


def test_the_alert_rules_that_agentctl_writes_watch_the_budget():
    (document,) = load_path(HERE / "published/agent-config-short.yaml").documents
    written = yaml.safe_dump({"groups": alert_groups([policy_of(document.data)])})
    alerts = load_bytes(written.encode(), "alerts.yaml").documents
    assert "AG405" in {f.code for f in check([document])}
    assert "AG405" not in {f.code for f in check([document, *alerts])}
