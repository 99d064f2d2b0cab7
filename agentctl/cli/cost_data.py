"""What the cost commands read before they reckon: counters with their history, logs, governance documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from agentctl.analysis.cost.ledger import Ledger, first_seen
from agentctl.analysis.logs.collect import collect
from agentctl.analysis.logs.digest import LogDigest
from agentctl.cli.connecting import sources_of
from agentctl.cli.cost_pushdown import Fleet
from agentctl.cli.cost_reader import HISTORY, Past, Reader
from agentctl.cli.options import SourceOptions, TimeOptions, opt
from agentctl.documents.load import load_bytes
from agentctl.governance.policy import Policy
from agentctl.governance.read import policy_of
from agentctl.model.errors import ErrorNote, InputError, SourceError, UsageError
from agentctl.model.report import Window
from agentctl.sources.protocols import LogQuery, Sources

DocumentPaths = Annotated[
    list[str] | None,
    opt("-f", "--file", help="Governance document or folder (repeatable; default: the recorded ones)."),
]
TimeZoneName = Annotated[str, opt("--timezone", help="Where a day begins: UTC, local, Europe/Berlin …")]
WithLogs = Annotated[bool, opt("--with-logs", help="Read the pods' logs too (a recording's are always read).")]

NO_METRIC = ErrorNote(
    "empty",
    "no sample of agent_cost_total_usd (or agent_cost_total_usd_total) in the window",
    "check that the agents export it and Prometheus scrapes them: agentctl doctor",
)
BEYOND = "the window begins before the recording does"
IN_PART = "the server answered in part"
PARTIAL = "the recorded metrics are partial"
HOUR = timedelta(hours=1)
_GRID_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class CostData:
    """All that a cost command works on. `ledger` covers the window exactly, `history` reaches `HISTORY` further back."""

    sources: Sources
    window: Window
    ledger: Ledger
    history: Ledger
    digest: LogDigest | None
    policies: Mapping[str, Policy]
    errors: tuple[ErrorNote, ...]
    notes: tuple[str, ...]
    reader: Reader | None = None
    fleet: Fleet | None = None


def gather(
    source: SourceOptions,
    time: TimeOptions,
    *,
    history: timedelta = HISTORY,
    step: float = _GRID_SECONDS,
    with_logs: bool = False,
    logs_before: bool = False,
    documents: Sequence[str] = (),
    by: str = "",
) -> CostData:
    """Read everything; with `logs_before` the logs of the history too. With `by` a server may sum a large fleet's counters by that
    subject; without it every counter is read.

    Raises SourceError where a live Prometheus fails, InputError where a recording cannot be read.
    """
    sources = sources_of(source)
    window = window_of(sources, time)
    errors: list[ErrorNote] = []
    notes: list[str] = []
    reader = _reader(sources, window, source, Past(history, step), by, errors)
    ledger, past, fleet = _ledgers(reader, sources, window, errors, notes)
    recorded = source.bundle is not None or bool(source.logs)
    whole_file = bool(source.logs) and not time.given
    digest = None
    if sources.logs is not None and (recorded or with_logs):
        span = None if whole_file else Window(window.end - history, window.end) if logs_before else window
        digest, unread = collect(sources.logs.streams(LogQuery(window=span)), span)
        errors += unread
        window = _span_of(digest, window) if whole_file and sources.metrics is None else window
    policies = policies_of(sources, documents, errors)
    return CostData(sources, window, ledger, past, digest, policies, tuple(errors), tuple(notes), reader, fleet)


def moment_of(seconds: float) -> datetime:
    """Unix seconds as a time."""
    return datetime.fromtimestamp(seconds, UTC)


def window_of(sources: Sources, time: TimeOptions) -> Window:
    """All of a recording, the last hour live, unless the options say otherwise."""
    now = datetime.fromtimestamp(sources.now, UTC)
    if sources.window and not time.given:
        return sources.window
    return time.window(now, HOUR)


def _beyond(sources: Sources, ledger: Ledger) -> bool:
    """Whether the window reaches back further than a recording and its samples do: who lived and died before is unknown."""
    if sources.window is None or ledger.window.start >= sources.window.start:
        return False
    born = first_seen(ledger.cost)
    return born is not None and born > ledger.start


def _reader(
    sources: Sources, window: Window, source: SourceOptions, past: Past, by: str, errors: list[ErrorNote]
) -> Reader | None:
    """Who reads the metrics; None, and said, where there are none."""
    note = sources.notes.get("metrics")
    if sources.metrics is None:
        if sources.target.kind != "files":
            none = ErrorNote("missing", "the bundle holds no metrics", "record it with Prometheus in reach")
            errors.append(note or none)
        return None
    if note:
        errors.append(note)
    namespaces = frozenset(source.namespace or ())
    recorded = sources.window is not None
    labels = dict(pair.split("=", 1) for pair in source.prometheus_label or ()) if recorded else {}
    return Reader(sources.metrics, window, past, namespaces, labels, recorded, PARTIAL if note else "", by)


def _ledgers(
    reader: Reader | None, sources: Sources, window: Window, errors: list[ErrorNote], notes: list[str]
) -> tuple[Ledger, Ledger, Fleet | None]:
    empty = Ledger((), (), window)
    if reader is None:
        return empty, empty, None
    try:
        fleet = reader.fleet()
        ledger, past = (fleet.window, fleet.past) if fleet else reader.ledgers()
    except SourceError as error:
        if not reader.recorded:
            raise
        if error.code != "missing":
            raise InputError("bundle", error.message, error.hint) from error
        errors.append(error.note())
        return empty, empty, None
    doubt = BEYOND if _beyond(sources, ledger) else IN_PART if reader.warnings else ""
    if doubt:
        ledger, past = replace(ledger, doubt=doubt), replace(past, doubt=doubt)
    notes += [*reader.said(), *(fleet.notes if fleet else ())]
    return ledger, past, fleet


def policies_of(sources: Sources, documents: Sequence[str], errors: list[ErrorNote]) -> dict[str, Policy]:
    """The governance documents given by path, else those of the recording, by agent."""
    if documents:
        from agentctl.cli.governed import required

        return {name: one.policy for name, one in required(documents).items()}
    if sources.config is None:
        return {}
    found: dict[str, Policy] = {}
    try:
        texts = sources.config.documents()
    except SourceError as error:
        errors.append(error.note())
        return {}
    for file, text in texts:
        for document in load_bytes(text.encode(), file).documents:
            if document.kind == "governance":
                found[document.name] = policy_of(document.data)
    return found


def _span_of(digest: LogDigest, window: Window) -> Window:
    """The window that log files cover themselves, where all of them was asked for."""
    if digest.first_time is None or digest.last_time is None or digest.last_time <= digest.first_time:
        return window
    return Window(datetime.fromtimestamp(digest.first_time, UTC), datetime.fromtimestamp(digest.last_time, UTC))


def zone_of(name: str) -> tzinfo:
    """A time zone by its IANA name, or the offset of `local`; raises UsageError for one that does not exist."""
    if name.lower() == "local":
        return datetime.now().astimezone().tzinfo or UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        hint = "write UTC, local, or a name like Europe/Berlin"
        raise UsageError("bad-option", f"--timezone {name}: no such time zone", hint) from None
