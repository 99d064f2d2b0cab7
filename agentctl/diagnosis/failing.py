"""Where and when failures of one kind concentrate: the stretch of time, and the pods that see them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from agentctl.analysis.failures import Failure
from agentctl.analysis.logs.digest import NO_MINUTE, Cell
from agentctl.diagnosis.timeline import ByMinute, Episode, add_up, cut, episode
from agentctl.diagnosis.view import View

# What a healthy fleet shows (1 % of tasks failed, each tried three times, spread over few tools), and what an incident shows.
USUAL, RAISED = 0.05, 0.3
MIN_SPOTS, EACH = 4, 5.0
# Calls go on being logged where there are still so many a minute of those at other times.
STILL = 0.7


@dataclass(frozen=True, slots=True)
class Failing:
    """Failures of one kind: when, in which cells, and with what share of the calls there. `spared` counts the cells that did
    the same work in that time without failing; `spots` the different minutes, cell by cell, in which it was seen; `share` is the
    share of the calls that fail, to be told to a person, where the episode's ratio is what the stretch was found by."""

    episode: Episode
    cells: Mapping[Cell, float]
    spared: int
    samples: tuple[str, ...]
    kinds: tuple[str, ...]
    guessed: bool
    spots: int = 0
    share: float = 0.0

    @property
    def scattered(self) -> bool:
        """Whether several runs saw it: one run that fails and retries leaves half a dozen lines within a minute or two. Where most
        pods are spared, those that are hit must be hit again and again: among a thousand pods a few always have bad luck."""
        if self.spared >= 2 * len(self.cells) and self.episode.hits < EACH * len(self.cells):
            return False
        enough = 2 * MIN_SPOTS if self.episode.start == NO_MINUTE else 5 * MIN_SPOTS
        return self.spots >= MIN_SPOTS or self.episode.hits >= enough

    @property
    def agents(self) -> frozenset[str]:
        return frozenset(agent for agent, _ in self.cells)

    @property
    def pods(self) -> frozenset[str]:
        return frozenset(pod for _, pod in self.cells if pod)

    @property
    def count(self) -> int:
        return round(self.episode.hits)


def failing(
    view: View,
    found: Iterable[Failure],
    exposure: Callable[[Cell], Mapping[int, float]],
    *,
    usual: float = USUAL,
    raised: float = RAISED,
    logged: bool = False,
) -> Failing | None:
    """The stretch in which these failures stand out against the work done, over all cells that see them, else over those cells
    that see them most; None where they do not stand out anywhere. `logged` = the exposure holds the calls that failed too."""
    found = list(found)
    hits: dict[Cell, ByMinute] = {}
    for failure in found:
        for cell, minutes in failure.cells.items():
            hits[cell] = add_up((hits.get(cell, {}), {m: float(n) for m, n in minutes.items()}))
    if not hits:
        return None
    weight = {
        cell: _larger(exposure(cell), minutes) if logged else add_up((exposure(cell), minutes))
        for cell, minutes in hits.items()
    }
    best = _stretch(hits, weight, usual, raised)
    if best is None or best.ratio < raised:
        # Among a thousand pods some have bad luck: each of these must have seen it in several minutes.
        worst = {
            c for c in hits if len(hits[c]) >= 3 and sum(hits[c].values()) >= 5 and _ratio(hits[c], weight[c]) >= raised
        }
        apart = _stretch({c: hits[c] for c in worst}, {c: weight[c] for c in worst}, usual, raised) if worst else None
        if apart is not None and (best is None or apart.ratio > 1.5 * best.ratio):
            best, hits = apart, {c: hits[c] for c in worst}
    if best is None:
        return None
    cells = {c: n for c, m in hits.items() if (n := _inside(m, best)) > 0}
    spared = sum(1 for c in view.activity if c not in cells and _inside(exposure(c), best) > 0)
    return Failing(
        best,
        cells,
        spared,
        tuple(s for f in found for s in f.samples)[:4],
        tuple(dict.fromkeys(f.symptom.kind for f in found)),
        2 * sum(f.count for f in found if f.guessed) > sum(f.count for f in found),
        sum(1 for c, table in hits.items() for m in table if best.start <= m <= best.end),
        _share(best, cells, [exposure(c) for c in cells], logged),
    )


def _share(stretch: Episode, cells: Mapping[Cell, float], work: Sequence[Mapping[int, float]], logged: bool) -> float:
    """The share of the calls that fail. Calls that were logged before they failed are among the failures' exposure already; so they are
    where as many calls are logged while they fail as at other times. A call may fail minutes after it was logged, so the whole stretch
    is compared, not minute with minute; and a failure that is written twice, for its attempt and for its task, makes no share above 1."""
    hits = sum(cells.values())
    found = cut({}, add_up(work), stretch.start, stretch.end)
    usual = _per_minute(work, stretch)
    if not logged and not (usual > 0 and found.exposure >= STILL * usual * stretch.minutes):
        return hits / (hits + found.exposure)
    return hits / max(found.exposure, hits)


def _per_minute(work: Sequence[Mapping[int, float]], stretch: Episode) -> float:
    """Calls a minute outside the stretch."""
    moments = [m for minutes in work for m in minutes]
    outside = (max(moments) - min(moments) + 1 - stretch.minutes) if moments else 0
    total = sum(n for minutes in work for m, n in minutes.items() if not stretch.start <= m <= stretch.end)
    return total / outside if outside > 0 else 0.0


def _larger(work: Mapping[int, float], hits: Mapping[int, float]) -> ByMinute:
    return {m: max(work.get(m, 0.0), hits.get(m, 0.0)) for m in {*work, *hits}}


def _stretch(
    hits: Mapping[Cell, ByMinute], weight: Mapping[Cell, ByMinute], usual: float, raised: float
) -> Episode | None:
    return episode(add_up(hits.values()), add_up(weight.values()), usual, raised)


def _ratio(hits: ByMinute, weight: ByMinute) -> float:
    found = episode(hits, weight, USUAL, RAISED)
    return found.ratio if found else 0.0


def _inside(minutes: Mapping[int, float], stretch: Episode) -> float:
    return sum(v for m, v in minutes.items() if stretch.start <= m <= stretch.end)


def tool_work(view: View, tool: str) -> Callable[[Cell], Mapping[int, float]]:
    """Calls of a tool by cell; where the agent logs no call of it, its model calls or its records stand in."""

    def exposure(cell: Cell) -> Mapping[int, float]:
        calls = view.tool_calls.get((*cell, tool))
        return calls if calls else _any_work(view, cell)

    return exposure


def model_work(view: View) -> Callable[[Cell], Mapping[int, float]]:
    """Model calls by cell; where none is logged, a fraction of the records."""

    def exposure(cell: Cell) -> Mapping[int, float]:
        return view.llm_calls.get(cell) or _any_work(view, cell)

    return exposure


def any_work(view: View) -> Callable[[Cell], Mapping[int, float]]:
    """Work of any kind by cell."""
    return lambda cell: _any_work(view, cell)


def _any_work(view: View, cell: Cell) -> Mapping[int, float]:
    calls = view.llm_calls.get(cell)
    if calls:
        return calls
    # A task leaves about four records: without marked calls they are the measure of work.
    return {m: n / 4 for m, n in view.activity.get(cell, {}).items()}


def share_of_window(view: View, stretch: Episode) -> float:
    """How much of the window the stretch covers, 0 to 1."""
    if stretch.start == NO_MINUTE:
        return 1.0
    return stretch.minutes / max(view.end - view.start + 1, 1)
