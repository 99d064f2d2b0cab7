"""What is wrong with a text that is no YAML, in a sentence, at the place where a person has to look."""

from __future__ import annotations

import re
from typing import Any

from agentctl.model.untrusted import visible

# What libyaml calls a fault → what a person calls it, and what to write instead.
_WORDS: tuple[tuple[str, str], ...] = (
    (
        "cannot start any token",
        "a tab or a reserved character cannot start a value; indent with spaces, quote the value",
    ),
    (
        "mapping values are not allowed",
        "a `: ` in the middle of a value; quote the value, or put it on a line of its own",
    ),
    (
        "could not find expected ':'",
        "a line that is neither `key: value` nor a list item; a `:` is missing here or before",
    ),
    ("did not find expected key", "the indentation does not fit the lines before; line it up with its siblings"),
    (
        "did not find expected '-' indicator",
        "a key where a list item is expected; start the line with `- ` or indent it differently",
    ),
    ("did not find expected ',' or", "a `[` or `{` that is never closed, or a missing comma"),
    ("found unexpected end of stream", "a quote that is never closed"),
    ("found unexpected document indicator", "a quote that is never closed"),
    ("found undefined alias", "an alias (`*name`) whose anchor (`&name`) does not stand before it"),
    ("block sequence entries are not allowed", "a `- ` where no list can start; put the list on the next line"),
    ("did not find expected <document start>", "text after the end of the document; separate documents with `---`"),
    ("found a tab character", "a tab in the indentation; YAML allows spaces only"),
    (
        "found unknown escape character",
        "an unknown `\\` escape in a double-quoted string; write `\\\\` or use single quotes",
    ),
    ("did not find URI escape", "a broken tag (`!…`); quote the value if it is text"),
    ("second occurrence", "an anchor (`&name`) that is defined twice"),
    ("did not find expected node content", "a list or mapping in brackets that breaks off, or a stray comma"),
)
# Where the problem is found only at the end of the text, the place that opened it is the one to look at.
_OPENED = ("found unexpected end of stream", "found unexpected document indicator", "did not find expected ',' or")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")

Fault = tuple[int, int, str]


def explain(error: Any, raw: bytes) -> Fault:
    """(line, column, message) of a yaml.MarkedYAMLError."""
    problem = error.problem or error.context or "not YAML"
    opened = any(problem.startswith(words) for words in _OPENED) and error.context_mark
    mark = (error.context_mark if opened else error.problem_mark) or error.context_mark or error.problem_mark
    text = next((said for words, said in _WORDS if words in problem), "")
    message = f"not YAML: {text} ({problem})" if text else f"not YAML: {problem}"
    if mark is None:
        return 1, 1, message
    line, column = _inside(mark.line + 1, mark.column + 1, raw)
    if "start any token" in problem and _tabbed(raw, line):
        message = "not YAML: a tab in the indentation; YAML allows spaces only"
    return line, column, message


def _inside(line: int, column: int, raw: bytes) -> tuple[int, int]:
    """libyaml puts the end of a text on a line of its own; it is shown behind the last character there is."""
    lines = raw.decode("utf-8", "replace").rstrip().splitlines() or [""]
    return (line, column) if line <= len(lines) else (len(lines), len(lines[-1]) + 1)


def _tabbed(raw: bytes, line: int) -> bool:
    lines = raw.splitlines()
    return line <= len(lines) and b"\t" in lines[line - 1][: len(lines[line - 1]) - len(lines[line - 1].lstrip())]


def reader_fault(raw: bytes, error: Any) -> Fault:
    """(line, column, message) of a yaml.reader.ReaderError: a character that YAML forbids."""
    text = raw.decode("utf-8", "replace")
    match = _CONTROL.search(text)
    if match is None:
        return 1, 1, f"not YAML: {error.reason}"
    before = text[: match.start()]
    line, column = before.count("\n") + 1, match.start() - before.rfind("\n")
    return line, column, f"not YAML: the control character {visible(match.group())}; is this a binary file?"


def undecodable(raw: bytes) -> Fault | None:
    """(line, column, message) of the first byte that is no UTF-8, None where all are."""
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return 1, 1, "not UTF-8: this is UTF-16 or UTF-32; save the file as UTF-8"
    if raw[:4].count(b"\0") >= 2 or raw[:2] and (raw[:1] == b"\0" or raw[1:2] == b"\0") and len(raw) % 2 == 0:
        return 1, 1, "not UTF-8: this looks like UTF-16 without its mark, or a binary file; save the file as UTF-8"
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        line = before.count(b"\n") + 1
        column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace")) + 1
        return line, column, f"not UTF-8: the byte 0x{raw[error.start]:02x}; save the file as UTF-8"
    return None
