"""One object carries the streams and what is known of the terminal; nothing else in the program asks for them."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, BinaryIO, TextIO

PIPE_WIDTH = 100_000


@dataclass(slots=True)
class Environment:
    """Streams, process environment, config and terminal. `chosen` is the output that the command line asked for, once known."""

    stdin: BinaryIO
    stdout: TextIO
    stderr: TextIO
    environ: Mapping[str, str]
    config: Mapping[str, Any] = field(default_factory=dict)
    chosen: Any = None
    command: str = ""
    debug: bool = False

    @classmethod
    def of_process(cls) -> Environment:
        """The environment of this process. Output that a locale cannot encode is written with escapes, never a crash."""
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="backslashreplace")
        return cls(sys.stdin.buffer, sys.stdout, sys.stderr, os.environ)

    @property
    def interactive(self) -> bool:
        """Whether stdout is a terminal."""
        return self.stdout.isatty()

    @property
    def width(self) -> int:
        """Columns to fill: the terminal's, or without end in a pipe, where nothing is cut."""
        if "COLUMNS" in self.environ and self.environ["COLUMNS"].isdigit() and self.interactive:
            return max(int(self.environ["COLUMNS"]), 20)
        return shutil.get_terminal_size().columns if self.interactive else PIPE_WIDTH

    @property
    def utf8(self) -> bool:
        """Whether stdout can show characters outside ASCII."""
        return (getattr(self.stdout, "encoding", None) or "").lower().replace("-", "") in ("utf8", "utf8sig")

    def color(self, choice: str, stream: TextIO | None = None) -> bool:
        """Whether to colour: `always`, `never`, or `auto` (a terminal, no NO_COLOR, TERM not dumb)."""
        if choice != "auto":
            return choice == "always"
        if self.environ.get("NO_COLOR") or self.environ.get("TERM") == "dumb":
            return False
        return (stream or self.stdout).isatty()

    def say(self, text: str) -> None:
        """One line to stderr: progress, warnings, hints."""
        self.stderr.write(text + "\n")
        self.stderr.flush()


_current: ContextVar[Environment] = ContextVar("environment")


def enter(env: Environment) -> None:
    """Make this the environment of the commands that run now."""
    _current.set(env)


def environment() -> Environment:
    """The environment of the running command."""
    return _current.get()
