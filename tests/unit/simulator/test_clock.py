"""The virtual clock."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from agentctl.simulator.clock import PARK, Clock, Process


@given(st.lists(st.lists(st.floats(min_value=0.001, max_value=50), max_size=8), max_size=8))
def test_processes_run_in_order_of_time_and_none_holds_up_another(pauses: list[list[float]]) -> None:
    clock, seen = Clock(1000.0), []

    def process(number: int, own: list[float]) -> Process:
        for pause in own:
            seen.append((clock.now, number))
            yield pause
        seen.append((clock.now, number))

    for number, own in enumerate(pauses):
        clock.start(process(number, own))
    clock.run(5000.0)
    assert seen == sorted(seen, key=lambda item: item[0])
    for number, own in enumerate(pauses):
        times = [when for when, who in seen if who == number]
        assert len(times) == len(own) + 1
        assert all(abs((b - a) - pause) < 1e-6 for a, b, pause in zip(times, times[1:], own, strict=False))
    assert clock.now == 5000.0


@dataclass
class Container:
    epoch: int = 0


def test_a_process_dies_with_the_container_it_runs_in() -> None:
    clock, container, steps = Clock(0.0), Container(), []

    def run() -> Process:
        while True:
            steps.append(clock.now)
            yield 10.0

    clock.start(run(), container)
    clock.run(25.0)
    container.epoch += 1
    clock.run(100.0)
    assert steps == [0.0, 10.0, 20.0]


def test_what_is_parked_never_wakes_by_itself() -> None:
    clock, steps = Clock(0.0), []

    def run() -> Process:
        steps.append("asleep")
        yield PARK
        steps.append("awake")

    clock.start(run())
    clock.run(1e9)
    assert steps == ["asleep"]
