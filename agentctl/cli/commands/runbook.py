"""`agentctl runbook`: the scripted runbooks, shipped and one's own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from agentctl.cli.diagnosing import (
    Deadline,
    Policies,
    carry_out,
    empty_input,
    evidence_of,
    exit_of,
    plan,
    seconds_of,
    shown_window,
)
from agentctl.cli.emit import emit
from agentctl.cli.environment import environment
from agentctl.cli.options import JudgeOptions, OutputOptions, SourceOptions, TimeOptions, grouped, opt
from agentctl.model.errors import InputError, UsageError
from agentctl.model.report import Report, Target
from agentctl.render.views.runbook import list_view, run_view, show_view, validate_view
from agentctl.runbook.parameters import values
from agentctl.runbook.read import examine, read_runbook
from agentctl.runbook.shipped import SHIPPED, find_runbook, own_runbooks, runbook_document, shipped_runbook
from agentctl.runbook.spec import Runbook
from agentctl.runbook.steps import STEP_TYPES

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True, help="The scripted runbooks, shipped and one's own.")
Name = Annotated[str, typer.Argument(help="Name of a runbook (agentctl runbook list).", show_default=False)]
FileOption = Annotated[Path | None, opt("--runbook", help="A runbook file instead of a name.")]


@app.command("list")
@grouped
def list_command(output: OutputOptions) -> None:
    """Which runbooks are there, and which steps do they take?

    \b
    Examples:
      agentctl runbook list
      agentctl runbook list -o json
    """
    rows = [_row(shipped_runbook(name), "shipped") for name in SHIPPED]
    rows += [_row(read_runbook(runbook_document(path)), str(path)) for path in own_runbooks(_folders())]
    target = Target("files", "runbooks")
    emit(Report("runbook list", target, data={"runbooks": rows, "stepTypes": _types()}), output, list_view)


@app.command("show")
@grouped
def show_command(output: OutputOptions, name: Name = "", runbook: FileOption = None) -> None:
    """What does a runbook ask, and how does it judge the answers?

    \b
    Examples:
      agentctl runbook show consistent-errors
      agentctl runbook show --runbook mine.yaml -o yaml
    """
    found = _chosen(name, runbook)
    data = {"runbook": {**_row(found, found.file), "steps": [_step(s) for s in found.steps]}}
    emit(Report("runbook show", Target("files", found.file), data=data), output, show_view)


@app.command("run")
@grouped
def run_command(
    source: SourceOptions,
    time: TimeOptions,
    output: OutputOptions,
    judge: JudgeOptions,
    name: Name = "",
    runbook: FileOption = None,
    param: Annotated[list[str] | None, opt("--param", help="k=v of the runbook's parameters (repeatable).")] = None,
    timeout: Deadline = "5m",
    allow_exec: Annotated[bool, opt("--allow-exec", help="Let exec steps run read-only commands inside pods.")] = False,
    policy: Policies = None,
) -> None:
    """Run a runbook: every step with its verdict, and one verdict over all.

    \b
    Examples:
      agentctl runbook run consistent-errors --since 2h
      agentctl runbook run --runbook mine.yaml --bundle incident/ --param limit=5
    """
    found = _chosen(name, runbook)
    given, deadline = _parameters(param or ()), seconds_of(timeout)
    # Before anything is contacted: a wrong parameter is a fault of the call.
    values(found, given)
    evidence = evidence_of(source, time, allow_exec=allow_exec, policies=policy or ())
    planned = plan(found, given, evidence.window)
    outcome = carry_out([planned], evidence, deadline)
    report = Report(
        "runbook run",
        evidence.sources.target,
        steps=outcome.steps,
        data={"runbook": found.name, "title": found.title, "parameters": planned.values},
        errors=empty_input(evidence),
        window=shown_window(evidence),
        incomplete=outcome.interrupted is not None,
        forced_exit=exit_of(outcome),
    )
    emit(report, output, run_view, judge)


@app.command("validate")
@grouped
def validate_command(
    output: OutputOptions,
    judge: JudgeOptions,
    files: Annotated[list[Path] | None, typer.Argument(help="Runbook files.", show_default=False)] = None,
    runbook: FileOption = None,
) -> None:
    """Is a runbook valid? Every fault with its line (AG002); `agentctl validate` checks runbooks too.

    \b
    Examples:
      agentctl runbook validate mine.yaml
      agentctl runbook validate runbooks/*.yaml -o json
    """
    paths = [*(files or ()), *([runbook] if runbook else ()), *([] if files or runbook else own_runbooks(_folders()))]
    if not paths:
        raise InputError("nothing-to-check", "no runbook was given", "agentctl runbook validate FILE")
    documents = [runbook_document(path) for path in paths]
    findings = [finding for document in documents for finding in examine(document)[1]]
    rows = [{"file": d.file, "kind": "runbook", "name": d.name, "line": d.line} for d in documents]
    target = Target("files", ", ".join(str(p) for p in paths[:3]))
    emit(
        Report("runbook validate", target, findings=tuple(findings), data={"documents": rows}),
        output,
        validate_view,
        judge,
    )


def _chosen(name: str, runbook: Path | None) -> Runbook:
    if bool(name) == bool(runbook):
        raise UsageError(
            "bad-option", "give the name of a runbook or --runbook FILE, one of them", f"names: {', '.join(SHIPPED)}"
        )
    return read_runbook(runbook_document(runbook)) if runbook else find_runbook(name, _folders())


def _folders() -> list[Path]:
    """A person's own runbooks: the folders of the config, else the folder beside the XDG config."""
    env = environment()
    configured = env.config.get("runbooks")
    if configured:
        return [Path(p) for p in ([configured] if isinstance(configured, str) else configured)]
    base = env.environ.get("XDG_CONFIG_HOME") or f"{env.environ.get('HOME', '')}/.config"
    return [Path(base) / "agentctl" / "runbooks"]


def _parameters(pairs: Sequence[str]) -> dict[str, str]:
    for pair in pairs:
        if "=" not in pair:
            raise UsageError("bad-option", f"--param {pair}: no `=`", "write --param name=value")
    return {p.partition("=")[0].strip(): p.partition("=")[2] for p in pairs}


def _row(runbook: Runbook, source: str) -> dict[str, Any]:
    return {
        "name": runbook.name,
        "title": runbook.title,
        "description": runbook.description.strip(),
        "source": source,
        "steps": [s.id for s in runbook.steps],
        "parameters": [
            {"name": p.name, "type": p.type, "default": p.default, "description": p.description}
            for p in runbook.parameters.values()
        ],
    }


def _step(step: Any) -> dict[str, Any]:
    judge = [
        {"when": b.when.source if b.when else "else", "status": b.status, "message": b.message} for b in step.judge
    ]
    return {
        "id": step.id,
        "title": step.title,
        "use": step.use,
        "with": step.options,
        "timeoutSeconds": step.timeout,
        "judge": judge,
    }


def _types() -> list[dict[str, Any]]:
    return [
        {"name": t.name, "summary": t.summary, "options": sorted(t.options), "facts": dict(t.facts)}
        for t in STEP_TYPES.values()
    ]
