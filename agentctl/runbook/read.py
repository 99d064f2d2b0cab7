"""A runbook document becomes a Runbook, or a list of what is wrong with it and where."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

from agentctl.documents.node import Document
from agentctl.model.duration import parse_duration
from agentctl.model.errors import InputError
from agentctl.model.finding import Finding, Remediation, Severity
from agentctl.runbook.conditions import Condition, ConditionError, compile_condition
from agentctl.runbook.parameters import convert, places
from agentctl.runbook.spec import (
    API_VERSION,
    DEFAULT_TIMEOUT,
    PARAMETER_TYPES,
    STATUSES,
    Branch,
    Parameter,
    Runbook,
    Step,
)
from agentctl.runbook.steps import STEP_TYPES
from agentctl.runbook.steptype import Option

Path = tuple[str | int, ...]
_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "text": (str, int, float),
    "number": (int, float),
    "boolean": (bool,),
    "list": (list,),
    "map": (dict,),
}


def read_runbook(document: Document) -> Runbook:
    """The runbook of a document; raises InputError that names the first fault's file, line and column."""
    runbook, problems = examine(document)
    if runbook is None:
        first = problems[0]
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise InputError(
            "invalid-runbook", f"{first.location}: {first.message}{more}", "agentctl runbook validate shows all"
        )
    return runbook


def examine(document: Document) -> tuple[Runbook | None, tuple[Finding, ...]]:
    """Read a document; None where anything is wrong with it, and then every fault as an AG002 finding at its place."""
    reader = _Reader(document)
    runbook = reader.runbook()
    return (None if reader.problems else runbook), tuple(reader.problems)


