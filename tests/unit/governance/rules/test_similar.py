"""Which name a name may stand for, and that asking stays cheap."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentctl.governance.rules.similar import MOST, Similar, normal

TOOLS = Similar("search_kb get_customer create_ticket send_email run_sql_query".split())


@pytest.mark.parametrize(
    ("name", "tool"),
    [
        ("search_knowledge_base", "search_kb"),
        ("searchKB", "search_kb"),
        ("retrieve_customer", "get_customer"),
        ("retrieve_customer_history", "get_customer"),
        ("send_emial", "send_email"),
        ("execute_sql_query", "run_sql_query"),
        ("classify_ticket_priority", None),
        ("update_ticket", None),
        ("delete_customer_data", None),
        ("modify_customer_account", None),
        ("", None),
        ("___", None),
    ],
)
def test_near_misses(name, tool):
    assert TOOLS.near_miss(name) == tool


def test_a_name_that_goes_on_from_a_tool():
    assert TOOLS.begun("send_email_to_customer") == "send_email"
    assert TOOLS.begun("send_email") is None


def test_the_closest_of_many_is_found_among_those_that_share_a_word():
    many = Similar([f"read_sensor_{number}" for number in range(1000)] + ["open_valve", "page_operator"])
    assert many.closest("page_operater") == "page_operator"
    assert many.closest("open_valves") == "open_valve"


def test_only_a_bounded_number_of_names_is_compared():
    many = Similar([f"read_sensor_{number}" for number in range(10_000)])
    assert len(many._candidates(normal("read_sensor_x"))) <= MOST


@given(st.lists(st.text(max_size=12), max_size=80), st.text(max_size=300))
def test_answers_are_known_names(names, asked):
    similar = Similar(names)
    for found in (similar.near_miss(asked), similar.closest(asked), similar.begun(asked)):
        assert found is None or found in similar
