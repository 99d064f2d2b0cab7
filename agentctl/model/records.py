"""What the agents' log lines say. Named tuples, because there are millions of them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

ERROR_LEVELS = frozenset({"ERROR", "CRITICAL", "FATAL"})


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a stream of lines comes from. `agent` is the agent resolved from the pod (its label, else owner, else pod)."""

    agent: str
    namespace: str = ""
    pod: str = ""
    container: str = ""
    previous: bool = False
    file: str = ""


class ToolCall(NamedTuple):
    """`TOOL_CALL: search_kb query=…`"""

    tool: str
    arguments: dict[str, str]


class LlmCall(NamedTuple):
    """`LLM_CALL model=… input_tokens=… output_tokens=… cost=$…`; what the line does not say is None. `cost` is USD."""

    model: str
    input_tokens: int | None
    output_tokens: int | None
    cost: Decimal | None


class Blocked(NamedTuple):
    """`BLOCKED: PII access for customer 17`: a call that the agent's own policy check refused."""

    reason: str


class FailedAttempt(NamedTuple):
    """`Attempt 2 failed: …`: attempts count from 1."""

    number: int
    error: str


Marker = ToolCall | LlmCall | Blocked | FailedAttempt


class LogRecord(NamedTuple):
    """One record: a line, and the traceback that belongs to it.

    `time` is unix seconds UTC or None; `level` is upper case (DEBUG INFO WARNING ERROR CRITICAL FATAL) or None where the
    line states none; `agent` and `run_id` are the record's own fields, None where it has none; `line` counts from 1.
    """

    time: float | None
    level: str | None
    message: str
    origin: Origin
    line: int
    agent: str | None = None
    trace_id: str | None = None
    run_id: str | None = None
    marker: Marker | None = None
    traceback: str | None = None

    @property
    def is_error(self) -> bool:
        """The level decides, not the word in the text; a traceback that no record announces is an error too."""
        return self.level in ERROR_LEVELS

    @property
    def who(self) -> str:
        """The agent: the record's own field, else the one that the pod resolves to."""
        return self.agent or self.origin.agent
