"""Groups of records as they grow, and how two of them become one. What comes out does not depend on the order."""

from __future__ import annotations

from collections.abc import Iterable
from math import inf

from agentctl.analysis.logs.digest import GROUPS, OTHER, TRACE_IDS, Cell, Group, Order
from agentctl.analysis.logs.levels import RANK
from agentctl.analysis.logs.templates import error_template
from agentctl.model.records import LogRecord

_MESSAGE = 8192
_TRACEBACK = 16_384


class Groups:
    """Records by template. At most `limit` groups; records of further kinds are counted under OTHER."""

    def __init__(self, limit: int = GROUPS) -> None:
        self._limit = limit
        self._groups: dict[str, Group] = {}

    def add(self, record: LogRecord, cell: Cell, minute: int, message: str | None = None, after: str = "") -> None:
        """Count a record under the template of its message (or of `message`, where only a part of it tells the kind)."""
        template = error_template(record.message if message is None else message, record.traceback)
        group = self._groups.get(template)
        if group is None:
            if len(self._groups) >= self._limit:
                template = OTHER
                group = self._groups.get(OTHER)
            if group is None:
                group = self._groups[template] = _new(template, record)
        group.count += 1
        group.after[after] = group.after.get(after, 0) + 1
        minutes = group.cells.setdefault(cell, {})
        minutes[minute] = minutes.get(minute, 0) + 1
        _widen(group, record)
        if record.trace_id:
            _note_trace(group, record.trace_id, inf if record.time is None else record.time)

    def finished(self) -> tuple[Group, ...]:
        """The groups, most frequent first."""
        return ranked(self._groups.values())


def ranked(groups: Iterable[Group]) -> tuple[Group, ...]:
    """Most frequent first, then by template."""
    return tuple(sorted(groups, key=lambda g: (-g.count, g.template)))


def merge_groups(parts: Iterable[tuple[Group, ...]], limit: int = GROUPS) -> tuple[Group, ...]:
    """The groups of several digests as one list; the rarest beyond `limit` become one group OTHER."""
    merged: dict[str, Group] = {}
    for part in parts:
        for group in part:
            mine = merged.get(group.template)
            if mine is None:
                merged[group.template] = _copy(group, group.template)
            else:
                _absorb(mine, group)
    found = ranked(merged.values())
    if len(found) <= limit:
        return found
    kept = {g.template: g for g in found[: limit - 1]}
    for group in found[limit - 1 :]:
        if OTHER in kept:
            _absorb(kept[OTHER], group)
        else:
            kept[OTHER] = _copy(group, OTHER)
    return ranked(kept.values())


def order(record: LogRecord) -> Order:
    """Earliest first; records without a time last."""
    origin = record.origin
    return (inf if record.time is None else record.time, origin.pod, origin.file, origin.container, record.line)


def _new(template: str, record: LogRecord) -> Group:
    return Group(template, record.level, 0, {}, record.time, record.time, _short(record), None)


def _short(record: LogRecord) -> LogRecord:
    traceback = record.traceback
    if len(record.message) <= _MESSAGE and (traceback is None or len(traceback) <= _TRACEBACK):
        return record
    return record._replace(message=record.message[:_MESSAGE], traceback=traceback and traceback[-_TRACEBACK:])


def _widen(group: Group, record: LogRecord) -> None:
    """Take a record's level, time and text into the group."""
    if RANK[record.level] > RANK[group.level]:
        group.level = record.level
    time = record.time
    if time is not None:
        group.first_seen = time if group.first_seen is None else min(group.first_seen, time)
        group.last_seen = time if group.last_seen is None else max(group.last_seen, time)
    if (time is None or group.sample.time is None or time <= group.sample.time) and order(record) < order(group.sample):
        group.sample = _short(record)
    if record.traceback:
        _offer_traceback(group, record.traceback[-_TRACEBACK:], order(record))


def _offer_traceback(group: Group, traceback: str, place: Order) -> None:
    if group.traceback_order is None or place < group.traceback_order:
        group.traceback, group.traceback_order = traceback, place


def _note_trace(group: Group, trace_id: str, time: float) -> None:
    if trace_id in group.trace_ids:
        at = group.trace_ids.index(trace_id)
        group.trace_times[at] = min(group.trace_times[at], time)
    elif len(group.trace_ids) < TRACE_IDS or (time, trace_id) < (group.trace_times[-1], group.trace_ids[-1]):
        group.trace_ids.append(trace_id)
        group.trace_times.append(time)
    else:
        return
    earliest = sorted(zip(group.trace_times, group.trace_ids, strict=True))[:TRACE_IDS]
    group.trace_times = [t for t, _ in earliest]
    group.trace_ids = [i for _, i in earliest]


def _copy(group: Group, template: str) -> Group:
    cells = {cell: dict(minutes) for cell, minutes in group.cells.items()}
    return Group(
        template,
        group.level,
        group.count,
        cells,
        group.first_seen,
        group.last_seen,
        group.sample,
        group.traceback,
        list(group.trace_ids),
        list(group.trace_times),
        group.traceback_order,
        dict(group.after),
    )


def _absorb(mine: Group, other: Group) -> None:
    mine.count += other.count
    for call, count in other.after.items():
        mine.after[call] = mine.after.get(call, 0) + count
    for cell, minutes in other.cells.items():
        target = mine.cells.setdefault(cell, {})
        for minute, count in minutes.items():
            target[minute] = target.get(minute, 0) + count
    times = [t for t in (mine.first_seen, other.first_seen) if t is not None]
    mine.first_seen = min(times, default=None)
    mine.last_seen = max((t for t in (mine.last_seen, other.last_seen) if t is not None), default=None)
    if RANK[other.level] > RANK[mine.level]:
        mine.level = other.level
    if order(other.sample) < order(mine.sample):
        mine.sample = other.sample
    if other.traceback is not None and other.traceback_order is not None:
        _offer_traceback(mine, other.traceback, other.traceback_order)
    for trace_id, time in zip(other.trace_ids, other.trace_times, strict=True):
        _note_trace(mine, trace_id, time)
