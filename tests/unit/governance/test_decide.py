"""decide(): the order of the grounds, their places, and what a change to a document may never do."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentctl.governance.decide import decide
from agentctl.governance.policy import Context
from agentctl.governance.read import policy_of

RANK = {"deny": 0, "review": 1, "allow": 2}


def policy(**agent: Any):
    return policy_of({"agent": {"name": "a", **agent}})


def test_a_tool_outside_the_allowlist_is_denied_and_the_allowlist_is_the_reason():
    decision = decide(policy(allowed_tools=["search_kb"]), "send_email")
    assert (decision.outcome, decision.because) == ("deny", ("/agent/allowed_tools",))


@pytest.mark.parametrize("agent", [{}, {"allowed_tools": []}, {"allowed_tools": None}, {"tools": {"x": {}}}])
def test_nothing_granted_means_nothing_allowed(agent):
    assert decide(policy(**agent), "x").outcome == "deny"


def test_names_are_compared_exactly():
    listed = policy(allowed_tools=["send_email", "*"])
    assert decide(listed, "send-email").outcome == "deny"
    assert decide(listed, "Send_Email").outcome == "deny"
    assert decide(listed, "anything").outcome == "deny"


def test_without_decision_authority_the_allowlist_alone_governs():
    decision = decide(policy(allowed_tools=["x", "y"]), "y")
    assert (decision.outcome, decision.because) == ("allow", ("/agent/allowed_tools/1",))


def test_with_decision_authority_what_no_tier_names_is_held_for_review():
    decision = decide(policy(allowed_tools=["x"], decision_authority={"autonomous": ["y"]}), "x")
    assert (decision.outcome, decision.because) == ("review", ("/agent/decision_authority",))


@pytest.mark.parametrize("default", ["allow", "review", "deny"])
def test_the_written_default_governs_what_no_tier_names(default):
    decision = decide(policy(allowed_tools=["x"], decision_authority={"default": default}), "x")
    assert (decision.outcome, decision.because) == (default, ("/agent/decision_authority/default",))


def test_forbidden_beats_review_beats_autonomous():
    tiers = {"autonomous": ["x"], "requires_human_review": ["x"], "forbidden": ["y", "x"]}
    assert decide(policy(allowed_tools=["x"], decision_authority=tiers), "x").because == (
        "/agent/decision_authority/forbidden/1",
    )
    del tiers["forbidden"]
    assert decide(policy(allowed_tools=["x"], decision_authority=tiers), "x").outcome == "review"


def test_a_declared_action_ties_the_gate_to_the_tool_and_both_lines_are_named():
    tied = policy(
        allowed_tools=["send_email"],
        tools={"send_email": {"actions": ["other", "send_email_to_customer"]}},
        decision_authority={"autonomous": ["send_email"], "requires_human_review": ["send_email_to_customer"]},
    )
    decision = decide(tied, "send_email")
    assert decision.outcome == "review"
    assert decision.because == (
        "/agent/decision_authority/requires_human_review/0",
        "/agent/tools/send_email/actions/1",
    )


def test_the_action_asked_is_searched_too():
    document = policy(allowed_tools=["x"], decision_authority={"autonomous": ["x"], "forbidden": ["wipe"]})
    assert decide(document, "x").outcome == "allow"
    assert decide(document, "x", "wipe").outcome == "deny"


def test_declared_effects_are_refused_by_the_flags_and_assumed_ones_are_not():
    flags = {"allow_pii": False}
    assumed = policy(allowed_tools=["get_customer"], data_access=flags)
    declared = policy(allowed_tools=["q"], tools={"q": {"effects": ["pii"]}}, data_access=flags)
    assert decide(assumed, "get_customer").outcome == "allow"
    decision = decide(declared, "q")
    assert (decision.outcome, decision.because) == ("deny", ("/agent/data_access/allow_pii", "/agent/tools/q/effects"))
    assert decide(policy(allowed_tools=["q"], tools={"q": {"effects": ["pii"]}}), "q").outcome == "allow"


def test_used_up_limits_and_budgets_deny_and_are_named():
    document = policy(
        allowed_tools=["create_ticket", "search_kb"],
        rate_limits={"max_tickets_per_hour": 5},
        cost_controls={"max_daily_spend_usd": 50.1, "max_cost_per_run_usd": 2},
        data_access={"max_records_per_query": 50},
    )
    used = Context(calls={"max_tickets_per_hour": 5})
    assert decide(document, "create_ticket", context=Context(calls={"max_tickets_per_hour": 4})).outcome == "allow"
    assert decide(document, "search_kb", context=used).outcome == "allow"
    decision = decide(document, "create_ticket", context=used)
    assert decision.outcome == "deny"
    assert "max_tickets_per_hour" in decision.reason
    assert decision.because == ("/agent/rate_limits/max_tickets_per_hour",)
    for context, name in (
        (Context(daily_spend_usd=Decimal("50.1")), "max_daily_spend_usd"),
        (Context(run_cost_usd=Decimal(2)), "max_cost_per_run_usd"),
        (Context(records=51), "max_records_per_query"),
    ):
        decision = decide(document, "search_kb", context=context)
        assert (decision.outcome, name in decision.reason) == ("deny", True)
    assert (
        decide(document, "search_kb", context=Context(daily_spend_usd=Decimal("50.09"), records=50)).outcome == "allow"
    )


def test_pointers_escape_what_rfc_6901_wants_escaped():
    document = policy(allowed_tools=["a/b~c"], tools={"a/b~c": {"effects": ["pii"]}}, data_access={"allow_pii": False})
    assert "/agent/tools/a~1b~0c/effects" in decide(document, "a/b~c").because


NAMES = st.sampled_from(["search_kb", "send_email", "send_email_to_customer", "get_customer", "wipe", "x"])
LISTS = st.lists(NAMES, max_size=4)
AGENTS = st.fixed_dictionaries(
    {"name": st.just("a")},
    optional={
        "allowed_tools": LISTS,
        "decision_authority": st.fixed_dictionaries(
            {},
            optional={
                "autonomous": LISTS,
                "requires_human_review": LISTS,
                "forbidden": LISTS,
                "default": st.sampled_from(["allow", "review", "deny"]),
            },
        ),
        "tools": st.dictionaries(
            NAMES,
            st.fixed_dictionaries(
                {}, optional={"actions": LISTS, "effects": st.lists(st.sampled_from(["pii", "financial", "read"]))}
            ),
        ),
        "data_access": st.fixed_dictionaries(
            {}, optional={"allow_pii": st.booleans(), "allow_financial": st.booleans()}
        ),
        "rate_limits": st.dictionaries(
            st.sampled_from(["max_emails_per_hour", "max_searches_per_day"]), st.integers(-1, 5)
        ),
    },
)
CONTEXTS = st.builds(
    Context,
    calls=st.dictionaries(st.sampled_from(["max_emails_per_hour", "max_searches_per_day"]), st.integers(0, 6)),
)


def rank(agent: dict[str, Any], tool: str, action: str | None, context: Context = Context()) -> int:
    return RANK[decide(policy_of({"agent": agent}), tool, action, context).outcome]


@given(AGENTS, NAMES, st.none() | NAMES, NAMES, CONTEXTS)
def test_forbidding_never_widens(agent, tool, action, forbidden, context):
    authority = agent.get("decision_authority", {})
    narrower = {**agent, "decision_authority": {**authority, "forbidden": [*authority.get("forbidden", []), forbidden]}}
    assert rank(narrower, tool, action, context) <= rank(agent, tool, action, context)
    if forbidden in (tool, action):
        assert rank(narrower, tool, action, context) == 0


@given(AGENTS, NAMES, st.none() | NAMES, NAMES)
def test_taking_a_tool_off_the_allowlist_never_widens(agent, tool, action, gone):
    fewer = {**agent, "allowed_tools": [t for t in agent.get("allowed_tools", []) if t != gone]}
    assert rank(fewer, tool, action) <= rank(agent, tool, action)
    assert rank(fewer, gone, action) == 0


@given(AGENTS, NAMES, st.none() | NAMES, st.sampled_from(["allow_pii", "allow_financial"]))
def test_closing_a_flag_never_widens(agent, tool, action, flag):
    closed = {**agent, "data_access": {**agent.get("data_access", {}), flag: False}}
    assert rank(closed, tool, action) <= rank(agent, tool, action)


@given(AGENTS, NAMES, CONTEXTS)
def test_having_used_more_never_widens(agent, tool, context):
    assert rank(agent, tool, None, context) <= rank(agent, tool, None)


@given(AGENTS, NAMES, st.none() | NAMES, CONTEXTS)
def test_every_decision_names_places_that_exist(agent, tool, action, context):
    decision = decide(policy_of({"agent": agent}), tool, action, context)
    assert decision.because
    assert decision.reason
    for pointer in decision.because:
        value: Any = {"agent": agent}
        for part in pointer.split("/")[1:]:
            value = value[int(part)] if isinstance(value, list) else value[part]


@given(AGENTS, st.lists(st.tuples(NAMES, st.none() | NAMES, CONTEXTS), max_size=6))
def test_what_was_asked_before_changes_no_answer(agent, questions):
    asked_often = policy_of({"agent": agent})
    for tool, action, context in questions:
        assert decide(asked_often, tool, action, context) == decide(policy_of({"agent": agent}), tool, action, context)
