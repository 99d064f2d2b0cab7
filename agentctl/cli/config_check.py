"""The config of a command line; for `validate`, a broken config among the files it checks is a finding and no obstacle."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from agentctl.cli import config
from agentctl.cli.environment import Environment
from agentctl.model.errors import InputError


def config_for(arguments: Sequence[str], env: Environment) -> dict[str, Any]:
    """The config in force. Raises InputError for one that cannot be used, unless `validate` is about to say so itself."""
    try:
        return config.load(arguments, env.environ)
    except InputError as error:
        if arguments[:1] != ["validate"] or not _among(arguments[1:], config.find(arguments, env.environ)):
            raise
        env.say(f"the config is not used, because it is broken: {error.message}")
        return {}


def _among(words: Sequence[str], file: os.PathLike[str] | None) -> bool:
    """Whether a file is one of the paths of a command line, or below one of them; without a path that is the current folder."""
    if file is None or any(word == "--config" or word.startswith("--config=") for word in words):
        return False
    paths = [os.path.realpath(word) for word in words if not word.startswith("-") and os.path.exists(word)]
    wanted = os.path.realpath(file)
    return any(wanted == path or wanted.startswith(os.path.join(path, "")) for path in paths or [str(Path.cwd())])
