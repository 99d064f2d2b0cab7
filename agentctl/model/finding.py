"""What is wrong, where, and what to do: the unit of every verdict."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Severity(IntEnum):
    """How bad a finding is; larger is worse, so that `severity >= fail_on` reads as it should."""

    INFO = 1
    WARNING = 2
    ERROR = 3

    @property
    def label(self) -> str:
        """The word the envelope uses: `error`, `warning` or `info`."""
        return self.name.lower()

    @classmethod
    def parse(cls, text: str) -> Severity:
        """Read `error`, `warning`/`warn` or `info`; raises ValueError for any other word."""
        word = text.strip().lower()
        names = {"error": cls.ERROR, "warning": cls.WARNING, "warn": cls.WARNING, "info": cls.INFO}
        if word not in names:
            raise ValueError(f"unknown severity {text!r}: write error, warning or info")
        return names[word]


@dataclass(frozen=True, slots=True)
class Location:
    """A place in a document. Lines and columns count from 1; the end is exclusive; `path` is a JSON Pointer."""

    file: str
    line: int = 1
    column: int = 1
    path: str = ""
    end_line: int | None = None
    end_column: int | None = None

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Remediation:
    """What to do next: a sentence, a command to run, a page to read. Each may be empty."""

    text: str = ""
    command: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong. `subject` is `kind/name`, for instance `agent/triage` or `tool/search_kb`."""

    code: str
    severity: Severity
    subject: str
    message: str
    evidence: tuple[str, ...] = ()
    remediation: Remediation | None = None
    location: Location | None = None
    # What makes it the same finding tomorrow, whatever its line; "" where nobody needs to know.
    fingerprint: str = ""
    # What to write in the place of the location, where there is one thing to write; None where there is not.
    replacement: str | None = None
