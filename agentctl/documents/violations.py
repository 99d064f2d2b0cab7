"""What the jsonschema library says, said so that a person knows what to write instead."""

from __future__ import annotations

import datetime
import difflib
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from agentctl.documents import kinds
from agentctl.documents.node import Document, Span
from agentctl.model.finding import Finding, Location, Remediation, Severity
from agentctl.model.redaction import redact
from agentctl.model.untrusted import shorten, visible

_SUBJECTS = {kinds.GOVERNANCE: "agent", kinds.COLLECTOR: "otel-collector"}
_WANTED = {
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "array": "a list (`- item` lines)",
    "object": "a mapping (`key: value` lines)",
    "null": "nothing",
}
_LIMIT = re.compile(r"\A(?:max_)?(?P<noun>\w+?)_(?:per|an?|each)_(?P<unit>sec|second|min|minute|hour|hr|day)s?\Z|\A")
_UNITS = {"sec": "second", "min": "minute", "hr": "hour"}

_ASIDES = ("known are", "it belongs")
# Where a key belongs that stands in the wrong mapping of a governance document.
_PARTS = {
    ("agent", "decision_authority"): "autonomous requires_human_review forbidden",
    ("agent", "data_access"): "allow_pii allow_financial allow_internal_docs max_records_per_query",
    ("agent", "cost_controls"): "max_daily_spend_usd max_cost_per_run_usd alert_on_threshold",
    (
        "agent",
    ): "allowed_tools decision_authority data_access rate_limits cost_controls max_retries max_concurrent_runs",
}
_HOMES = {key: list(parent) for parent, keys in _PARTS.items() for key in keys.split()}

Said = tuple[str, str]


def explain(error: Any, document: Document) -> Iterator[Finding]:
    """One error of the library as findings: (what is wrong and why it matters) at a place, and what to write instead."""
    path = _path(error.absolute_path, document)
    if error.validator == "additionalProperties":
        if path or not _lends(error.instance, document):
            yield _finding(document, document.at(*path, error.instance, key=True), *_unknown(error, path, document))
        return
    if error.validator == "required":
        missing = [name for name in error.validator_value if name not in error.instance]
        # The library reports every missing key by itself; each report is taken for the one it names.
        name = next((n for n in missing if error.message.startswith(repr(n))), missing[0])
        if any(_meant(key, error.schema) == name for key in error.instance):
            # It is there, misspelt: the unknown key is the fault, and reported as such.
            return
        yield _finding(document, _owner(document, path), *_missing(error, path, name))
        return
    say = _SAY.get(error.validator, _other)
    yield _finding(document, document.at(*path), *say(error, path, document))


def _path(parts: Any, document: Document) -> list[Any]:
    """The path in the document as it is written: config keys have several spellings."""
    path = list(parts)
    if document.kind == kinds.CONFIG and path and isinstance(document.data, dict) and path[0] not in document.data:
        path[0] = next((k for k in document.data if str(k).replace("_", "-") == path[0]), path[0])
    return path


def _owner(document: Document, path: list[Any]) -> Location:
    """Where a missing key is reported: the key of the mapping that lacks it, the first key of the document for the root."""
    return document.at(*path, key=True)


def _finding(document: Document, place: Location, message: str, fix: str) -> Finding:
    subject = f"{_SUBJECTS.get(document.kind, document.kind)}/{document.name or document.file}"
    guess = fix.endswith("?")
    aside = guess or fix.startswith(_ASIDES)
    text = f"{message}{';' if aside else ':'} {fix}{'' if guess else '.'}"
    advice = fix.replace("did you mean", "write").rstrip("?") if guess else fix
    remediation = Remediation(advice, "agentctl explain AG002")
    return Finding(
        "AG002", Severity.ERROR, subject, text, (), remediation, place, replacement=_replacement(fix, place, document)
    )


def _replacement(fix: str, place: Location, document: Document) -> str | None:
    """The one thing to write there, as the advice names it."""
    meant = re.fullmatch(
        r"did you mean `([\w.-]+)`\?|write (-?[\d.e+]+|true|false)(?:, without quotes)?|.*; write (\d+)", fix
    )
    if meant:
        return next(group for group in meant.groups() if group)
    if fix in ("put it in quotes", "quote it") and place.end_line == place.line and place.end_column:
        written = _text_at(document, Span(place.line, place.column, place.line, place.end_column))
        return f'"{written}"' if re.fullmatch(r"[\w.:+-]+", written) else None
    return None


def _shown(value: Any) -> str:
    """A value as a message shows it: short, secrets masked."""
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f"the text {_code(value)}"
    return _code(value)


def _code(value: Any) -> str:
    return f"`{shorten(visible(redact(str(value)[:200])), 60)}`"


