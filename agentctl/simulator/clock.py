"""A virtual clock: processes are generators that yield the seconds they sleep, so that waiting blocks nobody else."""

from __future__ import annotations

import heapq
from collections.abc import Generator
from typing import Protocol

Process = Generator[float, None, None]

# What a process yields to sleep until somebody wakes it.
PARK = -1.0


class Owner(Protocol):
    """What a process runs in. When its epoch has moved on (the container died), its processes are dropped."""

    epoch: int


class Clock:
    """Runs processes in order of time; what is due at the same instant runs in the order it was scheduled."""

    def __init__(self, start: float) -> None:
        self.now = start
        self._queue: list[tuple[float, int, Process, Owner | None, int]] = []
        self._count = 0

    def start(self, process: Process, owner: Owner | None = None, delay: float = 0.0) -> None:
        """Begin a process after `delay` seconds; with an owner it dies when the owner's epoch changes."""
        self._push(self.now + delay, process, owner, owner.epoch if owner is not None else 0)

    def run(self, until: float) -> None:
        """Run everything that is due before `until`, then stand at `until`."""
        queue, pop = self._queue, heapq.heappop
        while queue and queue[0][0] < until:
            when, _, process, owner, epoch = pop(queue)
            if owner is not None and owner.epoch != epoch:
                continue
            self.now = when
            pause = next(process, None)
            if pause is not None and pause != PARK:
                self._push(when + pause, process, owner, epoch)
        self.now = until

    def _push(self, when: float, process: Process, owner: Owner | None, epoch: int) -> None:
        self._count += 1
        heapq.heappush(self._queue, (when, self._count, process, owner, epoch))
