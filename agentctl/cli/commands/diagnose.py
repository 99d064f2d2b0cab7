"""`agentctl diagnose`: what is wrong, and why?"""

from __future__ import annotations

from typing import Annotated, Any

import typer

from agentctl.cli.diagnosing import (
    Deadline,
    Policies,
    carry_out,
    empty_input,
    error_data,
    evidence_of,
    exit_of,
    plan,
    seconds_of,
    shown_window,
)
from agentctl.cli.emit import emit
from agentctl.cli.options import JudgeOptions, OutputOptions, SourceOptions, TimeOptions, grouped, opt
from agentctl.cli.watch import watching
from agentctl.diagnosis.diagnose import TOPICS, diagnose
from agentctl.diagnosis.signals import signals
from agentctl.diagnosis.view import View
from agentctl.model.errors import ErrorNote, SourceError, UsageError
from agentctl.model.report import Cause, ExitCode, Report
from agentctl.render.views.diagnose import diagnose_view
from agentctl.runbook.engine import Outcome
from agentctl.runbook.evidence import Evidence
from agentctl.runbook.shipped import SHIPPED, find_runbook

app = typer.Typer(rich_markup_mode=None, help="What is wrong, and why?")
RUNBOOKS: dict[str, tuple[str, ...]] = {
    "": SHIPPED,
    "errors": ("consistent-errors",),
    "tools": ("tool-health",),
    "rate-limits": ("rate-limits", "governance-limits"),
    "quota": ("quota",),
    "cost": ("cost-spike",),
}
_TOPIC = typer.Argument(help=f"{'|'.join(TOPICS)}; without it everything, with one verdict.", show_default=False)


@app.command()
@grouped
def diagnose_command(
    source: SourceOptions,
    time: TimeOptions,
    output: OutputOptions,
    judge: JudgeOptions,
    topic: Annotated[str, _TOPIC] = "",
    timeout: Deadline = "5m",
    policy: Policies = None,
    watch: Annotated[str | None, opt("--watch", help="Ask again every 10s, 1m …, until interrupted.")] = None,
) -> None:
    """What is wrong with the agents, and why? Root causes first, each with its evidence and the next command.

    \b
    Examples:
      agentctl diagnose --since 1h
      agentctl diagnose errors --logs agent.log
      kubectl logs deploy/triage | agentctl diagnose errors --logs -
      agentctl diagnose --bundle incident.tar.gz -o markdown
    """
    if topic and topic not in TOPICS:
        raise UsageError("bad-option", f"diagnose {topic}: no such question", f"one of {', '.join(TOPICS)}, or nothing")
    deadline = seconds_of(timeout)

    def answer() -> Report:
        return _answer(topic, evidence_of(source, time, policies=policy or ()), deadline)

    if watch:
        watching(answer, output, diagnose_view, watch)
    emit(answer(), output, diagnose_view, judge)


def _answer(topic: str, evidence: Evidence, deadline: float) -> Report:
    outcome = carry_out([plan(find_runbook(n), {}, evidence.window) for n in RUNBOOKS[topic]], evidence, deadline)
    causes: tuple[Cause, ...] = ()
    view = None
    try:
        causes, view = diagnose(evidence, topic)
    except KeyboardInterrupt:
        outcome = Outcome(outcome.steps, KeyboardInterrupt)
    return _report(topic, evidence, outcome, causes, view)


def _report(topic: str, evidence: Evidence, outcome: Outcome, causes: tuple[Cause, ...], view: View | None) -> Report:
    data: dict[str, Any] = error_data(evidence) if topic in ("", "errors") else {}
    if view is not None:
        data |= {
            "signals": signals(view),
            "unseen": [{"source": k, "why": v.message} for k, v in sorted(view.missing.items())],
        }
    nothing = empty_input(evidence) + _nothing_ran(outcome)
    broken = _broken(outcome, view) if topic == "" else ()
    return Report(
        f"diagnose {topic}".strip(),
        evidence.sources.target,
        causes=causes,
        steps=outcome.steps,
        data=data,
        errors=nothing + broken,
        window=shown_window(evidence),
        incomplete=outcome.interrupted is not None or any(_late(s.error) for s in outcome.steps),
        forced_exit=exit_of(outcome),
        error_exit=ExitCode.INPUT if nothing else ExitCode.UNKNOWN,
    )


# What a source says that is not there by design: an account that may not see nodes, a recording without them.
_BY_DESIGN = frozenset({"forbidden", "missing", "empty", "unsupported", "not-found"})


def _broken(outcome: Outcome, view: View | None) -> tuple[ErrorNote, ...]:
    """Sources that failed the search for causes and no step: a server that dies between two questions must not leave a pass."""
    told = {s.error.message for s in outcome.steps if s.error}
    notes = view.missing.values() if view is not None else ()
    return tuple(n for n in notes if n.code not in _BY_DESIGN and n.message not in told)


def _late(error: Any) -> bool:
    return error is not None and error.code == "timeout"


def _nothing_ran(outcome: Outcome) -> tuple[Any, ...]:
    """A run whose every step was skipped has checked nothing, and must not look like a pass."""
    if outcome.steps and all(s.status == "skipped" for s in outcome.steps):
        hint = "; ".join(dict.fromkeys(s.message for s in outcome.steps))
        return (SourceError("empty", "there was nothing to check: no source is set up for it", hint[:300]).note(),)
    return ()