def _name(path: list[Any], document: Document | None = None) -> str:
    """How a message calls the value at a path."""
    if not path:
        return "the document"
    if isinstance(path[-1], int):
        owner = next((p for p in reversed(path) if not isinstance(p, int)), "the list")
        return f"item {path[-1] + 1} of {_code(owner)}"
    return _code(path[-1])


def _unknown(error: Any, path: list[Any], document: Document) -> Said:
    key, schema = error.instance, error.schema
    where = f"in {_name(path)}" if path else "at the top"
    if not isinstance(key, str):
        written = _text_at(document, document.span(*path, key, key=True)) or str(key)
        return (
            f"the key {_code(written)} {where} is no text but {_read_as(key)}, so no key of that name is set",
            "quote it",
        )
    known = list(schema.get("properties", {}))
    if "rate_limits" in path:
        return _no_limit(key)
    meant, home = _meant(key, schema), _HOMES.get(key) if document.kind == kinds.GOVERNANCE else None
    said = f"unknown key {_code(key)} {where}: nothing reads it, so what it was meant to set is not in force"
    if home and home != path:
        return said, f"it belongs in {_name(home)}"
    if meant:
        return said, f"did you mean `{meant}`?"
    if not path:
        return said, f"known are {', '.join(known)}, and `x-…` for anchors and notes"
    return said, f"known are {', '.join(known) or 'none'}"


def _lends(key: Any, document: Document) -> bool:
    """Whether a key at the top holds an anchor that the document uses further down: what it sets is in force there."""
    line = document.at(key, key=True).line
    anchor = re.search(r":\s*&([^\s,\[\]{}]+)", document.lines[line - 1]) if isinstance(key, str) and line else None
    used = re.compile(rf"(?:^|[\s\[,{{])\*{re.escape(anchor[1])}(?![^\s,\]}}])") if anchor else None
    return used is not None and any(used.search(later) for later in document.lines[line:])


def _meant(key: Any, schema: Mapping[str, Any]) -> str:
    """The known key that an unknown one is probably meant to be, "" without an idea."""
    known = list(schema.get("properties", {}))
    if not isinstance(key, str) or key in known:
        return ""
    plain = key.lower().replace("-", "_") if any("_" in name for name in known) else key.lower()
    close = difflib.get_close_matches(plain, known, 1, 0.6)
    if close:
        return str(close[0])
    # `daily` has the one word that tells `max_daily_spend_usd` from its siblings.
    words = set(plain.split("_"))
    holding = [name for name in known if words <= set(name.split("_"))]
    return str(holding[0]) if len(holding) == 1 else ""


def _no_limit(key: str) -> Said:
    match = _LIMIT.match(key.lower())
    said = f"{_code(key)} is no rate limit, so nothing is limited by it"
    if match and match["noun"]:
        guess = f"max_{match['noun'].removeprefix('max_')}_per_{_UNITS.get(match['unit'], match['unit'])}"
        return said, f"did you mean `{guess}`?"
    return said, "write max_<noun>_per_<second|minute|hour|day>, for instance max_emails_per_hour"


def _missing(error: Any, path: list[Any], name: str) -> Said:
    about = error.schema.get("properties", {}).get(name, {}).get("description", "")
    told = f" ({_lower(about)})" if about else ""
    return f"{_name(path)} lacks the key `{name}`{told}", f"add `{name}: …`"


def _type(error: Any, path: list[Any], document: Document) -> Said:
    wanted = error.validator_value if isinstance(error.validator_value, list) else [error.validator_value]
    words = " or ".join(_WANTED[w] for w in wanted if w != "null" or len(wanted) == 1)
    value = error.instance
    if value is None:
        return (
            f"{_name(path)} is empty but must be {words}{_about(error)}",
            f"give it a value, or remove the {_part(path)}",
        )
    if path == ["agent", "tools"] and isinstance(value, list):
        return (
            f"{_name(path)} must be {words}, not {_shown(value)}{_about(error)}",
            "the list of names is `allowed_tools`",
        )
    trap = _trap(value, _written(document, path))
    if trap and "string" in wanted:
        return f"{_name(path)} must be {words}, but {trap}{_about(error)}", "put it in quotes"
    return f"{_name(path)} must be {words}, not {_shown(value)}{_about(error)}", _instead(value, wanted)


def _part(path: list[Any]) -> str:
    return "item" if path and isinstance(path[-1], int) else "key"


def _about(error: Any) -> str:
    about = error.schema.get("description", "")
    return f" ({_lower(about)})" if about else ""


def _lower(about: str) -> str:
    about = about.rstrip(".").split(". ")[0]
    return about[:1].lower() + about[1:]


def _written(document: Document, path: list[Any]) -> str:
    """The text of a scalar as it stands in the file, where it stands on one line."""
    return _text_at(document, document.span(*path))


