"""A runbook as data: parameters, typed steps, and for each step the conditions that judge it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from agentctl.model.finding import Location, Remediation
from agentctl.runbook.conditions import Condition

API_VERSION = "agentctl/v1"
STATUSES = ("pass", "warn", "fail", "unknown")
PARAMETER_TYPES = ("string", "number", "integer", "boolean", "duration")
# Offline the logs of a whole fleet are read inside one step, so the default leaves room for that.
DEFAULT_TIMEOUT = 120.0


@dataclass(frozen=True, slots=True)
class Parameter:
    """A value that a runbook takes from the person. `default` None = it must be given."""

    name: str
    type: str
    default: Any = None
    description: str = ""


@dataclass(frozen=True, slots=True)
class Branch:
    """One entry of `judge`. `when` None is the else."""

    when: Condition | None
    status: str
    message: str
    remediation: Remediation | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One question to one source. `timeout` is in seconds; `options` is the `with` of the document."""

    id: str
    title: str
    use: str
    options: Mapping[str, Any]
    judge: tuple[Branch, ...]
    timeout: float = DEFAULT_TIMEOUT
    location: Location | None = None


@dataclass(frozen=True, slots=True)
class Runbook:
    """A runbook that is known to be valid."""

    name: str
    title: str
    steps: tuple[Step, ...]
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    description: str = ""
    file: str = ""
