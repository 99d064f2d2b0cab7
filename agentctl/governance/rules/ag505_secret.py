"""AG505: a secret in a document. Its value never leaves this module."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agentctl.documents.node import Document
from agentctl.governance.rules.base import Corpus, Found, LintRule, Page
from agentctl.governance.rules.wording import subject
from agentctl.governance.secrets import may_hold_secrets, secrets_in
from agentctl.model.finding import Location, Severity

# No key, but in the format of one; put together here, so that no scanner takes this file for a leak.
_NO_REAL_KEY = "sk-" + "ant-" + "api03-" + "Xx0" * 12

PAGE = Page(
    why="""Governance documents are read by many and kept for ever in version control. A key in one of them is known to everybody
who ever clones the repository, and to every agent that is shown its own configuration (ASI03 Identity & Privilege Abuse). The
value is not shown here, so that the build log does not leak it once more.""",
    bad=f"""agent:
  name: support
  allowed_tools: [search_kb]
  tools:
    search_kb: {{endpoint: "https://kb.example.internal/search?api_key={_NO_REAL_KEY}"}}
""",
    good="""agent:
  name: support
  allowed_tools: [search_kb]
  tools:
    search_kb: {endpoint: "https://kb.example.internal/search"}
""",
    fix="""Revoke the key first: it is known. Then keep it in a secret store and name it here by reference. This finding can be
suppressed only with an end date.""",
)
_SAYS = {
    "high-entropy": "a long random string",
    "assignment": "the value of a secret setting",
    "url-password": "a password in a URL",
    "private-key": "a private key",
    "bearer": "a bearer token",
    "authorization": "an authorization header",
    "jwt": "a JSON web token",
}
Path = tuple[str | int, ...]


def _find(corpus: Corpus) -> Iterator[Found]:
    read: set[int] = set()
    suspects: dict[int, bool] = {}  # a file may hold ten thousand documents, and is looked at once
    for document in corpus.documents:
        if id(document.source) not in suspects:
            suspects[id(document.source)] = may_hold_secrets(document.source.raw)
        if not suspects[id(document.source)]:
            continue
        yield from _values(document)
        if id(document.source) not in read:  # comments belong to the file, not to one of its documents
            read.add(id(document.source))
            yield from _comments(document)


def _values(document: Document) -> Iterator[Found]:
    for path, key, text in _texts(document.data):
        for secret in secrets_in(text, key)[:1]:
            yield _found(document, document.at(*path), secret.format)
    for path, name in _keys(document.data):
        for secret in secrets_in(name)[:1]:
            place = document.at(*path, name, key=True)
            # The path of the key would show the secret.
            parent = document.at(*path)
            place = Location(place.file, place.line, place.column, parent.path, place.end_line, place.end_column)
            yield _found(document, place, secret.format)


def _comments(document: Document) -> Iterator[Found]:
    for line, column, text in document.comments:
        for secret in secrets_in(text)[:1]:
            yield _found(document, Location(document.file, line, column, "", line, column + len(text)), secret.format)


def _found(document: Document, place: Location, format_: str) -> Found:
    what = _SAYS.get(format_, f"a key in the format of {format_}")
    kind = "agent" if document.kind == "governance" else document.kind or "file"
    return Found(
        f"this looks like a secret ({what}; its value is not shown): everybody who can read this file has it. Revoke it, keep the "
        "new one in a secret store, and name it here by reference.",
        place,
        subject(kind, document.name or document.file),
        "Revoke the secret, keep the new one in a secret store, and refer to it by name.",
    )


def _texts(data: Any) -> Iterator[tuple[Path, str, str]]:
    """(path, key, text) of every string; an item of a list has its list's key, `value` beside a `name` has that name."""
    stack: list[tuple[Path, str, Any]] = [((), "", data)]
    while stack:
        path, key, value = stack.pop()
        if isinstance(value, str):
            yield path, key, value
        elif isinstance(value, dict):
            name = value.get("name") if isinstance(value.get("name"), str) else ""
            entries = [((*path, k), name if k == "value" and name else str(k)[:200], v) for k, v in value.items()]
            stack += reversed(entries)
        elif isinstance(value, list):
            stack += [((*path, i), key, v) for i, v in reversed(list(enumerate(value)))]


def _keys(data: Any) -> Iterator[tuple[Path, str]]:
    """(path of the mapping, key) of every key that is a long text."""
    stack: list[tuple[Path, Any]] = [((), data)]
    while stack:
        path, value = stack.pop()
        if isinstance(value, dict):
            yield from ((path, key) for key in value if isinstance(key, str) and len(key) >= 16)
            stack += [((*path, key), child) for key, child in value.items()]
        elif isinstance(value, list):
            stack += [((*path, i), child) for i, child in enumerate(value)]


RULE = LintRule("AG505", "secret in a document", Severity.ERROR, ("03",), PAGE, _find)
