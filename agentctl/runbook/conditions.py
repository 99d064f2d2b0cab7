"""Conditions of a runbook: CEL expressions over a step's facts. They can compute, and nothing else.

The language is the Common Expression Language (cel.dev); `common-expression-language` evaluates it. Its package imports a
command line of its own (0.3 s), so only the compiled module inside it is loaded, and only when a runbook is read.
"""

from __future__ import annotations

import importlib.machinery
import importlib.util
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

# What the evaluator knows without extension libraries; any other function name is a fault of the runbook.
FUNCTIONS = frozenset(
    "size has all exists exists_one map filter int uint double string bytes timestamp duration contains startsWith "
    "endsWith matches max min getFullYear getMonth getDate getDayOfMonth getDayOfWeek getDayOfYear getHours getMinutes "
    "getSeconds getMilliseconds optional.of optional.none type bool dyn".split()
)


class ConditionError(ValueError):
    """An expression that is no CEL; the message is one line."""


class MissingFact(Exception):
    """The expression asks for a fact that nobody could establish; `name` is the fact."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


@dataclass(frozen=True, slots=True)
class Condition:
    """A compiled condition. Thread-safe: the program holds no state."""

    source: str
    program: Any

    def holds(self, facts: Mapping[str, Any]) -> bool:
        """Whether the facts fulfil the condition; raises MissingFact where they do not say."""
        try:
            answer = self.program.execute(dict(facts))
        except KeyError as error:
            raise MissingFact(str(error.args[0]) if error.args else self.source) from error
        except (RuntimeError, TypeError, ValueError) as error:
            raise MissingFact(self._missing(facts)) from error
        if not isinstance(answer, bool):
            raise MissingFact(f"{self.source} is no yes or no")
        return answer

    def _missing(self, facts: Mapping[str, Any]) -> str:
        unknown = [name for name in self.program.variables() if name not in facts or facts[name] is None]
        return ", ".join(unknown) or self.source


def compile_condition(source: str) -> Condition:
    """Compile an expression; raises ConditionError with one line that says what is wrong."""
    try:
        program = _cel().compile(source)
    except ValueError as error:
        raise ConditionError(_one_line(str(error))) from error
    strange = [name for name in program.functions() if name[:1].isalpha() and name not in FUNCTIONS]
    if strange:
        raise ConditionError(f"unknown function {strange[0]}()")
    return Condition(source, program)


@cache
def _cel() -> Any:
    name = "cel.cel"
    if name in sys.modules:
        return sys.modules[name]
    package = importlib.util.find_spec("cel")
    places = list(package.submodule_search_locations or ()) if package else []
    spec = importlib.machinery.PathFinder.find_spec(name, places)
    if spec is None or spec.loader is None:
        # Another build of the library: take the slow way rather than none.
        return importlib.import_module("cel")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    sys.modules[name] = module
    return module


def _one_line(text: str) -> str:
    first = next(
        (line for line in text.splitlines() if "Syntax error" in line or "ERROR" in line), text.splitlines()[0]
    )
    _, _, tail = first.partition("Syntax error: ")
    return (tail or first).split(" expecting ")[0].strip()
