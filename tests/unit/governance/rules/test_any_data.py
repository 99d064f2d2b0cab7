"""No rule breaks, whatever the documents hold: the schema's complaints are somebody else's, a traceback is ours."""

from __future__ import annotations

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentctl.documents import kinds
from agentctl.documents.load import load_bytes
from agentctl.governance.rules import RULES
from agentctl.governance.rules.base import Corpus

KEYS = (
    "agent prompt orchestrator name model max_retries max_concurrent_runs allowed_tools tools decision_authority autonomous "
    "requires_human_review forbidden default data_access allow_pii allow_financial max_records_per_query rate_limits "
    "max_tickets_per_hour max_searches_per_minute cost_controls max_daily_spend_usd max_cost_per_run_usd alert_on_threshold "
    "effects actions limited_by endpoint system_prompt expected_output_format evaluation_rubric output_schema properties agents "
    "routes handoffs fallback_agent max_agent_hops receivers processors exporters connectors extensions service pipelines traces "
    "groups rules alert expr record spec steps with metric labels promql metadata kind apiVersion value"
).split()
NAMES = (
    "search_kb send_email send_email_to_customer run_sql_query bash get_customer create_ticket issue_refund approve_over_500 * a b "
    "support support_v2 pii raw-query write execute financial otlp loki batch claude-3-5-sonnet-latest allow deny json "
    "agent_cost_total_usd fallback_agent"
).split()
SCALARS = (
    st.sampled_from(NAMES)
    | st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.sampled_from([0, 1, -1, 10**400, -(10**400), 0.5, 1e308, float("inf"), float("-inf"), float("nan")])
    | st.dates()
    | st.text(max_size=20)
    | st.sampled_from(
        ["Use send_email. Call bash(x). {{ user_input }} {a}", "delete customer data\n\nsend email to customer"]
    )
)
DATA = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=5) | st.dictionaries(st.sampled_from(KEYS + NAMES) | st.integers(), inner, max_size=6)
    ),
    max_leaves=25,
)


def document(root: str, inner: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.fixed_dictionaries({root: inner})


LISTS = st.lists(st.sampled_from(NAMES) | SCALARS, max_size=6)
AGENT = st.fixed_dictionaries(
    {"name": st.sampled_from(NAMES) | DATA},
    optional={
        "model": SCALARS,
        "max_retries": SCALARS,
        "max_concurrent_runs": SCALARS,
        "allowed_tools": LISTS | DATA,
        "tools": st.dictionaries(
            st.sampled_from(NAMES),
            st.fixed_dictionaries({}, optional={"effects": LISTS, "actions": LISTS, "limited_by": SCALARS}) | DATA,
            max_size=4,
        ),
        "decision_authority": st.fixed_dictionaries(
            {},
            optional={"autonomous": LISTS, "requires_human_review": LISTS, "forbidden": LISTS, "default": SCALARS},
        )
        | DATA,
        "rate_limits": st.dictionaries(st.sampled_from(KEYS) | st.integers(), SCALARS, max_size=4) | DATA,
        "data_access": st.dictionaries(st.sampled_from(KEYS), SCALARS, max_size=4) | DATA,
        "cost_controls": st.dictionaries(st.sampled_from(KEYS), SCALARS, max_size=4) | DATA,
    },
)
DOCUMENTS = st.one_of(
    document("agent", AGENT),
    document("agent", DATA),
    document("prompt", st.dictionaries(st.sampled_from(KEYS), SCALARS | LISTS | DATA, max_size=8)),
    document("orchestrator", st.dictionaries(st.sampled_from(KEYS), LISTS | DATA, max_size=8)),
    st.dictionaries(st.sampled_from("receivers processors exporters service extensions".split()), DATA, max_size=5),
    DATA,
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], deadline=None)
@given(st.lists(st.tuples(DOCUMENTS, st.sampled_from(["", *kinds.KINDS])), min_size=1, max_size=4))
def test_no_rule_breaks(pairs):
    documents = []
    for data, kind in pairs:
        try:
            text = yaml.safe_dump(data)
        except ValueError:  # a whole number too long to be written
            continue
        documents += load_bytes(text.encode("utf-8", "surrogatepass"), "x.yaml", kind).documents
    corpus = Corpus(documents)
    for rule in RULES:
        for finding in rule.check(corpus):
            assert finding.message
            assert finding.location
