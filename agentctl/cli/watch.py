"""`--watch`: the same question again and again, redrawn in place on a terminal, one answer after the other in a pipe."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NoReturn

from agentctl.cli.emit import View, show
from agentctl.cli.environment import environment
from agentctl.cli.options import OutputOptions
from agentctl.model.duration import parse_duration
from agentctl.model.errors import SourceError, UsageError
from agentctl.model.report import Report
from agentctl.model.untrusted import visible

_HOME_AND_CLEAR = "\x1b[H\x1b[2J"


def watching(answer: Callable[[], Report], output: OutputOptions, view: View, every: str) -> NoReturn:
    """Show the answer every so often until interrupted. A round in which a backend fails says so and the next one is tried;
    a failure in the first round ends it. Raises UsageError for a time that cannot be read."""
    try:
        pause = parse_duration(every).total_seconds()
    except ValueError as error:
        raise UsageError("bad-option", f"--watch: {error}") from None
    if output.output_file is not None:
        raise UsageError("bad-option", "--watch and --output-file exclude each other", "give one of them")
    env, report = environment(), answer()
    while True:
        if env.interactive:
            env.stdout.write(_HOME_AND_CLEAR)
        show(report, output, view)
        time.sleep(pause)
        try:
            report = answer()
        except SourceError as error:
            env.say(f"agentctl: {visible(error.message)}; trying again in {every}")
