"""Reading a document: both forms of it, and data that make no sense."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentctl.governance.decide import decide
from agentctl.governance.limits import parse_limit
from agentctl.governance.names import singulars, words
from agentctl.governance.read import policy_of


def test_both_forms_are_read():
    short = {"agent": {"name": "s", "allowed_tools": ["x"], "cost_controls": {"max_daily_spend_usd": 0.1}}}
    policy = policy_of(short)
    assert (policy.has_authority, policy.allowed_tools, policy.max_daily_spend_usd) == (False, ("x",), Decimal("0.1"))
    long = {"agent": {**short["agent"], "decision_authority": {"forbidden": ["y"]}}}
    assert policy_of(long).has_authority
    assert policy_of(long).tiers["forbidden"] == ("y",)


@pytest.mark.parametrize("authority", [None, {}, []])
def test_an_empty_authority_is_one(authority):
    policy = policy_of({"agent": {"name": "s", "allowed_tools": ["x"], "decision_authority": authority}})
    assert decide(policy, "x").outcome == "review"


def test_what_is_no_string_keeps_its_place():
    policy = policy_of({"agent": {"name": "s", "allowed_tools": ["a", 3, "b"]}})
    assert policy.allowed_tools == ("a", "", "b")
    assert list(policy.tools) == ["a", "b"]
    assert decide(policy, "b").because == ("/agent/allowed_tools/2",)
    assert decide(policy, "").outcome == "deny"


def test_true_is_no_number_and_one_is_no_flag():
    policy = policy_of({"agent": {"max_retries": True, "data_access": {"allow_pii": 1, "max_records_per_query": 5.0}}})
    assert (policy.max_retries, policy.allow_pii, policy.max_records_per_query) == (None, None, 5)


@pytest.mark.parametrize(
    ("limit", "tool", "belongs"),
    [
        ("max_tickets_per_hour", "create_ticket", True),
        ("max_searches_per_minute", "search_kb", True),
        ("max_queries_per_day", "run_sql_query", True),
        ("max_sql_queries_per_day", "run_sql_query", True),
        ("max_emails_per_hour", "sendEmail", True),
        ("max_emails_per_hour", "email_search", True),
        ("max_emails_per_hour", "mailer", False),
        ("max_tickets_per_hour", "ticketing", False),
        ("max_sms_per_hour", "send_sms", True),
        ("max_addresses_per_hour", "get_address", True),
        ("max_sql_queries_per_day", "query_sql", False),
        ("max_tickets_per_week", "create_ticket", False),
    ],
)
def test_a_limit_belongs_to_the_tools_that_have_its_noun_as_a_word(limit, tool, belongs):
    policy = policy_of({"agent": {"allowed_tools": [tool], "rate_limits": {limit: 1}}})
    assert [r.tools for r in policy.rate_limits if r.tools] == ([(tool,)] if belongs else [])


def test_limited_by_decides_where_it_is_written():
    agent = {
        "allowed_tools": ["send_email", "notify", "email_list"],
        "tools": {"notify": {"limited_by": "max_emails_per_hour"}, "send_email": {"limited_by": "max_mails_per_day"}},
        "rate_limits": {"max_emails_per_hour": 3, "max_mails_per_day": 9},
    }
    policy = policy_of({"agent": agent})
    assert {r.name: r.tools for r in policy.rate_limits} == {
        "max_emails_per_hour": ("notify", "email_list"),
        "max_mails_per_day": ("send_email",),
    }


def test_a_limit_belongs_to_allowed_tools_only():
    agent = {"allowed_tools": [], "tools": {"send_email": {}}, "rate_limits": {"max_emails_per_hour": 3}}
    assert policy_of({"agent": agent}).rate_limits[0].tools == ()


@pytest.mark.parametrize(
    ("name", "parsed"),
    [
        ("max_tickets_per_hour", ("tickets", 3600)),
        ("max_things_per_day_per_second", ("things_per_day", 1)),
        ("max__per_hour", None),
        ("tickets_per_hour", None),
        ("max_tickets_per_hour\n", None),
    ],
)
def test_names_of_limits(name, parsed):
    assert parse_limit(name) == parsed


def test_words_and_singulars():
    assert words("runSQLQuery2") == words("run-sql_query 2") == ("run", "sql", "query", "2")
    assert "box" in singulars("boxes")
    assert "cache" in singulars("caches")
    assert singulars("status") == {"status"}
    plurals = {
        "statuses": "status",
        "buses": "bus",
        "aliases": "alias",
        "cases": "case",
        "movies": "movie",
        "replies": "reply",
    }
    for plural, singular in {**plurals, "quizzes": "quiz", "news": "news"}.items():
        assert singular in singulars(plural)


KEYS = (
    "agent name allowed_tools tools decision_authority autonomous rate_limits effects cost_controls max_daily_spend_usd "
    "data_access allow_pii max_calls_per_day actions"
).split()
DATA = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just(10**400) | st.dates(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(KEYS) | st.integers(),
            inner,
            max_size=4,
        )
    ),
)


@given(DATA | st.fixed_dictionaries({"agent": DATA}))
def test_no_data_break_the_reader_or_the_decision(data):
    policy = policy_of(data)
    for tool in [*policy.tools, "x", ""]:
        assert decide(policy, tool).outcome in ("allow", "review", "deny")
