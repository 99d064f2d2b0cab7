"""The lines that say what an agent does: `TOOL_CALL:`, `LLM_CALL`, `BLOCKED:`, `Attempt N failed:`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from agentctl.model.records import Blocked, FailedAttempt, LlmCall, Marker, ToolCall

# A logger's name may stand before the marker (`enterprise-agent: TOOL_CALL: …`, `[core] LLM_CALL …`). Without a colon after it only
# what looks like a logger is one (`enterprise-agent TOOL_CALL: …`): in `skipped TOOL_CALL: …` the word is text.
_MARKER = re.compile(
    r"(?:\[[^\]\n]{0,80}\]:?\s+|[\w./\-]{1,80}(?::|\s+[-|])\s+){0,2}"
    r"(?:(?:root|agents?|main|\w{1,40}[.\-_/][\w./\-]{1,80})\s+)?"
    r"(?:(?P<tool>TOOL_CALL)\b:?|(?P<llm>LLM_CALL)\b:?|(?P<blocked>BLOCKED):|Attempt\s+(?P<attempt>\d{1,9})(?:\s*(?:/|of)\s*\d{1,9})?\s+failed\b:?)[ \t]*",
    re.ASCII,
)
_HINT = re.compile(r"_CALL\b|BLOCKED:|Attempt\s+\d")
_USUAL = re.compile(
    r"LLM_CALL model=([\w.\-:/@]+) input_tokens=(\d{1,12}) output_tokens=(\d{1,12}) cost=\$(\d{1,8}\.\d{1,12})"
    r"|TOOL_CALL: ([\w.\-]+)(?: ([A-Za-z_][\w.\-]*)=([^=\"\s][^=\"\n]{0,2000}))?",
    re.ASCII,
)
_PAIR = re.compile(r"([A-Za-z_][\w.\-]*)=(?:\"((?:[^\"\\]|\\.)*)\"|(.*?))(?=\s[A-Za-z_][\w.\-]*=|$)", re.ASCII)
_NAME = re.compile(r"[^\s({,;]+")
# Longer calls are read this far: enough for any argument a person looks at, and a bound on hostile input.
_TEXT = 16_384
_LIMIT = Decimal(10) ** 9
_STEP = Decimal(10) ** -12
# Field names that do not belong to a call's arguments when the call is the whole structured record.
_ENVELOPE = frozenset(
    "level severity levelname lvl message msg event timestamp time ts @timestamp asctime logger name trace_id traceId span_id run_id runId agent agent_name "
    "tool tool_name arguments args input logger_name".split()
)


def read_marker(message: str, fields: Mapping[str, Any] | None = None) -> tuple[Marker | None, str]:
    """The marker in a message, or None, and the message from the marker on (without a logger's name before it).

    Where the message is the bare word (`TOOL_CALL`, `LLM_CALL`), the record's structured `fields` hold the call.
    """
    usual = _USUAL.fullmatch(message)
    if usual is not None:
        return _read_usual(usual), message
    if not _HINT.search(message):
        return None, message
    found = _MARKER.match(message)
    if found is None:
        return None, message
    kind = found.lastgroup or ""
    start = found.start(kind) if kind != "attempt" else message.index("Attempt", found.start())
    text, rest = message[start:], message[found.end() :].split("\n", 1)[0].rstrip()
    return _build(kind, found, rest, fields), text


def _read_usual(found: re.Match[str]) -> Marker:
    """The commonest calls, read at once: the same as the long way reads out of them."""
    model, read, written, cost, tool, key, value = found.groups()
    if model:
        return LlmCall(model, int(read), int(written), Decimal(cost))
    return ToolCall(tool, {key: value.strip()} if key else {})


def _build(kind: str, found: re.Match[str], rest: str, fields: Mapping[str, Any] | None) -> Marker | None:
    if kind == "tool":
        return _tool(rest, fields)
    if kind == "llm":
        return _llm(pairs(rest) if rest else {k: _plain(v) for k, v in (fields or {}).items()})
    if kind == "blocked":
        return Blocked(rest)
    return FailedAttempt(int(found["attempt"]), rest)


def pairs(text: str) -> dict[str, str]:
    """`query=reset my password priority=high` → its pairs; a value ends where the next `name=` begins.

    Text before the first pair stands under the empty name.
    """
    text = text[:_TEXT].strip()
    first = _PAIR.search(text)
    before = text[: first.start()].strip() if first else text
    found = {"": before} if before else {}
    return found | {k: (quoted or plain).strip() for k, quoted, plain in _PAIR.findall(text)}


def _tool(rest: str, fields: Mapping[str, Any] | None) -> ToolCall | None:
    named = _NAME.match(rest)
    if named is None or "=" in named.group():
        return _tool_of_fields(fields or pairs(rest))
    arguments = rest[named.end() :].strip()
    if arguments.startswith("{"):
        return ToolCall(named.group(), _json_arguments(arguments))
    return ToolCall(named.group(), pairs(arguments.strip("()")))


def _tool_of_fields(fields: Mapping[str, Any]) -> ToolCall | None:
    name = fields.get("tool") or fields.get("tool_name") or fields.get("name")
    if not isinstance(name, str):
        return None
    given = next((fields[k] for k in ("arguments", "args", "input") if isinstance(fields.get(k), dict)), None)
    inner = given if given is not None else {k: v for k, v in fields.items() if k not in _ENVELOPE}
    return ToolCall(name, {str(k): _plain(v) for k, v in inner.items()})


def _json_arguments(text: str) -> dict[str, str]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return {k: _plain(v) for k, v in data.items()} if isinstance(data, dict) else {}


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str)


def _llm(values: Mapping[str, str]) -> LlmCall:
    cost = next((values[k] for k in ("cost", "cost_usd", "usd") if k in values), "")
    return LlmCall(
        values.get("model", ""),
        _count(values.get("input_tokens")),
        _count(values.get("output_tokens")),
        read_cost(cost),
    )


def _count(text: str | None) -> int | None:
    return int(text) if text and len(text) < 16 and text.isascii() and text.isdigit() else None


def read_cost(text: str) -> Decimal | None:
    """`$0.012300` → USD, at most 12 decimals; None for `unknown`, nothing, a negative or an absurd amount."""
    word = text.strip().removeprefix("USD").strip().removeprefix("$")
    if not word or len(word) > 40 or not word.isascii() or "_" in word:
        return None
    try:
        amount = Decimal(word)
    except InvalidOperation:
        return None
    if not amount.is_finite() or not 0 <= amount < _LIMIT:
        return None
    return amount.quantize(_STEP) if int(amount.as_tuple().exponent) < -12 else amount
