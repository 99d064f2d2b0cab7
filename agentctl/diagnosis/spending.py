"""What an agent does and what it costs, minute by minute: tasks, model calls, tokens, money. From logs and metrics alike."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from agentctl.diagnosis.timeline import ByMinute, Shift, add_up, cut
from agentctl.diagnosis.view import View
from agentctl.runbook.steps.traces import span_agent, span_target

# The floors of `cost spikes`: what costs less than this more in an hour is no incident of money, nor what is not so many times dearer.
MIN_USD, SPIKE = 1.0, 3.0
# What a figure that is measured over a stretch with blurred edges may fall short of the floor.
BLUR = 0.9
# From so many times the cost of one call, or its tokens, on a change is looked at.
FACTOR = 2.5
HOUR, EDGE = 60, 5
# So many minutes before the onset are enough to say what is usual.
BEFORE = 15


@dataclass(slots=True)
class Spending:
    """One agent. `tasks` is empty where no metric counts them; `priced` = the cost is known."""

    agent: str
    tasks: ByMinute = field(default_factory=dict)
    calls: ByMinute = field(default_factory=dict)
    tokens: ByMinute = field(default_factory=dict)
    cost: ByMinute = field(default_factory=dict)
    cost_by_model: dict[str, ByMinute] = field(default_factory=dict)
    calls_by_model: dict[str, ByMinute] = field(default_factory=dict)
    tool_calls: ByMinute = field(default_factory=dict)
    repeats: ByMinute = field(default_factory=dict)
    attempts: ByMinute = field(default_factory=dict)

    @property
    def priced(self) -> bool:
        return any(v > 0 for v in self.cost.values())

    def extra_usd(self, shift: Shift, weight: ByMinute) -> float:
        """What the stretch cost beyond what the same weight would have cost at other times."""
        inside = sum(v for m, v in self.cost.items() if shift.start <= m <= shift.end)
        outside = sum(self.cost.values()) - inside
        w_in = sum(v for m, v in weight.items() if shift.start <= m <= shift.end)
        w_out = sum(weight.values()) - w_in
        return inside - (outside / w_out * w_in if w_out else 0.0)


def dear_enough(spent: Spending, shift: Shift, end: int, factor: float = SPIKE) -> bool:
    """Whether the dearest hour that touches the stretch passes the floors of `cost spikes`: at least MIN_USD more, and `factor` times
    (less the blur) the usual hour. True where nothing is priced: then there is no money to judge.

    `end` is the last minute of the window. A stretch that still goes on is judged by its rate, since its hour is not over; one that
    ended inside the window by what its whole hour cost, the quiet minutes of it included.
    """
    if not spent.priced:
        return True
    length = shift.end - shift.start + 1
    usual, rate = _rates(spent.cost, shift, end)
    hour, seen = dearest_hour(spent.cost, shift, end)
    if hour - usual * seen < MIN_USD:
        return False
    going_on = shift.end >= end - EDGE and length < HOUR
    return (rate if going_on else hour / seen) >= BLUR * factor * usual


def _rates(cost: ByMinute, shift: Shift, end: int) -> tuple[float, float]:
    """Cost a minute before the onset, and in the stretch. What comes after the stretch may be more of the same: it is usual only where
    nothing lies before."""
    minutes = dict.fromkeys(range(min(min(cost), shift.start), end + 1), 1.0)
    outside, rate = same_stretch(cost, minutes, shift)
    before = {m: 1.0 for m in minutes if m < shift.start}
    return (sum(cost.get(m, 0.0) for m in before) / len(before) if len(before) >= BEFORE else outside), rate


def dearest_hour(amount: ByMinute, shift: Shift, end: int) -> tuple[float, int]:
    """The largest amount in an hour that touches the stretch, and how many minutes of that hour the data have (at most 60)."""
    first = min(min(amount, default=shift.start), shift.start)
    best, seen = 0.0, HOUR
    for start in range(max(first, shift.start - HOUR + 1), max(first, min(shift.end, end - HOUR + 1)) + 1):
        last = min(start + HOUR - 1, end)
        total = sum(amount.get(m, 0.0) for m in range(start, last + 1))
        if total > best:
            best, seen = total, last - start + 1
    return best, seen


def spending(view: View) -> dict[str, Spending]:
    """Every agent's, computed once."""
    if view.memo.get("spending") is None:
        view.memo["spending"] = _read(view)
    return view.memo["spending"]  # type: ignore[no-any-return]


