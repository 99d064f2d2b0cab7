"""Failures of a model provider, of one kind: what the causes about providers share."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from agentctl.analysis.failures import Failure
from agentctl.diagnosis.failing import Failing, failing, model_work
from agentctl.diagnosis.found import Found
from agentctl.diagnosis.view import View
from agentctl.diagnosis.words import clock, count, percent, quote, some
from agentctl.model.finding import Remediation

UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Rule:
    """When failures of these kinds are a cause: at least `hits` of them, at least `ratio` of the model calls, where `usual` is
    what a healthy fleet shows. `certain` = the words alone prove the kind, whoever they are of."""

    id: str
    kinds: frozenset[str]
    hits: int
    ratio: float
    usual: float
    raised: float
    base: float
    certain: bool = False


def by_provider(view: View, kinds: Iterable[str]) -> dict[str, list[Failure]]:
    """Failures of these kinds that speak of the model, by provider."""
    wanted, out = set(kinds), defaultdict(list)
    for failure in view.failures:
        s = failure.symptom
        if s.kind in wanted and s.model_side and not s.tool:
            out[s.provider or only_provider(view)].append(failure)
    return dict(out)


def only_provider(view: View) -> str:
    """The fleet's provider, where it has only one."""
    found = set(view.providers.values())
    return next(iter(found)) if len(found) == 1 else UNKNOWN


def stretches(view: View, rule: Rule) -> dict[str, Failing]:
    """The provider's failures where they stand out enough to be a cause."""
    out = {}
    for provider, found in by_provider(view, rule.kinds).items():
        stretch = failing(view, found, model_work(view), usual=rule.usual, raised=rule.raised)
        if (
            stretch is not None
            and stretch.scattered
            and stretch.count >= (2.5 * rule.hits if stretch.guessed and not rule.certain else rule.hits)
            and stretch.episode.ratio >= rule.ratio
        ):
            out[provider] = stretch
    return out


def provider_cause(rule: Rule, provider: str, stretch: Failing, said: str, advice: Remediation) -> Found:
    """The candidate for one provider."""
    episode = stretch.episode
    return Found(
        rule.id,
        f"provider/{provider}",
        rule.base + min(stretch.count, 50) / 250 + min(episode.ratio, 0.8) / 8 - (0.1 if provider == UNKNOWN else 0.0),
        episode.since,
        said,
        [
            f"logs: {count(stretch.count, 'model call')} refused or failed, {percent(stretch.share)} of them from {clock(episode.since)} on ({percent(episode.ratio_outside)} at other times)",
            f"logs: seen by {some(stretch.agents)}",
            *(f"logs: {quote(sample)}" for sample in stretch.samples[:2]),
        ],
        advice,
        until=episode.end * 60.0,
        agents=stretch.agents,
        pods=stretch.pods,
        weight=float(stretch.count),
    )