class _Reader:
    """Collects problems instead of stopping at the first one."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.problems: list[Finding] = []

    def runbook(self) -> Runbook:
        top = self._map(
            (), {"apiVersion", "kind", "metadata", "spec"}, required=("apiVersion", "kind", "metadata", "spec")
        )
        if top.get("apiVersion") not in (None, API_VERSION):
            self._fault(("apiVersion",), f"apiVersion is {top['apiVersion']!r}, this agentctl reads {API_VERSION}")
        if top.get("kind") not in (None, "Runbook"):
            self._fault(("kind",), f"kind is {top['kind']!r}, expected Runbook")
        metadata = self._map(
            ("metadata",), {"name", "title", "description", "labels", "annotations"}, required=("name",)
        )
        spec = self._map(("spec",), {"parameters", "steps"}, required=("steps",))
        parameters = self._parameters(spec.get("parameters"))
        steps = self._steps(spec.get("steps"), parameters)
        name = self._text(("metadata", "name"), metadata.get("name"))
        title = self._text(("metadata", "title"), metadata.get("title", name))
        about = self._text(("metadata", "description"), metadata.get("description", ""))
        return Runbook(name, title, steps, parameters, about, self.document.file)

    def _parameters(self, given: Any) -> dict[str, Parameter]:
        out = {}
        for name in self._map(("spec", "parameters"), None) if given is not None else ():
            path = ("spec", "parameters", name)
            entry = self._map(path, {"type", "default", "description"})
            kind = entry.get("type", "string")
            if kind not in PARAMETER_TYPES:
                self._fault((*path, "type"), f"type {kind!r} is none of {', '.join(PARAMETER_TYPES)}")
                continue
            parameter = Parameter(name, kind, entry.get("default"), str(entry.get("description", "")))
            out[name] = self._with_default(parameter, (*path, "default"))
        return out

    def _with_default(self, parameter: Parameter, path: Path) -> Parameter:
        if parameter.default is None:
            return parameter
        try:
            value = convert(parameter, parameter.default)
        except (ValueError, TypeError) as error:
            self._fault(path, f"default of {parameter.name}: {error}")
            return parameter
        return Parameter(parameter.name, parameter.type, value, parameter.description)

    def _steps(self, given: Any, parameters: Mapping[str, Parameter]) -> tuple[Step, ...]:
        path: Path = ("spec", "steps")
        if given is None:
            return ()
        if not isinstance(given, list) or not given:
            self._fault(path, "steps must be a list with at least one step")
            return ()
        steps = [self._step((*path, index), parameters) for index in range(len(given))]
        seen: set[str] = set()
        for index, step in enumerate(steps):
            if step.id in seen:
                self._fault((*path, index, "id"), f"two steps have the id {step.id!r}")
            seen.add(step.id)
        return tuple(steps)

    def _step(self, path: Path, parameters: Mapping[str, Parameter]) -> Step:
        keys = {"id", "title", "use", "with", "timeout", "judge"}
        entry = self._map(path, keys, required=("id", "use", "judge"))
        ident = self._text((*path, "id"), entry.get("id"))
        use = self._text((*path, "use"), entry.get("use"))
        options: Mapping[str, Any] = {}
        if use in STEP_TYPES:
            options = self._options((*path, "with"), entry.get("with"), STEP_TYPES[use].options)
        elif use:
            self._fault(
                (*path, "use"), f"no step type {use!r}{_near(use, STEP_TYPES)}; there are: {', '.join(STEP_TYPES)}"
            )
        facts = STEP_TYPES[use].facts if use in STEP_TYPES else {}
        judge = self._judge((*path, "judge"), entry.get("judge"), {*parameters, *facts})
        timeout = self._timeout((*path, "timeout"), entry.get("timeout"))
        title = self._text((*path, "title"), entry.get("title", ident))
        return Step(ident, title, use, options, judge, timeout, self.document.at(*path))

    def _timeout(self, path: Path, given: Any) -> float:
        if given is None:
            return DEFAULT_TIMEOUT
        try:
            return parse_duration(str(given)).total_seconds()
        except ValueError as error:
            self._fault(path, str(error))
            return DEFAULT_TIMEOUT

    def _options(self, path: Path, given: Any, known: Mapping[str, Option]) -> Mapping[str, Any]:
        required = tuple(name for name, option in known.items() if option.required)
        if given is None and not required:
            return {}
        entry = self._map(path, set(known), required=required)
        for name, value in entry.items():
            if name in known:
                self._option((*path, name), value, known[name])
        return entry

    def _option(self, path: Path, value: Any, option: Option) -> None:
        if isinstance(value, str) and places(value):
            return
        if option.type == "duration":
            try:
                parse_duration(str(value))
            except ValueError as error:
                self._fault(path, str(error))
        elif not isinstance(value, _TYPES[option.type]) or (isinstance(value, bool) and option.type != "boolean"):
            self._fault(path, f"{path[-1]} must be a {option.type}")
        elif option.choices and value not in option.choices:
            self._fault(
                path, f"{path[-1]} is {value!r}{_near(str(value), option.choices)}; one of: {', '.join(option.choices)}"
            )

    def _judge(self, path: Path, given: Any, names: set[str]) -> tuple[Branch, ...]:
        if given is None:
            return ()
        if not isinstance(given, list) or not given:
            self._fault(path, "judge must be a list whose last entry is an else")
            return ()
        branches = [self._branch((*path, index), names, index == len(given) - 1) for index in range(len(given))]
        return tuple(branches)

    def _branch(self, path: Path, names: set[str], last: bool) -> Branch:
        entry = self._map(path, {"when", "status", "else", "message", "remediation"}, required=("message",))
        if last and "else" not in entry:
            self._fault(path, "the last entry of judge must be an else")
        if not last and "else" in entry:
            self._fault(path, "else must be the last entry of judge")
        if "else" not in entry and "status" not in entry:
            self._fault(path, "missing status")
        key = "else" if "else" in entry else "status"
        status = self._text((*path, key), entry.get(key, "unknown"))
        if status not in STATUSES:
            self._fault((*path, key), f"{key} is {status!r}; one of: {', '.join(STATUSES)}")
        when = None if "else" in entry else self._condition((*path, "when"), entry.get("when"))
        message = self._text((*path, "message"), entry.get("message", ""))
        for name in places(message):
            if name.split(".")[0] not in names:
                self._fault((*path, "message"), f"${{{name}}} is neither a parameter nor a fact{_near(name, names)}")
        return Branch(when, status, message, self._remediation((*path, "remediation"), entry.get("remediation")))

    def _condition(self, path: Path, given: Any) -> Condition | None:
        if given is None:
            self._fault(path[:-1], "missing when")
            return None
        if isinstance(given, bool):
            given = str(given).lower()
        try:
            return compile_condition(self._text(path, given))
        except ConditionError as error:
            self._fault(path, f"the condition is no CEL: {error}")
            return None

    def _remediation(self, path: Path, given: Any) -> Remediation | None:
        if given is None:
            return None
        entry = self._map(path, {"text", "command", "url"})
        return Remediation(*(self._text((*path, key), entry.get(key, "")) for key in ("text", "command", "url")))

    def _map(self, path: Path, known: set[str] | None, required: Iterable[str] = ()) -> dict[str, Any]:
        value = self.document.get(*path)
        if not isinstance(value, dict):
            if value is not None or path == ():
                self._fault(path, f"{path[-1] if path else 'a runbook'} must be a mapping")
            return {}
        for key in value:
            if known is not None and key not in known:
                self._fault((*path, key), f"unknown key {key!r}{_near(str(key), known)}", key=True)
        for key in required:
            if value.get(key) is None:
                self._fault(path, f"missing {key}")
        return {str(k): v for k, v in value.items()}

    def _text(self, path: Path, value: Any) -> str:
        if value is None:
            return ""
        if not isinstance(value, str):
            self._fault(path, f"{path[-1]} must be text, not {value!r}")
            return str(value)
        return value

    def _fault(self, path: Path, message: str, *, key: bool = False) -> None:
        place = self.document.at(*path, key=key)
        name = self.document.name or self.document.file
        self.problems.append(Finding("AG002", Severity.ERROR, f"runbook/{name}", message, location=place))


def _near(word: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(word, list(known), 1)
    return f" (did you mean {close[0]!r}?)" if close else ""
