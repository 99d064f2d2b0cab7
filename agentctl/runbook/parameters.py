"""Parameter values and their substitution into text. What is substituted is data: it is never read again as a template."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from agentctl.model.duration import format_duration, parse_duration
from agentctl.model.errors import InputError
from agentctl.model.money import format_money
from agentctl.model.untrusted import visible
from agentctl.runbook.spec import Parameter, Runbook

_PLACE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+)*)\}")
_FILLED = re.compile(r"(\$?)" + _PLACE.pattern)
_TRUE, _FALSE = frozenset({"true", "yes", "1"}), frozenset({"false", "no", "0"})


def values(runbook: Runbook, given: Mapping[str, str], defaults: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The value of every parameter: as given, else from `defaults` (what the command line says), else its own default.

    Raises InputError for a parameter the runbook does not have, for a value of the wrong type, and for one that is missing.
    """
    strange = sorted(set(given) - set(runbook.parameters))
    if strange:
        known = ", ".join(sorted(runbook.parameters)) or "none"
        raise InputError(
            "unknown-parameter", f"runbook {runbook.name} has no parameter {strange[0]!r}", f"known: {known}"
        )
    out = {}
    for name, parameter in runbook.parameters.items():
        value = given.get(name, (defaults or {}).get(name, parameter.default))
        if value is None:
            raise InputError("missing-parameter", f"runbook {runbook.name} needs {name}", f"give --param {name}=…")
        try:
            out[name] = convert(parameter, value)
        except ValueError as error:
            raise InputError("bad-parameter", f"parameter {name}: {error}") from error
    return out


def convert(parameter: Parameter, value: Any) -> Any:
    """A value in the parameter's type; a duration stays text in its shortest form. Raises ValueError."""
    if parameter.type == "string":
        return str(value)
    if parameter.type == "duration":
        return format_duration(parse_duration(str(value)))
    if parameter.type == "boolean":
        word = str(value).lower()
        if word not in _TRUE | _FALSE:
            raise ValueError(f"{value!r} is neither true nor false")
        return word in _TRUE
    number = float(value)
    if parameter.type == "integer" and number != int(number):
        raise ValueError(f"{value!r} is no whole number")
    return int(number) if parameter.type == "integer" else number


def fill(text: str, *scopes: Mapping[str, Any]) -> str:
    """Replace `${name}` and `${fact.path}` from the first scope that has it; what nobody knows becomes `?`.

    A number with a dollar before it, as in `$${total}`, is money, and is written as money is everywhere: `$12.40`, `$0.000123`.
    """
    return _FILLED.sub(lambda match: _filled(match.group(1), _find(match.group(2), scopes)), text)


def _filled(dollar: str, value: Any) -> str:
    if dollar and isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return format_money(Decimal(str(value)))
    # Money that nobody knows is `?`, not `$?`.
    return _show(value) if dollar and value is None else dollar + _show(value)


def fill_options(options: Any, scope: Mapping[str, Any]) -> Any:
    """The same in every text of a step's options."""
    if isinstance(options, str):
        whole = _PLACE.fullmatch(options)
        return _find(whole.group(1), (scope,)) if whole else fill(options, scope)
    if isinstance(options, Mapping):
        return {key: fill_options(value, scope) for key, value in options.items()}
    return [fill_options(value, scope) for value in options] if isinstance(options, list) else options


def places(text: str) -> list[str]:
    """The names that stand between `${` and `}`."""
    return _PLACE.findall(text)


def _find(path: str, scopes: tuple[Mapping[str, Any], ...]) -> Any:
    for scope in scopes:
        value: Any = scope
        for part in path.split("."):
            if isinstance(value, Mapping) and part in value:
                value = value[part]
            elif isinstance(value, list | tuple) and part.isdigit() and int(part) < len(value):
                value = value[int(part)]
            else:
                break
        else:
            return value
    return None


def _show(value: Any) -> str:
    if value is None:
        return "?"
    if isinstance(value, float):
        return f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"
    if isinstance(value, list | tuple):
        return ", ".join(_show(v) for v in value[:5]) + (f" and {len(value) - 5} more" if len(value) > 5 else "")
    return visible(str(value))