def _read(view: View) -> dict[str, Spending]:
    out: dict[str, Spending] = defaultdict(lambda: Spending(""))
    for agent in view.agents:
        out[agent] = Spending(agent, tasks=_inside(view, view.tasks(agent)))
    _from_logs(view, out)
    for agent, models in view.meters.cost.items():
        mine = out[agent]
        mine.agent = agent
        if not mine.cost_by_model:
            mine.cost_by_model = {model: _inside(view, minutes) for model, minutes in models.items()}
            mine.cost = add_up(mine.cost_by_model.values())
    for agent, minutes in view.meters.llm_calls.items():
        if not out[agent].calls:
            out[agent].calls = _inside(view, minutes)
    return dict(out)


def _from_logs(view: View, out: dict[str, Spending]) -> None:
    if view.digest is None:
        return
    for (agent, _, model), minutes in view.digest.llm.items():
        mine = out[agent]
        mine.agent = agent
        _add(mine.calls, {m: float(t.calls) for m, t in minutes.items()})
        _add(mine.tokens, {m: float(t.input_tokens) for m, t in minutes.items()})
        _add(mine.cost, {m: float(t.cost) for m, t in minutes.items()})
        _add(mine.calls_by_model.setdefault(model, {}), {m: float(t.calls) for m, t in minutes.items()})
        _add(mine.cost_by_model.setdefault(model, {}), {m: float(t.cost) for m, t in minutes.items()})
    for (agent, _, _), called in view.digest.tools.items():
        _add(out[agent].tool_calls, {m: float(t.calls) for m, t in called.items()})
        _add(out[agent].repeats, {m: float(t.repeats) for m, t in called.items()})
    for group in view.digest.attempts:
        for (agent, _), counts in group.cells.items():
            _add(out[agent].attempts, {m: float(n) for m, n in counts.items()})


def _add(into: ByMinute, minutes: ByMinute) -> None:
    for minute, value in minutes.items():
        into[minute] = into.get(minute, 0.0) + value


def _inside(view: View, minutes: ByMinute) -> ByMinute:
    return {m: v for m, v in minutes.items() if view.start <= m <= view.end}


def per_minute(view: View, minutes: ByMinute) -> ByMinute:
    """A weight of one for every minute of the window in which the signal could have been seen."""
    return dict.fromkeys(range(view.start, view.end + 1), 1.0) if minutes else {}


def same_stretch(amount: ByMinute, weight: ByMinute, shift: Shift) -> tuple[float, float]:
    """`amount / weight` at other times and inside the stretch; 0.0 where there is no weight."""
    found = cut(amount, weight, shift.start, shift.end)
    return found.ratio_outside, found.ratio


def runs_per_trace(view: View) -> dict[str, list[tuple[float, int, frozenset[str]]]]:
    """For each agent: (start, runs in it, agents in it) of every trace that it takes part in."""
    traces: dict[str, list[tuple[float, str]]] = defaultdict(list)
    for span in view.spans:
        if span_target(span)[0] == "run":
            traces[span.trace_id].append((span.start, span_agent(span)))
    out: dict[str, list[tuple[float, int, frozenset[str]]]] = defaultdict(list)
    for runs in traces.values():
        agents = frozenset(agent for _, agent in runs)
        for agent in agents:
            out[agent].append((min(start for start, _ in runs), len(runs), agents))
    return dict(out)
