"""Run runbooks: steps side by side, each within its timeout, all within one deadline, and every outcome said."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import Any

from agentctl.model.duration import format_duration
from agentctl.model.errors import AgentctlError, ErrorNote, SourceError
from agentctl.model.finding import Remediation
from agentctl.model.report import StepResult
from agentctl.runbook.conditions import MissingFact
from agentctl.runbook.evidence import Evidence
from agentctl.runbook.parameters import fill, fill_options
from agentctl.runbook.pool import Job, Pool
from agentctl.runbook.spec import Branch, Runbook, Step
from agentctl.runbook.steps import STEP_TYPES
from agentctl.runbook.steptype import Facts, NotSetUp

DEFAULT_DEADLINE = 300.0
CONCURRENCY = 8
_TICK = 0.05


@dataclass(frozen=True, slots=True)
class Planned:
    """A runbook with the values of its parameters."""

    runbook: Runbook
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run said, the steps in the order of the documents; `interrupted` is the exception by which it was stopped."""

    steps: tuple[StepResult, ...]
    interrupted: type[BaseException] | None = None


def run(
    plans: Sequence[Planned],
    evidence: Evidence,
    deadline: float = DEFAULT_DEADLINE,
    progress: Callable[[StepResult], None] | None = None,
    stops: tuple[type[BaseException], ...] = (KeyboardInterrupt,),
) -> Outcome:
    """Run every step of every runbook. `deadline` is in seconds for all of them together; what is late is unknown.

    One of `stops` ends the run: what is there by then is its result.
    """
    pool, ends = Pool(CONCURRENCY), monotonic() + deadline
    running = [(plan, step, pool.submit(_call(plan, step, evidence))) for plan in plans for step in plan.runbook.steps]
    results: list[StepResult] = []
    interrupted: type[BaseException] | None = None
    for plan, step, job in running:
        late = "interrupted"
        if interrupted is None:
            try:
                late = _wait(job, step.timeout, ends, pool)
            except stops as stop:
                interrupted = type(stop)
                evidence.stop.set()
        result = _qualified(_result(plan, step, job, late), step, evidence)
        results.append(result)
        if progress is not None:
            progress(result)
    pool.close()
    return Outcome(tuple(results), interrupted)


def _qualified(result: StepResult, step: Step, evidence: Evidence) -> StepResult:
    """A pass that rests on a source known to be partial is no pass: what was not seen may hold the fault.

    Neither is "there is nothing" the whole truth where nothing could be read.
    """
    empty = result.status == "unknown" and result.error is not None and result.error.code == "empty"
    if result.status not in ("pass", "warn") and not empty:
        return result
    note = evidence.partial(STEP_TYPES[step.use].source)
    if note is None:
        return result
    return replace(result, status="unknown", message=f"{result.message}; but {note.message}", error=note)


def _call(plan: Planned, step: Step, evidence: Evidence) -> Callable[[], Facts]:
    def ask() -> Facts:
        options = fill_options(dict(step.options), plan.values)
        return STEP_TYPES[step.use].ask(evidence, options)

    return ask


def _wait(job: Job[Facts], timeout: float, ends: float, pool: Pool) -> str:
    """Wait for a step; "" when it is done, else why it was given up: `timeout` or `deadline`."""
    while not job.done.wait(_TICK):
        now = monotonic()
        if now >= ends:
            return "deadline"
        if job.started is not None and now - job.started >= timeout:
            pool.replace_stuck()
            return "timeout"
    return ""


def _result(plan: Planned, step: Step, job: Job[Facts], late: str) -> StepResult:
    spent = 0 if job.started is None else round((monotonic() - job.started) * 1000)
    if late and not job.done.is_set():
        return _late(plan, step, late, spent)
    error = job.error
    if isinstance(error, NotSetUp):
        return _plain(plan, step, "skipped", str(error), spent)
    if isinstance(error, AgentctlError):
        return _plain(plan, step, "unknown", error.message, spent, error.note())
    if error is not None:
        raise error
    return _judge(plan, step, job.value or {}, spent)


def _late(plan: Planned, step: Step, late: str, spent: int) -> StepResult:
    said = {
        "timeout": f"no answer within {format_duration(step.timeout)}",
        "deadline": "no answer before the deadline of the run",
        "interrupted": "interrupted before there was an answer",
    }[late]
    hint = {
        "timeout": "raise the step's timeout, or narrow the selection",
        "deadline": "raise --timeout, or narrow --since",
    }
    return _plain(
        plan,
        step,
        "unknown",
        said,
        spent,
        ErrorNote("timeout" if late != "interrupted" else late, said, hint.get(late, "")),
    )


def _judge(plan: Planned, step: Step, facts: Facts, spent: int) -> StepResult:
    try:
        branch = next(b for b in step.judge if b.when is None or b.when.holds(facts))
    except MissingFact as missing:
        note = SourceError("empty", f"not known: {missing.name}", "the source answered, but not this").note()
        return _plain(plan, step, "unknown", f"cannot be judged: {missing.name} is not known", spent, note, facts)
    message = fill(branch.message, plan.values, facts)
    hint = (
        "" if branch.status != "unknown" else "look whether the selection and the window are the ones that were meant"
    )
    said = ErrorNote("empty", message, hint) if branch.status == "unknown" else None
    return StepResult(
        step.id, step.title, branch.status, message, spent, said, facts, _advice(branch, plan, facts), plan.runbook.name
    )


def _advice(branch: Branch, plan: Planned, facts: Facts) -> Remediation | None:
    if branch.remediation is None:
        return None
    advice = branch.remediation
    return Remediation(*(fill(part, plan.values, facts) for part in (advice.text, advice.command, advice.url)))


def _plain(
    plan: Planned,
    step: Step,
    status: str,
    message: str,
    spent: int,
    error: ErrorNote | None = None,
    facts: Facts | None = None,
) -> StepResult:
    return StepResult(step.id, step.title, status, message, spent, error, facts or {}, None, plan.runbook.name)
