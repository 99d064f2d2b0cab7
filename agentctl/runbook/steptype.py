"""What a step type is: a name, typed options, and a question to the evidence that is answered with facts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from agentctl.runbook.evidence import Evidence

Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Option:
    """An option of `with`. `type` is string, number, boolean, duration, list or map; `choices` limits a string."""

    type: str
    required: bool = False
    choices: tuple[str, ...] = ()
    default: Any = None


@dataclass(frozen=True, slots=True)
class StepType:
    """One step type. `ask(evidence, options)` returns facts; it raises SourceError (the step becomes unknown) or
    NotSetUp (skipped). `facts` names the top-level facts with a word on each;
    `source` is the source that it rests on."""

    name: str
    summary: str
    ask: Callable[[Evidence, Mapping[str, Any]], Facts]
    options: Mapping[str, Option] = field(default_factory=dict)
    facts: Mapping[str, str] = field(default_factory=dict)
    source: str = ""


class NotSetUp(Exception):
    """Nobody set this source up; the step is skipped. The message says how to set it up."""
