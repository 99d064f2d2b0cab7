"""`agentctl bundle`: record an incident, look at a recording."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from agentctl.cli.connecting import sources_of
from agentctl.cli.emit import emit
from agentctl.cli.environment import environment
from agentctl.cli.options import OutputOptions, SourceOptions, TimeOptions, grouped, opt
from agentctl.model.duration import parse_duration
from agentctl.model.errors import SourceError, UsageError
from agentctl.model.report import BACKEND_CODES, ExitCode, Report, StepResult
from agentctl.render.views.bundle import create_view, show_view

app = typer.Typer(
    rich_markup_mode=None, no_args_is_help=True, help="Record an incident; every command replays it with --bundle."
)


@app.callback()
def _group() -> None:
    pass


@grouped
def create_command(
    source: SourceOptions,
    time: TimeOptions,
    output: OutputOptions,
    path: Annotated[Path | None, typer.Argument(help="Where to: NAME.tar.gz, or a folder.", show_default=False)] = None,
    money_since: Annotated[str, opt("--money-since", help="How far back the metrics of cost go.")] = "25h",
    policy: Annotated[
        list[Path] | None, opt("--policy", help="Governance documents to put in (repeatable).", env="AGENTCTL_POLICY")
    ] = None,
    allow_exec: Annotated[bool, opt("--allow-exec", help="Probe the tools from inside the pods too.")] = False,
) -> None:
    """Record logs, objects, metrics, traces, probes and quota of the last hour. Secrets are masked before anything is written.

    \b
    Examples:
      agentctl bundle create incident.tar.gz --since 2h
      agentctl bundle create incident/ -n agents --prometheus-url http://localhost:9090
    """
    from agentctl.sources.bundle_write import Wish, check_target, write_bundle

    if source.bundle or source.logs:
        raise UsageError("bad-option", "bundle create records live sources", "leave out --bundle and --logs")
    now = datetime.now(UTC).replace(microsecond=0)
    window = time.window(now, timedelta(hours=1))
    if path is None and output.output_file and output.output_file.name.endswith((".tar.gz", ".tgz")):
        path, output = output.output_file, replace(output, output_file=None)
    target = path or Path(f"agentctl-{window.end:%Y%m%dT%H%M%SZ}.tar.gz")
    wish = Wish(window, _duration("--money-since", money_since), source.max_log_requests)
    check_target(target)
    sources = sources_of(source, allow_exec=allow_exec, policies=policy or ())
    recorded = write_bundle(sources, wish, target, environment().say if environment().stderr.isatty() else _silent)
    steps = tuple(_step(part) for part in recorded.parts)
    data = {
        "path": str(recorded.path) if recorded.path else None,
        "bytes": recorded.bytes,
        "sources": [
            {"name": p.name, "status": p.status, "count": p.count, "error": p.error or None} for p in recorded.parts
        ],
    }
    errors = (
        () if recorded.path else (SourceError("empty", "nothing could be recorded, so nothing was written").note(),)
    )
    report = Report(
        "bundle create",
        sources.target,
        steps=steps,
        data=data,
        window=window,
        errors=errors,
        error_exit=ExitCode.UNREACHABLE,
    )
    emit(report, output, create_view)


def show_command(
    path: Annotated[Path, typer.Argument(help="The folder or .tar.gz of a bundle.", show_default=False)],
    output: OutputOptions,
) -> None:
    """What is in a bundle: its window, what each source holds, and what could not be recorded.

    \b
    Examples:
      agentctl bundle show incident.tar.gz
      agentctl bundle show incident/ -o json
    """
    from agentctl.sources.bundle_inventory import inventory

    found = inventory(path)
    data: dict[str, Any] = {
        "path": str(path),
        "createdAt": found.manifest.created_at or None,
        "agents": found.agents,
        "sources": [
            {"name": s.name, "status": s.status, "count": s.count, "what": s.what, "error": s.error}
            for s in found.sources
        ],
    }
    report = Report(
        "bundle show", found.manifest.target, data=data, window=found.manifest.window, forced_exit=ExitCode.OK
    )
    emit(report, output, show_view)


app.command("create")(create_command)
app.command("show")(grouped(show_command))


def _step(part: Any) -> StepResult:
    title = f"record {part.name}"
    if not part.set_up:
        return StepResult(part.name, title, "skipped", "nobody set it up")
    if not part.errors:
        return StepResult(part.name, title, "pass", f"{part.count} recorded")
    first = part.errors[0]
    # A part of the answer is there, so an unreachable server does not make the whole run unreachable.
    code = first.code if not part.count or first.code not in BACKEND_CODES else "truncated"
    message = part.error if not part.count else f"{part.count} recorded, but: {part.error}"
    return StepResult(part.name, title, "unknown", message, error=SourceError(code, first.message, first.hint).note())


def _duration(option: str, text: str) -> timedelta:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise UsageError("bad-option", f"{option}: {error}") from None


def _silent(text: str) -> None:
    pass
