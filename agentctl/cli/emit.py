"""A report leaves the program: rendered, written, and turned into the exit code."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

import typer

from agentctl.cli.environment import Environment, environment
from agentctl.cli.options import JudgeOptions, OutputOptions
from agentctl.model.errors import AgentctlError, InputError
from agentctl.model.redaction import redact
from agentctl.model.report import ExitCode, Report, Target, verdict
from agentctl.model.untrusted import visible
from agentctl.render import formats
from agentctl.render.blocks import Block

View = Callable[[Report, bool], Sequence[Block]]


def emit(report: Report, output: OutputOptions, view: View, judge: JudgeOptions | None = None) -> NoReturn:
    """Print the report in the format asked for and leave with its exit code. `view(report, wide)` makes what a person sees."""
    code = show(report, output, view, judge)
    raise typer.Exit(int(code))


def show(report: Report, output: OutputOptions, view: View, judge: JudgeOptions | None = None) -> ExitCode:
    """Print the report and return its exit code; for commands that go on afterwards (`--watch`, `demo`)."""
    env, judge = environment(), judge or JudgeOptions()
    decided = verdict(report, judge.threshold, exit_zero=judge.exit_zero)
    page = formats.Page(width=env.width, color=_color(env, output), utf8=env.utf8)
    if output.output_file:
        page = replace(page, width=formats.UNLIMITED, color=output.color == "always", utf8=True)
    write(env, output, formats.render(report, decided, output.output, view, page))
    return decided.exit_code


def write(env: Environment, output: OutputOptions, text: str) -> None:
    """Write to stdout, or to --output-file as a whole or not at all."""
    if output.output_file is None:
        env.stdout.write(text)
        env.stdout.flush()
        return
    write_whole(output.output_file, text)


def write_whole(path: Path, text: str) -> None:
    """Write a file by renaming a finished one into place; raises InputError where that cannot be done."""
    name = None
    try:
        with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8", newline="") as handle:
            name = handle.name
            handle.write(text)
        Path(name).chmod(0o666 & ~_umask())
        Path(name).replace(path)
    except OSError as error:
        if name:
            Path(name).unlink(missing_ok=True)
        raise InputError(
            "cannot-write", f"{path}: cannot be written: {error.strerror}", "check the folder and its rights"
        ) from None


def emit_failure(env: Environment, error: AgentctlError, code: ExitCode, *, said: bool = False) -> int:
    """Report a failure that ended the command: one line on stderr (unless already `said`), and the envelope where asked for."""
    if not said:
        hint = f"  hint: {visible(redact(error.hint))}\n" if error.hint else ""
        env.stderr.write(f"agentctl: {visible(redact(error.message))}\n{hint}")
        env.stderr.flush()
    output = env.chosen
    if output is not None and output.output in ("json", "yaml"):
        report = Report(
            command=env.command or "agentctl",
            target=Target("files", "", ""),
            errors=(error.note(),),
            forced_exit=code,
            incomplete=code in (ExitCode.INTERRUPTED, ExitCode.TERMINATED),
            generated_at=datetime.now(UTC),
        )
        page = formats.Page(width=formats.UNLIMITED, color=False, utf8=True)
        write(env, output, formats.render(report, verdict(report), output.output, lambda _r, _w: (), page))
    return int(code)


def _color(env: Environment, output: OutputOptions) -> bool:
    return output.output_file is None and env.color(output.color)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
