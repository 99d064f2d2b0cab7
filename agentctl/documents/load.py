"""Bytes become documents: every document of a file, those inside ConfigMaps and Lists too, each with its places.

Nothing here raises for bad content: what is no YAML is a finding (AG001), and the rest of the file, and all other files, are
still read.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from agentctl.documents import kinds
from agentctl.documents.convert import Converter, Fault
from agentctl.documents.embedded import Embedding, Point
from agentctl.documents.node import SIZE, WIDTH, Document, Span, narrow
from agentctl.documents.parser import MAX_BYTES, TooMuch, compose
from agentctl.documents.source import Source
from agentctl.documents.syntax import explain, reader_fault, undecodable
from agentctl.model.errors import InputError
from agentctl.model.finding import Finding, Location, Severity

_BOM = b"\xef\xbb\xbf"
_SURROGATES = re.compile(rb"\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})")
# A broken text in a ConfigMap is our business only where it was clearly meant to be one of our documents.
_OURS = re.compile(r"^(?:agent|prompt|orchestrator)[ \t]*:|^kind[ \t]*:[ \t]*Runbook\b", re.MULTILINE)


class Unknown(NamedTuple):
    """A document of no known kind: its line, and what its author may have meant (half a sentence, or "")."""

    file: str
    line: int
    hint: str = ""


class Loaded(NamedTuple):
    """What a file holds. `empty` counts empty documents; `template` is True where it is no YAML but has `{{` in it."""

    documents: tuple[Document, ...] = ()
    findings: tuple[Finding, ...] = ()
    unknown: tuple[Unknown, ...] = ()
    empty: int = 0
    template: bool = False
    source: Source | None = None


class _File:
    """A file while it is read."""

    def __init__(self, name: str, source: Source, forced_kind: str) -> None:
        self.name, self.source, self.forced_kind = name, source, forced_kind
        self.documents: list[Document] = []
        self.findings: list[Finding] = []
        self.unknown: list[Unknown] = []
        self.empty = 0


def load_path(path: Path, forced_kind: str = "") -> Loaded:
    """Read one file. Raises InputError where it cannot be read; a file beyond the size limit is a finding, and not read."""
    return load_bytes(read_limited(path), str(path), forced_kind)


def read_limited(path: Path) -> bytes:
    """The bytes of a file, at most one more than the limit. Raises InputError."""
    try:
        with path.open("rb") as handle:
            return handle.read(MAX_BYTES + 1)
    except OSError as error:
        code = "not-found" if isinstance(error, FileNotFoundError) else "unreadable"
        raise InputError(code, f"{path}: {error.strerror or error}", "check the path and its rights") from None


def load_bytes(raw: bytes, file: str, forced_kind: str = "") -> Loaded:
    """Every document of a file's bytes. `forced_kind` (one of kinds.KINDS) takes the place of the judgement by content."""
    if len(raw) > MAX_BYTES:
        return Loaded(
            findings=(not_yaml(file, 1, 1, f"larger than {MAX_BYTES // 1024 // 1024} MiB, the most that is read"),)
        )
    fault = undecodable(raw)
    if fault:
        return Loaded(findings=(not_yaml(file, *fault),))
    reading = _File(file, Source(raw.removeprefix(_BOM), file), forced_kind)
    broken = _read(reading, reading.source.raw, None)
    template = broken and b"{{" in raw
    found = tuple(reading.findings)
    return Loaded(tuple(reading.documents), found, tuple(reading.unknown), reading.empty, template, reading.source)


def not_yaml(file: str, line: int, column: int, message: str, end: Point | None = None) -> Finding:
    """AG001 at a place."""
    place = Location(file, line, column, "", *(end or (line, column + 1)))
    return Finding("AG001", Severity.ERROR, f"file/{file}", message, location=place)


