"""The config file: flag > AGENTCTL_* variable > --config file, else ./agentctl.yaml, else the XDG one > default.

Keys are the long option names without their dashes (`prometheus-url`), plus the sections that schemas/config.schema.json lists.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from agentctl.model.errors import InputError


def load(arguments: Sequence[str], environ: Mapping[str, str]) -> Mapping[str, Any]:
    """The config in force, {} where there is none. Raises InputError where a file that was asked for cannot be used."""
    path = _path(arguments, environ)
    if path is None:
        return {}
    import yaml

    try:
        data = yaml.safe_load(path.read_bytes())
    except OSError as error:
        raise InputError("config-unreadable", f"{path}: {error.strerror}", "check --config") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(
            "config-invalid", f"{path}: not YAML: {str(error).splitlines()[0]}", "run: agentctl validate FILE"
        ) from None
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise InputError(
            "config-invalid", f"{path}:1:1: the config must be a mapping", "run: agentctl schema show config"
        )
    return {str(key).replace("-", "_"): value for key, value in data.items()}


def apply(command: Any, config: Mapping[str, Any]) -> None:
    """Make the config's values the defaults of the command's options, and of its subcommands'."""
    for parameter in getattr(command, "params", ()):
        value = config.get(parameter.name)
        if value is not None and parameter.name not in _NEVER and not isinstance(value, dict):
            parameter.default = str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value
    for child in getattr(command, "commands", {}).values():
        apply(child, config)


_NEVER = frozenset({"config", "debug", "output_file", "paths", "help"})


def _path(arguments: Sequence[str], environ: Mapping[str, str]) -> Path | None:
    for i, word in enumerate(arguments):
        if word == "--":
            break
        if word == "--config" and i + 1 < len(arguments):
            return Path(arguments[i + 1])
        if word.startswith("--config="):
            return Path(word.removeprefix("--config="))
    if environ.get("AGENTCTL_CONFIG"):
        return Path(environ["AGENTCTL_CONFIG"])
    home = environ.get("XDG_CONFIG_HOME") or str(Path(environ.get("HOME", "~")).expanduser() / ".config")
    return next((p for p in (Path("agentctl.yaml"), Path(home) / "agentctl" / "agentctl.yaml") if p.is_file()), None)
