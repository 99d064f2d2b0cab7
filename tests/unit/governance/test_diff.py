"""What `diff` calls equal, `decide()` answers equally, and what differs in a decision is in the diff."""

import copy
import itertools
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentctl.governance.decide import decide
from agentctl.governance.diff import Change, diff_policies, diff_policy
from agentctl.governance.policy import Context
from agentctl.governance.read import policy_of

NAMES = ["search_kb", "send_email", "create_ticket", "delete_data", "send_email_to_customer"]
names = st.lists(st.sampled_from(NAMES), max_size=4, unique=True)
flags = st.sampled_from([True, False])
amounts = st.sampled_from([1, 5, 10])
EFFECTS = ["pii", "financial", "read"]

documents = st.fixed_dictionaries(
    {"name": st.just("a")},
    optional={
        "allowed_tools": names,
        "decision_authority": st.fixed_dictionaries(
            {},
            optional={
                "autonomous": names,
                "requires_human_review": names,
                "forbidden": names,
                "default": st.sampled_from(["allow", "review", "deny"]),
            },
        ),
        "tools": st.dictionaries(
            st.sampled_from(NAMES),
            st.fixed_dictionaries(
                {},
                optional={
                    "effects": st.lists(st.sampled_from(EFFECTS), unique=True),
                    "actions": names,
                    "limited_by": st.sampled_from(["max_tickets_per_hour", "max_emails_per_day"]),
                },
            ),
            max_size=3,
        ),
        "data_access": st.fixed_dictionaries(
            {}, optional={"allow_pii": flags, "allow_financial": flags, "max_records_per_query": amounts}
        ),
        "rate_limits": st.dictionaries(st.sampled_from(["max_tickets_per_hour", "max_emails_per_day"]), amounts),
        "cost_controls": st.fixed_dictionaries(
            {}, optional={"max_daily_spend_usd": amounts, "max_cost_per_run_usd": amounts}
        ),
    },
).map(lambda agent: {"agent": agent})

CONTEXTS = [
    Context(),
    *(Context(calls={name: n}) for name in ("max_tickets_per_hour", "max_emails_per_day") for n in (1, 5, 10)),
    *(Context(daily_spend_usd=Decimal(n)) for n in (1, 5, 10)),
    *(Context(run_cost_usd=Decimal(n)) for n in (1, 5, 10)),
    *(Context(records=n) for n in (1, 2, 6, 11)),
]
QUESTIONS = list(itertools.product([*NAMES, "unheard_of"], [None, *NAMES, "unheard_of"], CONTEXTS))


def answers(data: dict[str, Any]) -> list[str]:
    policy = policy_of(data)
    return [decide(policy, tool, action, context).outcome for tool, action, context in QUESTIONS]


@settings(max_examples=60, deadline=None)
@given(documents, documents)
def test_equal_by_diff_means_equal_by_decision(old: dict[str, Any], new: dict[str, Any]) -> None:
    changes = diff_policy(policy_of(old), policy_of(new))
    if not changes:
        assert answers(old) == answers(new)
    if answers(old) != answers(new):
        assert changes


RANK = {"deny": 0, "review": 1, "allow": 2}


@settings(max_examples=60, deadline=None)
@given(documents, documents)
def test_whatever_is_answered_more_freely_is_a_widening(old: dict[str, Any], new: dict[str, Any]) -> None:
    directions = {c.direction for c in diff_policy(policy_of(old), policy_of(new))}
    pairs = list(zip(answers(old), answers(new), strict=True))
    if any(RANK[b] > RANK[a] for a, b in pairs):
        assert "widened" in directions
    if any(RANK[b] < RANK[a] for a, b in pairs):
        assert "narrowed" in directions


@given(documents)
def test_a_document_differs_from_itself_in_nothing(data: dict[str, Any]) -> None:
    assert diff_policy(policy_of(data), policy_of(copy.deepcopy(data))) == []


