"""What counters rose by, kept as they were scraped and spread over the minutes only when it is looked at. Pure.

A day of history at a scrape every half hour is fifty stretches, and 1,440 minutes: a thousand agents' minutes would not fit.
"""

from __future__ import annotations

from array import array
from collections.abc import ItemsView, Iterator, Mapping
from dataclasses import dataclass, field

from agentctl.diagnosis.timeline import ByMinute


@dataclass(slots=True)
class Stretches:
    """What one counter rose by: from minute `first` to minute `last`, both inside, by `share` each. In order of time."""

    first: array[int] = field(default_factory=lambda: array("q"))
    last: array[int] = field(default_factory=lambda: array("q"))
    share: array[float] = field(default_factory=lambda: array("d"))

    def add(self, first: int, last: int, share: float) -> None:
        """One more stretch; it may begin in the minute in which the one before it ends."""
        self.first.append(first)
        self.last.append(last)
        self.share.append(share)

    def by_minute(self) -> ByMinute:
        """The sum of each minute."""
        minutes: ByMinute = {}
        for first, last, share in zip(self.first, self.last, self.share, strict=True):
            if first in minutes:
                minutes[first] += share
                first += 1
            if first == last:
                minutes[first] = share
            elif first < last:
                minutes.update(dict.fromkeys(range(first, last + 1), share))
        return minutes


class Spread(Mapping[int, float]):
    """The sum of several counters by minute, worked out each time it is asked for."""

    __slots__ = ("_parts",)

    def __init__(self) -> None:
        self._parts: list[Stretches] = []

    def add(self, part: Stretches) -> None:
        """One more counter."""
        self._parts.append(part)

    def by_minute(self) -> ByMinute:
        """The sum of each minute, as a table of its own."""
        if not self._parts:
            return {}
        total = self._parts[0].by_minute()
        for part in self._parts[1:]:
            for minute, value in part.by_minute().items():
                total[minute] = total.get(minute, 0.0) + value
        return total

    def items(self) -> ItemsView[int, float]:
        return self.by_minute().items()

    def __getitem__(self, minute: int) -> float:
        return self.by_minute()[minute]

    def __iter__(self) -> Iterator[int]:
        return iter(self.by_minute())

    def __len__(self) -> int:
        return len(self.by_minute())
