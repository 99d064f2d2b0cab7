"""What a config file may set, and of which kind each value is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from agentctl.model.duration import parse_duration
from agentctl.model.errors import InputError
from agentctl.model.finding import Severity

CREDENTIAL_PARTS = frozenset({"token", "password", "user", "secret", "key", "username"})


def check(key: str, value: Any, where: str, folder: Path) -> Any:
    """The value as the option takes it; raises InputError where it is of the wrong kind. Paths count from the config's folder."""
    try:
        return _KINDS[KEYS[key]](value, folder)
    except ValueError as error:
        raise InputError("config", f"{where}: {key}: {error}") from None


def _text(value: Any, folder: Path) -> str:
    if isinstance(value, bool | list | dict) or value is None:
        raise ValueError(f"must be text, not {_shown(value)}")
    return str(value)


def _texts(value: Any, folder: Path) -> list[str]:
    if isinstance(value, list):
        return [_text(one, folder) for one in value]
    return [_text(value, folder)]


def _pairs(value: Any, folder: Path) -> list[str]:
    pairs = (
        [f"{k}={_text(v, folder)}" for k, v in value.items()] if isinstance(value, Mapping) else _texts(value, folder)
    )
    if any("=" not in pair for pair in pairs):
        raise ValueError("must be k=v, or a mapping")
    return pairs


def _path(value: Any, folder: Path) -> str:
    path = Path(_text(value, folder)).expanduser()
    return str(path if path.is_absolute() else folder / path)


def _paths(value: Any, folder: Path) -> list[str]:
    return [_path(one, folder) for one in (value if isinstance(value, list) else [value])]


def _duration(value: Any, folder: Path) -> str:
    text = _text(value, folder)
    parse_duration(text)
    return text


def _count(value: Any, folder: Path) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError(f"must be a whole number from 1 on, not {_shown(value)}")
    return value


def _number(value: Any, folder: Path) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"must be a number, not {_shown(value)}")
    return str(value)


def _switch(value: Any, folder: Path) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"must be true or false, not {_shown(value)}")
    return value


def _one_of(*words: str) -> Callable[[Any, Path], str]:
    def kind(value: Any, folder: Path) -> str:
        if value not in words:
            raise ValueError(f"must be one of {', '.join(words)}, not {_shown(value)}")
        return str(value)

    return kind


def _severity(value: Any, folder: Path) -> str:
    text = _text(value, folder)
    Severity.parse(text)
    return text


def _shown(value: Any) -> str:
    words = {True: "true (quote it)", False: "false (quote it)", None: "nothing"}
    if value is None or isinstance(value, bool):
        return words[value]
    return {"dict": "a mapping", "list": "a list"}.get(type(value).__name__, repr(value))


def _rules(value: Any, folder: Path) -> dict[str, Any]:
    """`severity`: a rule's code → the severity it has here."""
    if not isinstance(value, dict) or set(value) - {"severity"}:
        raise ValueError("must be a mapping with the key severity: {AG301: error}")
    severities = value.get("severity")
    if not isinstance(severities, dict):
        raise ValueError(f"severity must be a mapping of codes to severities, not {_shown(severities)}")
    return {"severity": {str(code): _severity(word, folder) for code, word in severities.items()}}


_KINDS: Mapping[str, Callable[[Any, Path], Any]] = {
    "text": _text,
    "texts": _texts,
    "pairs": _pairs,
    "path": _path,
    "paths": _paths,
    "duration": _duration,
    "count": _count,
    "number": _number,
    "switch": _switch,
    "severity": _severity,
    "rules": _rules,
    "format": _one_of("table", "wide", "json", "yaml", "csv", "markdown"),
    "color": _one_of("auto", "always", "never"),
}

# Long option name → kind of its value.
KEYS: Mapping[str, str] = {
    "agent-identity": "texts",
    "all-namespaces": "switch",
    "allow-exec": "switch",
    "as": "text",
    "as-group": "texts",
    "baseline": "path",
    "bundle": "path",
    "color": "color",
    "container": "text",
    "context": "texts",
    "exit-zero": "switch",
    "factor": "number",
    "fail-on": "severity",
    "field-selector": "text",
    "ignore": "texts",
    "kubeconfig": "path",
    "logs": "paths",
    "loki-url": "text",
    "max-log-requests": "count",
    "min-usd": "number",
    "namespace": "texts",
    "output": "format",
    "policy": "paths",
    "prometheus-ca-file": "path",
    "prometheus-client-cert": "path",
    "prometheus-client-key": "path",
    "prometheus-label": "pairs",
    "prometheus-org-id": "text",
    "prometheus-url": "text",
    "request-timeout": "duration",
    "rules": "rules",
    "runbooks": "paths",
    "select": "texts",
    "selector": "text",
    "since": "duration",
    "strict": "switch",
    "timeout": "duration",
    "traces-url": "text",
}
