"""What `diagnose` and `runbook run` share: from options to evidence, from a run to a report."""

from __future__ import annotations

import gc
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Annotated, Any

from agentctl.analysis.error_facts import error_facts
from agentctl.cli.app import Terminated
from agentctl.cli.connecting import sources_of
from agentctl.cli.environment import environment
from agentctl.cli.options import SourceOptions, TimeOptions, opt
from agentctl.model.duration import format_duration, parse_duration
from agentctl.model.errors import ErrorNote, SourceError, UsageError
from agentctl.model.report import ExitCode, StepResult, Window
from agentctl.runbook.engine import Outcome, Planned, run
from agentctl.runbook.evidence import Allowed, Evidence
from agentctl.runbook.parameters import values
from agentctl.runbook.spec import Runbook
from agentctl.runbook.steptype import NotSetUp
from agentctl.sources.protocols import Sources

HOUR = timedelta(hours=1)
# Samples and log groups come by the million and form no cycles: at the usual 700 the collector takes a seventh of a large run.
_COLLECT_EVERY = 200_000
Deadline = Annotated[str, opt("--timeout", help="Deadline of the whole run; what is late is unknown.")]
Policies = Annotated[
    list[Path] | None,
    opt("--policy", help="Governance documents (repeatable; default: the recorded ones).", env="AGENTCTL_POLICY"),
]


def window_of(sources: Sources, time: TimeOptions) -> Window | None:
    """All of a recording, all of a log file, the last hour live; unless the options say otherwise."""
    if sources.target.kind == "files" and not time.given:
        return None
    if sources.window is not None and not time.given:
        return sources.window
    length = sources.window.end - sources.window.start if sources.window else HOUR
    return time.window(datetime.fromtimestamp(sources.now, UTC), length)


def evidence_of(
    source: SourceOptions, time: TimeOptions, *, allow_exec: bool = False, policies: Sequence[Path] = ()
) -> Evidence:
    """The evidence that the options choose. Raises InputError (exit 3) or SourceError (exit 4)."""
    sources = sources_of(source, allow_exec=allow_exec, policies=policies)
    return Evidence(sources, window_of(sources, time), Allowed(exec=allow_exec), container=source.container)


def seconds_of(deadline: str) -> float:
    """A deadline in seconds; raises UsageError."""
    try:
        return parse_duration(deadline).total_seconds()
    except ValueError as error:
        raise UsageError("bad-option", f"--timeout: {error}") from None


def plan(runbook: Runbook, given: Mapping[str, str], window: Window | None) -> Planned:
    """A runbook with its parameters: as given, else what the command line's own window says, else the defaults."""
    defaults: dict[str, Any] = {"since": format_duration(window.end - window.start)} if window else {}
    return Planned(runbook, values(runbook, given, defaults))


def carry_out(plans: Sequence[Planned], evidence: Evidence, deadline: float) -> Outcome:
    """Run the plans; progress goes to stderr when it is a terminal."""
    env = environment()
    gc.set_threshold(_COLLECT_EVERY, 20, 20)
    evidence.ends = monotonic() + deadline
    shown = env.stderr.isatty()
    total, done = sum(len(p.runbook.steps) for p in plans), 0

    def progress(step: StepResult) -> None:
        nonlocal done
        done += 1
        if shown:
            env.stderr.write(f"\r\x1b[K{done}/{total} {step.title}: {step.status}")
            env.stderr.flush()

    outcome = run(plans, evidence, deadline, progress, (KeyboardInterrupt, Terminated))
    if shown:
        env.stderr.write("\r\x1b[K")
    return outcome


def exit_of(outcome: Outcome) -> ExitCode | None:
    """The exit code that an interruption forces."""
    if outcome.interrupted is None:
        return None
    return ExitCode.TERMINATED if issubclass(outcome.interrupted, Terminated) else ExitCode.INTERRUPTED


def error_data(evidence: Evidence) -> dict[str, Any]:
    """`errors`, `agents` and `groups` of all that was read; nulls where the logs could not be read."""
    try:
        facts = error_facts(evidence.logs())
    except (SourceError, NotSetUp):
        return {"errors": {"total": None, "ratio": None}, "agents": [], "groups": []}
    return {
        "errors": facts["errors"] if facts["records"] else {"total": 0, "ratio": None},
        "records": facts["records"],
        "agents": facts["agents"],
        "groups": facts["groups"],
        "attempts": facts["attempts"],
    }


def empty_input(evidence: Evidence) -> tuple[ErrorNote, ...]:
    """A note where log files (or stdin) were given and hold not a single line: there was nothing to check."""
    digest = evidence.known("logs")
    if evidence.sources.target.kind != "files" or digest is None or digest[0].lines:
        return ()
    return (
        ErrorNote("empty", f"{evidence.sources.target.name}: no log line to check", "did the command before it fail?"),
    )


def shown_window(evidence: Evidence) -> Window | None:
    """The window of the run; for plain files the span of their records."""
    if evidence.window is not None:
        return evidence.window
    known = evidence.known("logs")
    if known is None or known[0].first_time is None or known[0].last_time is None:
        return None
    return Window(datetime.fromtimestamp(known[0].first_time, UTC), datetime.fromtimestamp(known[0].last_time, UTC))