def _read(file: _File, raw: bytes, embedding: Embedding | None) -> bool:
    """Read the documents of a text; True where it turned out to be no YAML."""
    json = embedding is None and file.name.endswith(".json") or raw.lstrip()[:2] == b'{"'
    if json and b"\\u" in raw:
        raw = _SURROGATES.sub(_joined, raw)
    try:
        for node in compose(raw, json=json):
            if not _one(file, node, embedding):
                return True
    except TooMuch as error:
        _fault(file, embedding, (error.line, error.column), error.message)
    except yaml.reader.ReaderError as error:
        line, column, message = reader_fault(raw, error)
        _fault(file, embedding, (line, column), message)
    except yaml.MarkedYAMLError as error:
        line, column, message = explain(error, raw)
        _fault(file, embedding, (line, column), message)
    else:
        return False
    return True


def _joined(match: re.Match[bytes]) -> bytes:
    high, low = (int(part, 16) for part in match.groups())
    return b"\\U%08X" % (0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))


def _fault(file: _File, embedding: Embedding | None, start: Point, message: str, end: Point | None = None) -> None:
    if embedding:
        start, end = embedding.point(*start), embedding.point(*end) if end else None
    file.findings.append(not_yaml(file.name, *start, message, end if end and end > start else None))


def _one(file: _File, node: Any, embedding: Embedding | None) -> bool:
    """Take in one document; False where its nodes cannot become data."""
    converter = Converter()
    try:
        data = converter.convert(node)
    except Fault as error:
        _fault(file, embedding, _start(error.node), error.message, _end(error.node))
        return False
    for message, key in converter.duplicates:
        _fault(file, embedding, _start(key), message, _end(key))
    if data is None:
        file.empty += 1
        return True
    places = narrow(embedding.move(converter.places) if embedding else converter.places)
    _take(file, data, places, embedding)
    return True


def _take(file: _File, data: Any, places: array[int], inside: Embedding | None) -> None:
    known = len(file.documents)
    if isinstance(data, dict) and not inside and isinstance(data.get("kind"), str) and "apiVersion" in data:
        if data["kind"].endswith("List") and isinstance(data.get("items"), list):
            for item, part in _children(data, "items", places):
                _take(file, item, part, inside)
            return
        if data["kind"] == "ConfigMap":
            _config_map(file, data, places)
            if len(file.documents) == known:
                file.unknown.append(
                    Unknown(file.name, places[0], "no value of the ConfigMap is a document that agentctl knows")
                )
            return
    kind = file.forced_kind or kinds.kind_of(data, file.name)
    if kind:
        file.documents.append(Document(file.name, kind, kinds.name_of(kind, data), data, places, file.source, inside))
    elif not inside:
        file.unknown.append(Unknown(file.name, places[0], kinds.guess(data)))


def _config_map(file: _File, data: Any, places: array[int]) -> None:
    values = data.get("data")
    if not isinstance(values, dict):
        return
    whole = Document(file.name, "", "", data, places, file.source)
    for key, text in values.items():
        span = whole.span("data", key)
        if isinstance(text, str) and span and ":" in text:
            _embedded(file, text, span)


def _embedded(file: _File, text: str, span: Span) -> None:
    before = len(file.findings)
    documents = len(file.documents)
    embedding = Embedding(file.source, span, text)
    broken = _read(file, embedding.inner.raw, embedding)
    ours = len(file.documents) > documents or _OURS.search(text) and "{{" not in text
    if not ours or broken and "{{" in text:
        del file.findings[before:]


def _children(data: Any, key: str, places: array[int]) -> Iterator[tuple[Any, array[int]]]:
    """The items of a list below a key of the root, each with the places of its own nodes."""
    at = 1
    for name in data:
        if name == key:
            break
        at += places[at * WIDTH + SIZE]
    at += 1
    for item in data[key]:
        count = places[at * WIDTH + SIZE]
        yield item, places[at * WIDTH : (at + count) * WIDTH]
        at += count


def _start(node: Any) -> Point:
    return node.start_mark.line + 1, node.start_mark.column + 1


def _end(node: Any) -> Point:
    return node.end_mark.line + 1, node.end_mark.column + 1
