"""What follows from another cause is folded under it; unrelated causes both stand."""

from __future__ import annotations

from agentctl.diagnosis.causes import CAUSES, explain
from agentctl.diagnosis.fold import FOLLOWS, fold, follows
from agentctl.diagnosis.found import Found
from agentctl.model.finding import Remediation, Severity

ORDER = [c.id for c in CAUSES]


def found(
    ident: str, subject: str, since: float | None = 1000.0, agents: str = "", strength: float = 0.8, **more: object
) -> Found:
    return Found(ident, subject, strength, since, "", [], Remediation(), agents=frozenset(agents.split()), **more)  # type: ignore[arg-type]


def test_a_retry_storm_that_a_tool_started_is_one_incident() -> None:
    roots = fold([found("retry-storm", "agent/a", 1300.0, "a"), found("tool-outage", "tool/t", 1000.0, "a b")], ORDER)
    assert [(f.id, len(f.explains)) for f in roots] == [("tool-outage", 1)]


def test_a_storm_that_began_long_before_is_another_incident() -> None:
    roots = fold([found("retry-storm", "agent/a", 1000.0, "a"), found("tool-outage", "tool/t", 9000.0, "a b")], ORDER)
    assert {f.id for f in roots} == {"retry-storm", "tool-outage"}


def test_a_storm_of_another_agent_is_another_incident() -> None:
    roots = fold([found("retry-storm", "agent/c", 1300.0, "c"), found("tool-outage", "tool/t", 1000.0, "a b")], ORDER)
    assert len(roots) == 2


def test_a_chain_ends_at_its_root() -> None:
    chain = [
        found("saturation", "agent/a", 1300.0, "a"),
        found("crash-loop", "deployment/d", 1100.0, "a"),
        found("bad-rollout", "deployment/d", 1000.0, "a"),
    ]
    roots = fold(chain, ORDER)
    assert [f.id for f in roots] == ["bad-rollout"]
    assert len(roots[0].explains) == 2


def test_a_fault_stands_before_a_surge_however_sure() -> None:
    surge = found("traffic-surge", "agent/b", agents="b", strength=0.99, severity=Severity.WARNING)
    assert [f.id for f in fold([surge, found("tool-latency", "tool/t", agents="a", strength=0.6)], ORDER)] == [
        "tool-latency",
        "traffic-surge",
    ]


def test_what_is_less_likely_than_not_is_not_said() -> None:
    assert fold([found("tool-outage", "tool/t", strength=0.45)], ORDER) == []


def test_every_cause_has_its_page_and_no_other_code_has() -> None:
    assert len(CAUSES) == 20
    assert all(f"{c.id}:" in (explain(c.id) or "") and "What to do:" in c.page for c in CAUSES)
    assert explain("no-such-cause") is None


def test_calls_that_a_bad_release_makes_retried_are_its_consequence() -> None:
    roots = fold(
        [
            found("runaway-loop", "agent/a", 1200.0, "a", strength=0.9),
            found("bad-rollout", "deployment/a", 1000.0, "a", strength=0.6),
        ],
        ORDER,
    )
    assert [f.id for f in roots] == ["bad-rollout"]


def test_a_fault_never_disappears_under_what_is_only_dear() -> None:
    surge = found("traffic-surge", "agent/a", 1000.0, "a", severity=Severity.WARNING)
    full = found("saturation", "agent/a", 1100.0, "a")
    assert [f.id for f in fold([surge, full], ORDER)] == ["saturation", "traffic-surge"]
    for root, follow in ((r, f) for roots, others, _ in FOLLOWS for r in roots for f in others):
        dear = found(root, "agent/a", 1000.0, "a", pods=frozenset("p"), severity=Severity.WARNING)
        assert not follows(dear, found(follow, "agent/a", 1100.0, "a", pods=frozenset("p")))


def test_metrics_that_end_with_a_node_are_its_doing_and_later_gaps_are_not() -> None:
    node = found("node-failure", "node/n", 1000.0, "a b", pods=frozenset({"a-old"}))
    gap = found("telemetry-gap", "agent/a", 1060.0, "a", pods=frozenset({"a-old", "a-new"}))
    assert [f.id for f in fold([node, gap], ORDER)] == ["node-failure"]
    later = found("telemetry-gap", "agent/a", 9000.0, "a", pods=frozenset({"a-new"}))
    assert {f.id for f in fold([node, later], ORDER)} == {"node-failure", "telemetry-gap"}


def test_a_page_says_what_a_confidence_is_worth() -> None:
    assert "not as a probability" in (explain("tool-outage") or "")
