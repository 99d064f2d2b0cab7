"""Labels in every selector of somebody else's PromQL: never in a string, never out of its quotes, never left out."""

from __future__ import annotations

import sys
from typing import Any

import promql_parser as parser
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentctl.model.errors import SourceError
from agentctl.sources.promql import narrowed

EU = {"cluster": "eu"}
NAMES = st.sampled_from(["up", "http:requests:rate5m", "agent_cost_total_usd_total", "summe", "by_x"])
TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")) | st.sampled_from('\\"\n\t{}[]'), max_size=8)
RANGES = st.sampled_from(["30s", "5m", "1h30m", "100ms"])
AFTER = st.sampled_from(["", " offset 5m", " offset -1h", " @ end()", " @ 1609746000.5", " @ start() offset 2d"])


def literal(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'


@st.composite
def selectors(draw: st.DrawFn) -> str:
    labels = draw(
        st.lists(st.tuples(st.sampled_from(["a", "cluster", "le"]), st.sampled_from(["=", "!="]), TEXT), max_size=3)
    )
    inside = ",".join(f"{k}{op}{literal(v)}" for k, op, v in labels)
    if draw(st.booleans()):
        return f"{draw(NAMES)}{{{inside}}}"
    return f'{{__name__=~"x.+|{draw(NAMES)}"{"," if inside else ""}{inside}}}'


def deeper(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.tuples(
            inner, st.sampled_from(["+", "/", "> bool", "== on(a)", "and", "or", "unless ignoring(le)"]), inner
        ).map(lambda t: f"({t[0]}) {t[1]} ({t[2]})"),
        inner.map(lambda e: f"sum by (a, cluster) ({e})"),
        inner.map(lambda e: f"-({e})"),
        st.tuples(inner, RANGES, AFTER).map(lambda t: f"max_over_time(({t[0]})[{t[1]}:1m]{t[2]})"),
        st.tuples(inner, TEXT).map(lambda t: f'label_replace({t[0]}, "a", {literal(t[1])}, "b", "(.*)")'),
        inner.map(lambda e: f"topk(scalar({e}), {e})"),
    )


LEAVES = st.one_of(
    st.tuples(selectors(), AFTER).map("".join),
    st.tuples(selectors(), RANGES, AFTER).map(lambda t: f"rate({t[0]}[{t[1]}]{t[2]})"),
)


def matchers(promql: str) -> list[list[tuple[str, str, str]]]:
    found: list[list[tuple[str, str, str]]] = []

    def visit(node: Any) -> bool:
        if isinstance(node, parser.VectorSelector):
            found.append(sorted((str(m.op), m.name, m.value) for m in node.matchers.matchers))
        return True

    parser.walk(parser.parse(promql), visit)
    return found


@given(st.recursive(LEAVES, deeper, max_leaves=4), TEXT)
def test_every_selector_carries_the_label_and_keeps_its_own(promql: str, value: str) -> None:
    answer = narrowed(promql, {"cluster": value})
    extra = (str(parser.MatchOp.Equal), "cluster", value)
    assert matchers(answer) == [sorted([*held, extra]) for held in matchers(promql)]
    assert narrowed(answer, {}) == answer


@pytest.mark.parametrize(
    ("promql", "answer"),
    [
        ("up", 'up{cluster="eu"}'),
        ('count(up{a="{}"}) or vector(1)', 'count(up{a="{}",cluster="eu"}) or vector(1)'),
        ('up{cluster="us"}', 'up{cluster="eu",cluster="us"}'),
        ("rate(up[5m] offset 1m)", 'rate(up{cluster="eu"}[5m] offset 1m)'),
        ('{__name__="a.b"}', '{__name__="a.b",cluster="eu"}'),
        (
            "max_over_time(sum(rate(up[5m]))[1h:5m] @ end())",
            'max_over_time(sum(rate(up{cluster="eu"}[5m]))[1h:5m] @ end())',
        ),
        ('up{a="1" or b="2"}', 'up{a="1", cluster="eu" or b="2", cluster="eu"}'),
        ("1 + time()", "1 + time()"),
        ("up # {not} a selector", 'up{cluster="eu"}'),
    ],
)
def test_known_answers(promql: str, answer: str) -> None:
    assert narrowed(promql, EU) == answer


@pytest.mark.parametrize("promql", ["sum(up", "", "increase(up[1h] anchored)", "no_such_function(up)"])
def test_what_cannot_be_read_is_refused(promql: str) -> None:
    with pytest.raises(SourceError) as caught:
        narrowed(promql, EU)
    assert caught.value.code == "unsupported"


def test_without_the_parser_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "promql_parser", None)
    with pytest.raises(SourceError) as caught:
        narrowed("up", EU)
    assert "agentctl[promql]" in caught.value.hint
    assert narrowed("up", {}) == "up"
