"""Limits from the providers' admin endpoints, in every shape they come in."""

from __future__ import annotations

from typing import Any

import pytest

from agentctl.model.errors import ErrorNote, SourceError
from agentctl.sources.connect import connect
from agentctl.sources.quota import Anthropic, OpenAi, Quota
from agentctl.sources.request import Request

from .http_server import Asked, answering_with

KEY = "sk-" + "ant-" + "admin-" + "k" * 30


def _limit(kind: str, value: int) -> dict[str, Any]:
    return {"type": kind, "value": value}


def test_anthropic_in_both_shapes_and_over_pages() -> None:
    pages = {
        "": {
            "data": [
                {
                    "group_type": "model_group",
                    "models": ["claude-a", "claude-b"],
                    "limits": [_limit("requests_per_minute", 50)],
                },
                {"group_type": "batch", "models": None, "limits": [_limit("enqueued_requests", 1000)]},
            ],
            "next_page": "p2",
        },
        "p2": {
            "data": [
                {"group": {"name": "new", "models": ["claude-c"], "limits": [_limit("input_tokens_per_minute", 7)]}}
            ],
            "next_page": None,
        },
    }
    with answering_with(lambda asked: (200, pages[asked.query.get("page", "")])) as server:
        found = list(Anthropic(KEY, server.url).limits())
        assert {(x.model, x.type, x.limit) for x in found} == {
            ("claude-a", "requests_per_minute", 50.0),
            ("claude-b", "requests_per_minute", 50.0),
            ("batch", "enqueued_requests", 1000.0),
            ("claude-c", "input_tokens_per_minute", 7.0),
        }
        assert all(x.remaining is None for x in found)
        headers = server.asked[0].headers
        assert (headers["X-Api-Key"], headers["Anthropic-Version"]) == (KEY, "2023-06-01")
        assert "Authorization" not in headers


def _openai(asked: Asked) -> tuple[int, Any]:
    if asked.path == "/v1/organization/projects":
        first = "after" not in asked.query
        project = {"id": "proj_1" if first else "proj_2", "name": "one" if first else "two", "status": "active"}
        return 200, {"data": [project], "has_more": first, "last_id": project["id"]}
    if asked.path == "/v1/organization/projects/proj_1/rate_limits":
        return 200, {
            "data": [{"model": "gpt-x", "max_requests_per_1_minute": 60, "max_tokens_per_1_minute": 9000}],
            "has_more": False,
        }
    if asked.path == "/v1/organization/projects/proj_2/rate_limits":
        return 200, {"data": [{"model": "gpt-x", "max_requests_per_1_day": 5, "id": "rl"}], "has_more": False}
    return 404, {}


def test_openai_over_projects_and_pages() -> None:
    with answering_with(_openai) as server:
        found = {(x.model, x.type, x.limit) for x in OpenAi(KEY, server.url).limits()}
        assert found == {
            ("one/gpt-x", "requests_per_minute", 60.0),
            ("one/gpt-x", "tokens_per_minute", 9000.0),
            ("two/gpt-x", "requests_per_day", 5.0),
        }
        assert server.asked[0].headers["Authorization"] == f"Bearer {KEY}"


def test_one_provider_that_fails_does_not_hide_the_other() -> None:
    notes: dict[str, ErrorNote] = {}
    with answering_with(lambda asked: (401, {"error": KEY})) as bad, answering_with(_openai) as good:
        (reading,) = Quota([Anthropic(KEY, bad.url), OpenAi(KEY, good.url)], notes).quota()
        assert (reading.provider, reading.source) == ("openai", "admin-api")
        assert notes["quota"].code == "unauthorized"
        assert KEY not in notes["quota"].message
        with pytest.raises(SourceError):
            Quota([Anthropic(KEY, bad.url)], notes).quota()


@pytest.mark.parametrize("answer", [(200, {"data": 3}), (200, b"<html>"), (200, {}), (200, [])])
def test_answers_that_make_no_sense(answer: tuple[int, Any]) -> None:
    with answering_with(lambda asked: answer) as server, pytest.raises(SourceError) as caught:
        list(Anthropic(KEY, server.url).limits())
    assert caught.value.code == "bad-answer"


def test_a_page_that_names_itself_does_not_turn_for_ever() -> None:
    with answering_with(lambda asked: (200, {"data": [], "next_page": "same"})) as server:
        assert list(Anthropic(KEY, server.url).limits()) == []
        assert len(server.asked) == 2


def test_nobody_asks_without_a_key() -> None:
    with answering_with(_openai) as server:
        environ = {"HOME": "/nowhere", "OPENAI_ADMIN_KEY": KEY, "AGENTCTL_OPENAI_URL": server.url}
        assert connect(Request(environ=environ)).quota.quota()[0].provider == "openai"  # type: ignore[union-attr]
        assert connect(Request(environ={"HOME": "/nowhere"}, prometheus_url="http://p:1")).quota is None