def _text_at(document: Document, span: Span | None) -> str:
    lines = document.lines
    if span is None or span.line != span.end_line or span.line > len(lines):
        return ""
    return lines[span.line - 1][span.column - 1 : span.end_column - 1]


def _read_as(value: Any) -> str:
    if isinstance(value, bool):
        return f"the truth value {str(value).lower()} (YAML 1.1 reads yes, no, on and off so)"
    if isinstance(value, datetime.date):
        return "a date (YAML 1.1 reads 2026-01-31 so)"
    return "nothing" if value is None else "a number"


def _trap(value: Any, written: str) -> str:
    """What YAML 1.1 made of an unquoted word, where that is no text."""
    if isinstance(value, bool) and written.lower() not in ("true", "false"):
        return f"YAML 1.1 reads {_code(written)} as {str(value).lower()}"
    if isinstance(value, datetime.date):
        return f"YAML 1.1 reads {_code(written)} as a date"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"YAML reads {_code(written or value)} as the number {shorten(str(value) if abs(value) < 1e15 else f'{value:.3g}', 30)}"
    return ""


def _instead(value: Any, wanted: list[str]) -> str:
    """What to write, where it can be told."""
    if isinstance(value, str) and ("number" in wanted or "integer" in wanted):
        return _number_in(value.strip(), whole="number" not in wanted)
    if isinstance(value, str) and "boolean" in wanted:
        word = value.strip().lower()
        if word in ("true", "yes", "on", "false", "no", "off"):
            return f"write {'true' if word in ('true', 'yes', 'on') else 'false'}, without quotes"
        return "write true or false"
    if isinstance(value, str | int | float) and "array" in wanted:
        return (
            f"write a list: [{shorten(str(value), 40)}]" if "," in str(value) else "put it on a line of its own: `- …`"
        )
    if isinstance(value, float) and "integer" in wanted:
        return "write a whole number"
    if isinstance(value, list) and "object" in wanted:
        return "write `key: value` lines, without the dashes"
    if isinstance(value, dict) and "array" in wanted:
        return "write `- item` lines"
    return f"write {' or '.join(_WANTED[w] for w in wanted)}"


def _number_in(text: str, *, whole: bool) -> str:
    octal = re.fullmatch(r"0o([0-7]+)", text)
    if octal:
        return f"YAML 1.1 knows no 0o… and reads text; write {int(octal[1], 8)}"
    match = re.fullmatch(r"\$?\s*(-?[\d,_]*\.?\d+)\s*(%|usd|dollars?|\$|x|times)?", text, re.IGNORECASE)
    if not match:
        return "write the number in digits, without a unit"
    number = float(match[1].replace(",", "").replace("_", ""))
    if match[2] == "%":
        return f"write {number / 100:g}"
    return f"write {number:g}, without quotes" if match[1] == text else f"write {number:g}"


def _enum(error: Any, path: list[Any], document: Document) -> Said:
    choices = [str(c) for c in error.validator_value]
    close = difflib.get_close_matches(str(error.instance).lower().replace("_", "-"), choices, 1, 0.6)
    listed = ", ".join(choices)
    trap = _trap(error.instance, _written(document, path))
    note = f" ({trap})" if trap else ""
    said = f"{_name(path)} is {_shown(error.instance)}{note}, which is none of {listed}"
    return (said, f"did you mean `{close[0]}`?") if close else (said, "write one of them")


def _bound(error: Any, path: list[Any], document: Document) -> Said:
    least = error.validator == "minimum"
    bound = f"{error.validator_value:g}" if abs(error.validator_value) < 1e6 else f"{error.validator_value:,}"
    word = "less than" if least else "more than"
    return (
        f"{_name(path)} is {_shown(error.instance)}, {word} {bound}{_about(error)}",
        f"write {'at least' if least else 'at most'} {bound}",
    )


def _empty(error: Any, path: list[Any], document: Document) -> Said:
    return f"{_name(path)} is empty{_about(error)}", f"give it a value, or remove the {_part(path)}"


def _pattern(error: Any, path: list[Any], document: Document) -> Said:
    forms = {"endpoint": "a URL (https://host/path)", "health": "a URL, or a path that starts with /"}
    form = forms.get(str(path[-1]) if path else "", f"of the form {error.validator_value}")
    return f"{_name(path)} is {_shown(error.instance)}, which is not {form}{_about(error)}", f"write {form}"


def _other(error: Any, path: list[Any], document: Document) -> Said:
    return f"{_name(path)}: {shorten(visible(redact(error.message)), 200)}", "see `agentctl schema show`"


_SAY: Mapping[str, Callable[[Any, list[Any], Document], Said]] = {
    "type": _type,
    "enum": _enum,
    "minimum": _bound,
    "maximum": _bound,
    "minLength": _empty,
    "pattern": _pattern,
}
