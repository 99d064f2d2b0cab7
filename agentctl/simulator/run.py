"""One run of a task by one agent."""

from __future__ import annotations

from dataclasses import dataclass

from agentctl.simulator.failures import Failure
from agentctl.simulator.fleet import Agent, Pod
from agentctl.simulator.spans import SpanData, Trace
from agentctl.simulator.world import ToolSpec


@dataclass(slots=True, eq=False)
class Run:
    """The state of a run: its tokens of context, its cost so far in nano-dollars, its place in a chain of hand-overs.

    `plan` is what the task needs: a second attempt needs the same tools as the first.
    """

    agent: Agent
    pod: Pod
    run_id: str
    trace_id: str
    hops: int = 0
    root: str = ""
    trace: Trace | None = None
    span: SpanData | None = None
    parent_span: str | None = None
    doomed: Failure | None = None
    queued: float = 0.0
    started: float = 0.0
    context: float = 0.0
    nano: int = 0
    done: bool = False
    plan: list[ToolSpec] | None = None

    @property
    def fields(self) -> dict[str, str]:
        """What a structured log line says of the run."""
        return {"agent_name": self.agent.name, "run_id": self.run_id, "trace_id": self.trace_id}
