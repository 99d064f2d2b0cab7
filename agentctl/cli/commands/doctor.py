"""`agentctl doctor`: can I reach everything, may I read it, are the metrics there?"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from agentctl import __version__
from agentctl.cli import config
from agentctl.cli.connecting import request_of
from agentctl.cli.emit import emit
from agentctl.cli.environment import environment
from agentctl.cli.options import JudgeOptions, OutputOptions, SourceOptions, grouped, opt
from agentctl.model.errors import InputError, SourceError
from agentctl.model.finding import Remediation
from agentctl.model.report import Report, StepResult
from agentctl.render.views.doctor import doctor_view
from agentctl.sources.connect import connect
from agentctl.sources.protocols import LogQuery, Sources

app = typer.Typer(rich_markup_mode=None)


@app.command()
@grouped
def doctor_command(
    source: SourceOptions,
    output: OutputOptions,
    judge: JudgeOptions,
    policy: Annotated[
        list[Path] | None, opt("--policy", help="Governance documents to read too (repeatable).", env="AGENTCTL_POLICY")
    ] = None,
    allow_exec: Annotated[bool, opt("--allow-exec", help="Check the right to run probes inside the pods.")] = False,
) -> None:
    """Check every source: reachable, authenticated, allowed, metrics present, clocks in step. Each failure with its remedy.

    Without --prometheus-url the metrics are looked for in the cluster, by the labels of its Services: Prometheus (as
    kube-prometheus-stack and the other charts label it), then Thanos, Mimir, VictoriaMetrics. The doctor says which was found.

    \b
    Examples:
      agentctl doctor
      agentctl doctor -n agents --context prod -o json
    """
    request = request_of(source, allow_exec=allow_exec, policies=policy or ())
    sources = connect(request)
    if source.bundle:
        from agentctl.sources.bundle_inventory import inventory

        steps = [
            _held(one.name, one.status, one.count, one.what, one.error) for one in inventory(source.bundle).sources
        ]
    elif source.logs:
        steps = _files(sources)
    else:
        from agentctl.sources.examine import examine

        steps = examine(sources, request)
    path = config.find(["--config", str(output.config)] if output.config else [], environment().environ)
    data = {"version": __version__, "config": str(path) if path else None}
    report = Report("doctor", sources.target, steps=tuple(steps), data=data, generated_at=datetime.now(UTC))
    emit(report, output, doctor_view, judge)


def _held(name: str, status: str, count: int | None, what: str, error: str | None) -> StepResult:
    if error or count is None:
        said = error or f"{name} cannot be read"
        remedy = Remediation("record it again where it can be reached", "agentctl bundle create")
        return StepResult(name, name, "unknown", said, error=SourceError("truncated", said).note(), remediation=remedy)
    if not count:
        return StepResult(name, name, "skipped", "not in the bundle")
    return StepResult(name, name, "pass", f"{count:,} {what}", facts={"status": status, "count": count})


def _files(sources: Sources) -> list[StepResult]:
    assert sources.logs is not None
    steps: list[StepResult] = []
    for stream in sources.logs.streams(LogQuery()):
        name = stream.origin.file
        try:
            size = sum(len(piece) for piece in stream.chunks())
        except (SourceError, InputError) as error:
            steps.append(StepResult(name, name, "unknown", error.message, error=error.note()))
            continue
        steps.append(StepResult(name, name, "pass" if size else "warn", f"{size:,} bytes" if size else "empty"))
    return steps
