"""Rises of a fleet's counters asked of the server in sums, several questions at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from agentctl.model.observations import Series
from agentctl.model.report import Window
from agentctl.sources import prometheus_sums as sums
from agentctl.sources.prometheus import PrometheusSource
from agentctl.sources.prometheus_sums import Kind, SumQuestion

# Up to so many counters that no exact sum can hold are fetched as raw samples.
RAW_LIMIT = 400
_RECENT = 600.0
_AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class Sums:
    """What one counter rose by. `parts` are sums by subject with what they rest on, `raw` the samples of the counters in none of
    them. `silent` subjects had a sample just before the window only, `ending` ones have one just before its end.
    `others` is how many counters are not in the exact sums of the steady ones."""

    name: str
    parts: Sequence[tuple[Kind, Series]] = ()
    raw: Sequence[Series] = ()
    silent: Sequence[Series] = ()
    ending: Sequence[Series] = ()
    others: int = 0


@dataclass(frozen=True, slots=True)
class Pushdown:
    """Asks one server about one window. Every method raises SourceError."""

    source: PrometheusSource
    window: Window
    namespaces: tuple[str, ...] = ()
    limit: int = RAW_LIMIT
    matchers: Mapping[str, str] = field(default_factory=dict)

    @property
    def end(self) -> float:
        """The window's end, unix seconds."""
        return self.window.end.timestamp()

    def load(self, names: Sequence[str]) -> dict[str, tuple[float, float]]:
        """About how many samples each metric has in the window, and how many series; by the last ten minutes of it where there
        are any then."""
        recent = min(_RECENT, self.window.seconds)
        for seconds in dict.fromkeys((recent, self.window.seconds)):
            asked = self._ask(sums.samples(names, self.source.labels, self.namespaces, seconds))
            counts = [sum(s.samples[-1].value for s in answer) for answer in asked]
            scale = self.window.seconds / seconds
            if any(counts):
                return {n: (counts[i] * scale, counts[len(names) + i]) for i, n in enumerate(names)}
        return dict.fromkeys(names, (0.0, 0.0))

    def size(self, names: Sequence[str]) -> int | None:
        """How many series these metrics have in the window, what two servers scraped counted once; None where some may be one
        counter seen twice, which only their samples can tell."""
        place = (names, self.source.labels, self.namespaces, self.window)
        if any(s.samples[-1].value for answer in self._ask(sums.twins(*place)) for s in answer):
            return None
        found = [s for answer in self._ask(sums.views(*place)) for s in answer]
        if any(s.labels.get("n") != "1" for s in found):
            return None
        return sum(int(s.samples[-1].value) for s in found)

    def sums(self, name: str, born: str, by: tuple[str, ...]) -> Sums:
        """What the counter rose by in the window, by these labels; `born` names its `_created` series, "" where it has none."""
        question = SumQuestion(name, born, by, self.window, self.source.labels, self.namespaces)
        firm = sums.steady(question, near=True)
        exact, others, beginning, ending = self._ask(
            [sums.summed(question, firm), sums.others(question, firm), sums.beginning(question), sums.ending(question)]
        )
        seen = {_subject(s, by) for s in (*exact, *others)}
        silent = [s for s in beginning if _subject(s, by) not in seen]
        known = Sums(name, [(Kind.EXACT, s) for s in exact], (), silent, ending, len(others))
        if not others:
            return known
        if len(others) <= self.limit:
            return replace(known, raw=self._raw(question, others))
        kinds, asked = zip(*sums.classes(question), strict=True)
        parts = [(k, s) for k, answer in zip(kinds, self._ask(asked), strict=True) for s in answer]
        return replace(known, parts=parts)

    def history(self, names: Sequence[str], by: tuple[str, ...], start: float, step: float) -> Sequence[Series]:
        """What each subject rose by in every step up to the window's end, roughly."""
        questions = [SumQuestion(n, "", by, self.window, self.source.labels, self.namespaces) for n in names]
        count = int((self.end - start) / step)
        first = self.end - count * step
        return [s for q in questions for s in self.source.matrix(sums.rises(q, step), first, self.end, step)]

    def _raw(self, question: SumQuestion, wanted: Sequence[Series]) -> list[Series]:
        """The raw samples of these series and their births, baselines of missed scrapes included."""
        label, values = sums.narrow(wanted)
        names = [question.name, *([question.born] if question.born else [])]
        found = self.source.series_where(names, self.window, label, values) if label else []
        held = {frozenset(p for p in one.labels.items() if p[0] != "__name__") for one in wanted}
        return [s for s in found if frozenset(p for p in s.labels.items() if p[0] != "__name__") in held]

    def _ask(self, questions: Sequence[str]) -> list[Sequence[Series]]:
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return list(pool.map(lambda q: self.source.vector(q, self.end), questions))


def _subject(series: Series, by: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(series.labels.get(name, "") for name in by)
