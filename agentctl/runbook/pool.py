"""A bounded pool of daemon threads: a call that hangs in a vendor library keeps neither the run nor the process waiting."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass
class Job(Generic[T]):
    """A call and what came of it. `started` is a monotonic time, None while it waits for a thread."""

    call: Callable[[], T]
    started: float | None = None
    value: T | None = None
    error: BaseException | None = None
    done: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        self.started = monotonic()
        try:
            self.value = self.call()
        except BaseException as error:  # noqa: BLE001 - handed over to the thread that waits
            self.error = error
        self.done.set()


class Pool:
    """At most `size` calls at a time, started in the order they were given."""

    def __init__(self, size: int) -> None:
        self._jobs: queue.SimpleQueue[Job[object] | None] = queue.SimpleQueue()
        self._size = size
        self._threads = 0

    def submit(self, call: Callable[[], T]) -> Job[T]:
        job = Job(call)
        self._jobs.put(job)  # type: ignore[arg-type]
        if self._threads < self._size:
            self._threads += 1
            threading.Thread(target=self._work, name="agentctl-step", daemon=True).start()
        return job

    def close(self) -> None:
        """Let idle threads end; a thread inside a call ends with the call, or with the process."""
        for _ in range(self._threads):
            self._jobs.put(None)

    def replace_stuck(self) -> None:
        """Start one more thread in place of one whose call is late, so that the calls behind it get their turn."""
        threading.Thread(target=self._work, name="agentctl-step", daemon=True).start()
        self._threads += 1

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            job.run()
