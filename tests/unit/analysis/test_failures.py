"""Whose fault the logs speak of, where one text stands for several reasons."""

from __future__ import annotations

from collections.abc import Iterable

from agentctl.analysis.failures import Naming, failures
from agentctl.analysis.logs.stream import plain_digest
from agentctl.analysis.symptoms import CONNECTION, CREDENTIAL
from agentctl.model.records import Origin

NAMING = Naming(tools=frozenset({"session_store"}), providers={"triage": "google"})
REFUSED = "400 INVALID_ARGUMENT. API key not valid. Please pass a valid API key."


def give_up(second: int, error: str) -> list[str]:
    at = f"2026-03-03 12:00:{second:02d},000 - enterprise-agent - ERROR -"
    return [
        f"{at} Giving up on task {second:06d} after 3 attempts",
        "Traceback (most recent call last):",
        '  File "/app/base.py", line 8, in run',
        "    await step()",
        error,
    ]


def attempt(second: int, error: str) -> str:
    return f"2026-03-03 12:00:{second:02d},000 - enterprise-agent - WARNING - Attempt 1 failed: {error}"


def counted(lines: Iterable[str]) -> dict[str, int]:
    found = failures(plain_digest(["\n".join(lines).encode()], Origin("triage", pod="triage-1")), NAMING)
    return {f.symptom.kind: f.count for f in found}


def test_the_first_traceback_does_not_speak_for_all_who_gave_up() -> None:
    reset = "ConnectionError: Error while reading from session-store:6379: Connection reset by peer"
    lines = [attempt(1, reset), *give_up(2, reset)]
    for second in range(10, 30):
        lines += [attempt(second, REFUSED), *give_up(second, f"google.genai.errors.ClientError: {REFUSED}")]
    kinds = counted(lines)
    assert kinds[CREDENTIAL] == 20
    assert kinds[CONNECTION] == 1


def test_without_attempts_the_traceback_is_all_there_is() -> None:
    lines = [
        line
        for second in range(10, 20)
        for line in give_up(second, "ConnectionRefusedError: [Errno 111] Connection refused")
    ]
    assert counted(lines) == {CONNECTION: 10}
