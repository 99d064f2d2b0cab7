"""The config file: defaults for options, below flags and AGENTCTL_* variables, above the built-in defaults.

It is `--config FILE`, else `AGENTCTL_CONFIG`, else `./agentctl.yaml`, else `agentctl/agentctl.yaml` (or `agentctl/config.yaml`) in
the XDG config directory. Keys are the long names of options; `prometheus: {url: …}` is the same as `prometheus-url: …`.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from agentctl.cli.config_keys import CREDENTIAL_PARTS, KEYS, check
from agentctl.model.errors import InputError

_NO_CONFIG = frozenset({"--help", "-h", "--version", "-V"})


def load(arguments: Sequence[str], environ: Mapping[str, str]) -> dict[str, Any]:
    """The config as option name → value; empty where there is no file. Raises InputError for one that cannot be used."""
    if not arguments or _NO_CONFIG & set(arguments):
        return {}
    path = find(arguments, environ)
    return {} if path is None else read(path)


def find(arguments: Sequence[str], environ: Mapping[str, str]) -> Path | None:
    """The config file to read; None where there is none. A file that was named must exist."""
    named = _named(arguments) or environ.get("AGENTCTL_CONFIG")
    if named:
        path = Path(named).expanduser()
        if not path.is_file():
            raise InputError("config", f"{named}: there is no such config file", "check --config and AGENTCTL_CONFIG")
        return path
    return next((path for path in _places(environ) if path.is_file()), None)


def read(path: Path) -> dict[str, Any]:
    """Read a config file; every message names the line."""
    import yaml

    try:
        text = path.read_bytes().decode("utf-8-sig")
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
        try:
            root = loader.get_single_node()
            pairs = [] if root is None else [(*pair, loader) for pair in _pairs(root, path)]
            return dict(_settings(pairs, path, ""))
        finally:
            loader.dispose()
    except OSError as error:
        raise InputError("config", f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError("config", f"{path}: is not UTF-8 (byte {error.start})") from error
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}:{mark.line + 1}:{mark.column + 1}" if mark else str(path)
        problem = getattr(error, "problem", None) or type(error).__name__
        raise InputError("config", f"{where}: no YAML: {problem}") from error


def apply(command: Any, config: Mapping[str, Any]) -> None:
    """Make the config the defaults of a command (and of the commands below it); flags and variables still win."""
    if not config:
        return
    defaults = {}
    for parameter in getattr(command, "params", ()):
        for name in (word.removeprefix("--") for word in getattr(parameter, "opts", ()) if word.startswith("--")):
            if name in config and parameter.name:
                defaults[parameter.name] = config[name]
    settings = dict(getattr(command, "context_settings", None) or {})
    command.context_settings = {**settings, "default_map": {**(settings.get("default_map") or {}), **defaults}}
    for child in (getattr(command, "commands", None) or {}).values():
        apply(child, config)


def _named(arguments: Sequence[str]) -> str | None:
    for index, word in enumerate(arguments):
        if word == "--":
            return None
        if word.startswith("--config="):
            return word.partition("=")[2]
        if word == "--config" and index + 1 < len(arguments):
            return arguments[index + 1]
    return None


def _places(environ: Mapping[str, str]) -> Iterator[Path]:
    yield Path("agentctl.yaml")
    home = environ.get("XDG_CONFIG_HOME") or (environ.get("HOME") and f"{environ['HOME']}/.config")
    if home:
        folder = Path(home) / "agentctl"
        yield folder / "agentctl.yaml"
        yield folder / "config.yaml"


def _pairs(node: Any, path: Path) -> list[tuple[Any, Any]]:
    if node.id != "mapping":
        raise InputError("config", f"{path}:{node.start_mark.line + 1}: must be a mapping of options to values")
    pairs: list[tuple[Any, Any]] = node.value
    return pairs


def _settings(pairs: list[tuple[Any, Any, Any]], path: Path, prefix: str) -> Iterator[tuple[str, Any]]:
    seen: set[str] = set()
    for key_node, value_node, loader in pairs:
        where = f"{path}:{key_node.start_mark.line + 1}"
        key = prefix + spelled(str(key_node.value))
        if key in seen:
            raise InputError("config", f"{where}: {key!r} is written twice")
        seen.add(key)
        if not prefix and key in ("api-version", "kind"):
            continue
        if key not in KEYS and value_node.id == "mapping" and any(k.startswith(f"{key}-") for k in KEYS):
            inner = [(*pair, loader) for pair in _pairs(value_node, path)]
            yield from _settings(inner, path, f"{key}-")
            continue
        if key not in KEYS:
            raise _unknown(where, key)
        yield key, check(key, loader.construct_object(value_node, deep=True), where, path.parent)


def _unknown(where: str, key: str) -> InputError:
    if any(part in CREDENTIAL_PARTS for part in key.split("-")):
        hint = "a secret comes from a variable or a file, for instance AGENTCTL_PROMETHEUS_TOKEN_FILE, never from the config"
        return InputError("config", f"{where}: unknown key {key!r}", hint)
    near = difflib.get_close_matches(key, KEYS, n=1, cutoff=0.6)
    said = f"; did you mean {near[0]!r}?" if near else ""
    return InputError(
        "config",
        f"{where}: unknown key {key!r}{said}",
        f"the keys are the long names of options: {', '.join(sorted(KEYS))}",
    )


def spelled(key: str) -> str:
    """A key as options are spelled: `prometheus_url` and `prometheusUrl` → `prometheus-url`."""
    out = "".join(f"-{c.lower()}" if c.isupper() else c for c in key)
    return out.replace("_", "-").strip("-")
