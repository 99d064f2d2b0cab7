"""Failures that a person can act on. Everything else is a bug and ends with exit code 70."""

from __future__ import annotations

from dataclasses import dataclass


class AgentctlError(Exception):
    """A failure with a stable code, one clear line and what to do about it."""

    def __init__(self, code: str, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint

    def note(self) -> ErrorNote:
        """The failure as the envelope carries it."""
        return ErrorNote(self.code, self.message, self.hint)


class InputError(AgentctlError):
    """An input (file, runbook, config, bundle) cannot be read or is invalid: exit code 3."""


class UsageError(AgentctlError):
    """The command line was used wrongly: exit code 2."""


class SourceError(AgentctlError):
    """A backend could not be reached, refused, or answered nonsense: exit code 4, or an `unknown` step.

    Codes: unreachable, dns, tls, timeout, unauthorized, forbidden, not-found, gone, rate-limited, server-error,
    bad-answer, truncated, empty, missing.
    """


@dataclass(frozen=True, slots=True)
class ErrorNote:
    """An error as a value, as `errors[]` and `steps[].error` of the envelope hold it."""

    code: str
    message: str
    hint: str = ""