BASE = {
    "agent": {
        "name": "support",
        "allowed_tools": ["search_kb", "send_email", "create_ticket"],
        "decision_authority": {
            "autonomous": ["search_kb"],
            "requires_human_review": ["send_email"],
            "forbidden": ["wipe"],
        },
        "data_access": {"allow_pii": False, "max_records_per_query": 50},
        "rate_limits": {"max_tickets_per_hour": 5},
        "cost_controls": {"max_daily_spend_usd": 50},
    }
}


def changed(**parts: Any) -> list[Change]:
    new = copy.deepcopy(BASE)
    for path, value in parts.items():
        *parents, last = path.split("__")
        node = new["agent"]
        for parent in parents:
            node = node[parent]
        node[last] = value
    return diff_policy(policy_of(BASE), policy_of(new))


@pytest.mark.parametrize(
    ("parts", "direction", "message", "pointer"),
    [
        (
            {
                "decision_authority__requires_human_review": [],
                "decision_authority__autonomous": ["search_kb", "send_email"],
            },
            "widened",
            "send_email: held for review → autonomous",
            "/agent/decision_authority/autonomous/1",
        ),
        (
            {"allowed_tools": ["search_kb", "send_email", "create_ticket", "run_sql"]},
            "widened",
            "run_sql: refused → held for review",
            "/agent/allowed_tools/3",
        ),
        ({"data_access__allow_pii": True}, "widened", "allow_pii: false → true", "/agent/data_access/allow_pii"),
        (
            {"rate_limits__max_tickets_per_hour": 50},
            "widened",
            "max_tickets_per_hour (create_ticket): 5 → 50",
            "/agent/rate_limits/max_tickets_per_hour",
        ),
        (
            {"cost_controls__max_daily_spend_usd": 10},
            "narrowed",
            "max_daily_spend_usd: 50 → 10",
            "/agent/cost_controls/max_daily_spend_usd",
        ),
        (
            {"data_access__max_records_per_query": 500},
            "widened",
            "max_records_per_query: 50 → 500",
            "/agent/data_access/max_records_per_query",
        ),
    ],
)
def test_as_a_person_would_say_it(parts: dict[str, Any], direction: str, message: str, pointer: str) -> None:
    assert (direction, message, pointer) in [(c.direction, c.message, c.pointer) for c in changed(**parts)]


def test_a_removed_guard_is_a_widening_that_stands_in_the_old_document() -> None:
    new = copy.deepcopy(BASE)
    del new["agent"]["rate_limits"]
    [change] = diff_policy(policy_of(BASE), policy_of(new))
    assert (change.direction, change.in_new, change.message) == (
        "widened",
        False,
        "max_tickets_per_hour (create_ticket): 5 → removed",
    )


def test_agents_come_and_go() -> None:
    policy = policy_of(BASE)
    [added] = diff_policies({}, {"support": policy})
    assert added.direction == "widened"
    assert "autonomous: search_kb" in added.message
    [gone] = diff_policies({"support": policy}, {})
    assert gone.direction == "narrowed"


def test_a_limit_replaced_by_a_stricter_one_is_no_widening() -> None:
    stricter = changed(rate_limits={"max_tickets_per_day": 5})
    assert {c.direction for c in stricter} == {"narrowed"}
    looser = changed(rate_limits={"max_tickets_per_day": 6})
    assert "widened" in {c.direction for c in looser}
    assert "widened" in {c.direction for c in changed(rate_limits={"max_tickets_per_minute": 5})}


def test_what_a_new_tool_brings_stands_where_it_is_listed() -> None:
    widened = changed(allowed_tools=["search_kb", "send_email", "create_ticket", "run_sql"])
    assert [(c.message, c.pointer) for c in widened] == [
        ("run_sql: refused → held for review", "/agent/allowed_tools/3")
    ]
    named = changed(
        allowed_tools=["search_kb", "send_email", "create_ticket", "run_sql"],
        tools={"run_sql": {"actions": ["count_rows"]}},
        decision_authority={
            "autonomous": ["search_kb", "count_rows"],
            "requires_human_review": ["send_email"],
            "forbidden": ["wipe"],
        },
    )
    assert {c.pointer for c in named if "run_sql" in c.message} == {"/agent/allowed_tools/3"}
