"""What is assumed of tools by their names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentctl.governance.catalogue import effects_of, is_http, is_well_known
from agentctl.governance.policy import EFFECTS


@pytest.mark.parametrize(
    ("name", "effects"),
    [
        ("search_kb", {"read"}),
        ("get_customer", {"read", "pii"}),
        ("create_ticket", {"write"}),
        ("send_email", {"write", "external-send"}),
        ("run_sql_query", {"read", "raw-query"}),
        ("runSqlQuery", {"read", "raw-query"}),
        ("bash", {"execute", "write"}),
        ("issue_refund", {"write", "financial"}),
        ("fetch_url", {"read", "untrusted-input"}),
        ("get_patients", {"read", "pii"}),
        ("get_customer_details", {"read", "pii"}),
        ("get_customer_count", {"read"}),
        ("update_customers", {"write"}),
        ("purge_caches", {"write", "destructive"}),
        ("frobnicate", set()),
        ("customer", set()),
        ("", set()),
    ],
)
def test_effects(name, effects):
    assert effects_of(name) == effects


def test_a_verb_alone_makes_no_name_well_known():
    assert is_well_known("send-email")
    assert not is_well_known("get_patients")
    assert is_http("httpRequest")
    assert not is_http("search_kb")


@given(st.text(max_size=40))
def test_assumed_effects_are_effects(name):
    assert effects_of(name) <= set(EFFECTS)
