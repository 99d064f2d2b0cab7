"""`validate PATH…` with no other option than `-o`: the commonest call of all (hooks, editors, CI), without the option parser.

The parser's import takes as long as reading and checking a file. Whatever this does not know, or cannot finish, is left to the
parser: it answers None before anything was printed, and the call runs again the long way, which explains what was wrong.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

FORMATS = ("table", "wide", "json", "yaml", "csv", "markdown", "github", "sarif", "junit")


def quick(arguments: Sequence[str]) -> int | None:
    """The exit code of a call that needs no parser, after printing its answer; None for every other call."""
    parsed = _parse(arguments)
    if parsed is None or any(name.startswith("AGENTCTL_") for name in os.environ):
        return None
    import gc

    from agentctl.cli.config import find

    # Everything read is kept until the end, and nothing of it refers back: collecting garbage would only cost time.
    gc.disable()
    try:
        text, code = ("", 0) if find(arguments, os.environ) else _answer(*parsed)
    except KeyboardInterrupt:
        sys.stderr.write("agentctl: interrupted\n")
        return 130
    except Exception:  # noqa: BLE001  the long way meets the same failure, and reports it
        text, code = "", 0
    if not text:
        gc.enable()
        return None
    return _print(text, code)


def _parse(arguments: Sequence[str]) -> tuple[list[str], str] | None:
    """(paths, format) of `validate [PATH]… [-o FORMAT]`; None for anything else. Standard input can be read only once."""
    if not arguments or arguments[0] != "validate":
        return None
    paths: list[str] = []
    output = "table"
    words = iter(arguments[1:])
    for word in words:
        if word in ("-o", "--output"):
            output = next(words, "")
        elif word.startswith("-") or not word:
            return None
        else:
            paths.append(word)
    return (paths or ["."], output) if output in FORMATS else None


def _answer(paths: list[str], output: str) -> tuple[str, int]:
    from agentctl.cli import lint
    from agentctl.cli.environment import Environment, enter
    from agentctl.governance.codes import chosen
    from agentctl.model.report import verdict
    from agentctl.render.formats import Page, render

    env = Environment.of_process()
    enter(env)
    request = lint.Request(paths, "", chosen((), ()), {})
    gathered = lint.read(request)
    judged = lint.judge(gathered, request)
    if output == "sarif":
        lint.marked(judged, gathered)
    report = lint.report(request, gathered, judged)
    if report.errors:
        return "", 0
    decided = verdict(report)
    text = render(report, decided, output, lint.view(output, gathered), Page(env.width, env.color("auto"), env.utf8))
    lint.tell(gathered, report, output)
    return text or "\n", int(decided.exit_code)


def _print(text: str, code: int) -> int:
    try:
        sys.stdout.write("" if text == "\n" else text)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader went away (`| head`): Python must not flush again at exit.
        sys.stdout = None
        return 0
    return code
