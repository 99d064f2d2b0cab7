"""An expression narrowed to a cluster answers as if somebody had written the label into each selector by hand."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from testbed.prometheus import Prometheus

from agentctl.sources.prometheus import PrometheusSource
from agentctl.sources.prometheus_access import PrometheusAccess

AT = 1_772_539_200
QUESTIONS = [
    ("sum(jobs_total)", 'sum(jobs_total{cluster="eu"})'),
    ("rate(jobs_total[5m] offset 1m) / 2", 'rate(jobs_total{cluster="eu"}[5m] offset 1m) / 2'),
    ('{__name__=~"jobs.*",cluster!="x"}', '{__name__=~"jobs.*",cluster="eu"}'),
    (
        "max_over_time(sum(rate(jobs_total[2m]))[5m:1m] @ end())",
        'max_over_time(sum(rate(jobs_total{cluster="eu"}[2m]))[5m:1m] @ end())',
    ),
    ('jobs_total{cluster="us"}', 'jobs_total{cluster="us",cluster="eu"}'),
    ('label_replace(jobs_total, "a", "{$1}", "kind", "(.*)")', 'label_replace(jobs_total{cluster="eu"},"a","{$1}","kind","(.*)")'),
    ("topk(1, jobs_total) - ignoring(x) group_left() jobs_total", 'topk(1, jobs_total{cluster="eu"}) - ignoring(x) group_left() jobs_total{cluster="eu"}'),
    ("absent(no_such_metric)", 'absent(no_such_metric{cluster="eu"})'),
    ("vector(1) + time()", "vector(1) + time()"),
]  # fmt: skip


@pytest.fixture(params=["prometheus", "prometheus3"])
def url(request: pytest.FixtureRequest) -> str:
    server: Callable[..., Prometheus] = request.getfixturevalue(request.param)
    lines = ["# TYPE jobs counter"]
    for cluster, pace in (("eu", 2), ("us", 300)):
        for kind in ("a{}", "b"):
            labels = f'cluster="{cluster}",kind="{kind}"'
            lines += [f"jobs_total{{{labels}}} {pace * i + len(kind)} {AT - 600 + 30 * i}" for i in range(21)]
    return server("\n".join([*lines, "# EOF", ""])).url


@pytest.mark.parametrize(("question", "by_hand"), QUESTIONS)
def test_as_written_by_hand(url: str, question: str, by_hand: str) -> None:
    narrow = PrometheusSource(PrometheusAccess(url, labels={"cluster": "eu"}))
    plain = PrometheusSource(PrometheusAccess(url))
    assert narrow.query(question, AT) == plain.query(by_hand, AT)
    if "jobs_total" in question and 'cluster="us"' not in question:
        assert narrow.query(question, AT) != plain.query(question, AT)
