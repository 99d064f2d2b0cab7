"""The root command, which loads the others by name, and the one error boundary."""

from __future__ import annotations

import importlib
import signal
import sys
import traceback
from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

import typer
from typer.core import TyperGroup

from agentctl.cli import config
from agentctl.cli.coercion import install
from agentctl.cli.config_check import config_for
from agentctl.cli.emit import emit_failure
from agentctl.cli.environment import Environment, enter, environment
from agentctl.cli.options import OutputOptions
from agentctl.cli.registry import COMMANDS
from agentctl.model.errors import AgentctlError, InputError, SourceError, UsageError
from agentctl.model.report import ExitCode

# The class of all errors of the parser, whichever release of Typer (own parser or click) is installed.
ParserError: Any = typer.BadParameter.__mro__[2]

HELP = """Diagnose, cost and govern a fleet of AI agents: a verdict with its evidence.

\b
Examples:
  agentctl demo                            try it with no cluster
  agentctl diagnose --since 1h             what is wrong, and why?
  agentctl cost top --by agent             where does the money go?
  agentctl validate governance/            is this policy sound? (CI)
"""


class LazyGroup(TyperGroup):
    """A group whose commands are imported when they are called, not when help is printed."""

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]
        """The names in the order of the registry."""
        return [entry.name for entry in COMMANDS]

    def get_command(self, ctx: typer.Context, cmd_name: str) -> Any:  # type: ignore[override]
        """The command, imported now; None where there is none of that name."""
        entry = next((e for e in COMMANDS if e.name == cmd_name), None)
        if entry is None:
            return None
        module = importlib.import_module(f"agentctl.cli.commands.{entry.module}")
        command = typer.main.get_command(module.app)
        command.name = cmd_name
        # Completion is installed once, by the root.
        command.params = [p for p in command.params if p.name not in ("install_completion", "show_completion")]
        config.apply(command, environment().config)
        return command

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """As the parser does, with a did-you-mean over the registry's names."""
        self.commands = dict.fromkeys((entry.name for entry in COMMANDS), self)  # names for the did-you-mean only
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """The list of commands from the registry, so that help imports none of them."""
        with formatter.section("Commands"):
            formatter.write_dl([(entry.name, entry.help) for entry in COMMANDS])


root = typer.Typer(
    cls=LazyGroup,
    help=HELP,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def _version(wanted: bool) -> None:
    if wanted:
        from agentctl import __version__

        typer.echo(f"agentctl {__version__}")
        raise typer.Exit


@root.callback()
def _root(
    version: bool = typer.Option(False, "--version", "-V", callback=_version, is_eager=True, help="Print the version."),
) -> None:
    pass


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code. Every failure becomes one clear line here, and nowhere else."""
    env = Environment.of_process()
    enter(env)
    install()
    signal.signal(signal.SIGTERM, _terminate)
    try:
        # Alone, the program's name asks for help, as with kubectl.
        return _dispatch(list(arguments) or ["--help"], env)
    except BrokenPipeError:
        # The reader went away (`| head`): there is nobody left to tell. Python must not flush at exit.
        sys.stdout = None
        return int(ExitCode.OK)


def _dispatch(arguments: list[str], env: Environment) -> int:
    env.command, env.chosen = _named(arguments), _wanted(arguments)
    try:
        env.config = config_for(arguments, env)
        command = typer.main.get_command(root)
        result = command.main(args=arguments, prog_name="agentctl", standalone_mode=False)
        env.stdout.flush()
        return result if isinstance(result, int) else int(ExitCode.OK)
    except ParserError as error:
        error.show(file=env.stderr)
        return emit_failure(env, UsageError("usage", error.format_message()), ExitCode.USAGE, said=True)
    except UsageError as error:
        return emit_failure(env, error, ExitCode.USAGE)
    except InputError as error:
        return emit_failure(env, error, ExitCode.INPUT)
    except SourceError as error:
        return emit_failure(env, error, ExitCode.UNREACHABLE)
    except (KeyboardInterrupt, typer.Abort):
        return emit_failure(env, AgentctlError("interrupted", "interrupted"), ExitCode.INTERRUPTED)
    except Terminated:
        return emit_failure(env, AgentctlError("terminated", "terminated"), ExitCode.TERMINATED)
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001  the boundary: a bug is reported as one, with its own exit code
        return _bug(env, error)


def _named(arguments: list[str]) -> str:
    """The command that a command line names, as reports carry it: `cost top`."""
    entry = next((e for e in COMMANDS if arguments[:1] == [e.name]), None)
    if entry is None:
        return ""
    word = arguments[1] if entry.group and len(arguments) > 1 and not arguments[1].startswith("-") else ""
    return f"{entry.name} {word}".strip()


def _wanted(arguments: list[str]) -> OutputOptions | None:
    """The machine format asked for, read ahead of the parser, whose own failures are then reported in it too."""
    for word, following in zip_longest(arguments, arguments[1:], fillvalue=""):
        text = following if word in ("-o", "--output") else word.removeprefix("--output=").removeprefix("-o")
        if word.startswith(("-o", "--output")) and text in ("json", "yaml"):
            return OutputOptions(output=text)
    return None


class Terminated(BaseException):
    """SIGTERM: commands that hold partial results show them, marked incomplete, and end with 143."""


def _terminate(signum: int, frame: object) -> None:
    raise Terminated


def _bug(env: Environment, error: Exception) -> int:
    if env.debug:
        env.stderr.write(traceback.format_exc())
    last = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{last.filename.rsplit('/', 1)[-1]}:{last.lineno}"
    hint = "report it with the command line and the output of the same command with --debug"
    bug = AgentctlError("bug", f"a bug in agentctl: {type(error).__name__} at {where}: {error}", hint)
    return emit_failure(env, bug, ExitCode.BUG)
