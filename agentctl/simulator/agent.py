"""The reference agent: runs a task with retries, asks its governance before each call, tracks its cost, hands over within a bound.

Every wait is a `yield` of seconds to the virtual clock: a run that backs off holds up no other run of its process.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from random import Random

from agentctl.simulator.calls import Calls
from agentctl.simulator.clock import Clock, Process
from agentctl.simulator.failures import CallFailed, Failure, application_bug, random_trouble
from agentctl.simulator.fleet import Agent, Fleet, Pod
from agentctl.simulator.ledger import Ledger
from agentctl.simulator.run import Run
from agentctl.simulator.sayings import Sayings
from agentctl.simulator.spans import SpanData, Trace

TASK_TIMEOUT = 180.0
QUEUE_TIMEOUT = 90.0


@dataclass(slots=True)
class Runner:
    """Runs the tasks of all agents."""

    clock: Clock
    fleet: Fleet
    calls: Calls
    ledger: Ledger
    sayings: Sayings
    rng: Random
    max_hops: int
    task_failure: float
    traced: float
    traces: list[Trace] = field(default_factory=list)

    def submit(self, agent: Agent, pod: Pod, hops: int = 0, parent: Run | None = None) -> Run:
        """Give a pod a task: it runs at once, or waits for one of the agent's `max_concurrent_runs`."""
        run = self._new_run(agent, pod, hops, parent)
        if pod.active < agent.concurrency:
            self._begin(run)
        else:
            run.queued = self.clock.now
            pod.queue.append(self._work(run))
            self.sayings.queued(run, len(pod.queue), self.clock.now)
        return run

    def _new_run(self, agent: Agent, pod: Pod, hops: int, parent: Run | None) -> Run:
        rng = agent.rng
        run = Run(agent, pod, f"run_{rng.getrandbits(48):012x}", f"{rng.getrandbits(128):032x}", hops)
        if parent is not None:
            run.trace_id, run.root = parent.trace_id, parent.root or parent.run_id
        if (parent.trace is not None) if parent is not None else self.rng.random() < self.traced:
            resource = {
                "service.name": agent.name,
                "k8s.namespace.name": self.fleet.namespace,
                "k8s.pod.name": pod.name,
                "agent.name": agent.name,
            }
            run.trace = Trace(run.trace_id, resource, rng)
            self.traces.append(run.trace)
        if rng.random() < self.task_failure:
            run.doomed = random_trouble(rng)
        return run

    def _begin(self, run: Run) -> None:
        run.pod.active_changed(1)
        self.clock.start(self._work(run), run.pod)

    def _work(self, run: Run) -> Process:
        run.started = self.clock.now
        waited = run.started - run.queued if run.queued else 0.0
        if waited > QUEUE_TIMEOUT:
            status = "timeout"
            self.sayings.gave_up_waiting(run, waited, self.clock.now)
        else:
            status = yield from self._attempts(run)
        now = self.clock.now
        run.pod.registry.task(status, now)
        self.ledger.tasks[run.agent.name, status, int(now // 3600)] += 1
        self.sayings.finished(run, status, now)
        run.done = True
        self._release(run.pod)

    def _release(self, pod: Pod) -> None:
        if pod.queue:
            self.clock.start(pod.queue.popleft(), pod)
        else:
            pod.active_changed(-1)

    def _attempts(self, run: Run) -> Generator[float, None, str]:
        """The retry loop: exponential backoff between attempts, an attempt's number counts from 1 in the log."""
        agent = run.agent
        root = run.trace.begin("agent.run", self.clock.now, run.parent_span) if run.trace else None
        status, attempts = "error", agent.attempts
        self.sayings.started(run, self.clock.now)
        for attempt in range(attempts):
            span = run.trace.begin(f"agent.attempt.{attempt}", self.clock.now, root) if run.trace else None
            run.span = span
            try:
                yield from self._execute(run)
                status = "success"
                _close(span, self.clock.now, 1)
                break
            except CallFailed as error:
                failure = error.failure
                _close(span, self.clock.now, 2, failure.text)
                if root is not None:
                    root.events.append((self.clock.now, "retry", {"attempt": attempt, "error": failure.text}))
                self.ledger.failed_attempts[agent.name] += 1
                self.sayings.attempt_failed(run, attempt + 1, failure, self.clock.now)
                late = self.clock.now - run.started > TASK_TIMEOUT
                if late or attempt == attempts - 1:
                    status = "timeout" if late else "error"
                    self.sayings.failed(run, attempt + 1, failure, self.clock.now, late)
                    break
            yield agent.backoff * 2 ** min(attempt, 6) * agent.rng.uniform(0.95, 1.05)
        self._describe(root, run, status)
        return status

    def _describe(self, root: SpanData | None, run: Run, status: str) -> None:
        if root is not None:
            root.attributes.update(
                {
                    "agent.task": f"task-{run.run_id[4:10]}",
                    "agent.name": run.agent.name,
                    "agent.run_id": run.run_id,
                    "agent.hops": run.hops,
                }
            )
            _close(root, self.clock.now, 1 if status == "success" else 2, "" if status == "success" else status)

    def _execute(self, run: Run) -> Generator[float, None, None]:
        """One attempt: think, call a tool, think again … and perhaps hand over to another agent."""
        agent, rng = run.agent, run.agent.rng
        run.context = agent.profile["input"] * rng.uniform(0.75, 1.3) * agent.prompt_factor
        yield from self.calls.llm(run)
        self._stumble(run)
        if run.plan is None:
            run.plan = [
                self.calls.choose(run) for _ in range(_steps(agent.profile["steps"], rng) if agent.weights else 0)
            ]
        for spec in run.plan:
            yield from self.calls.tool(run, spec)
            yield from self.calls.llm(run)
        if agent.hang_share and rng.random() < agent.hang_share:
            self.sayings.waiting(run, self.clock.now)
            yield agent.hang_seconds * rng.uniform(0.7, 1.3)
        if agent.loop_share and not agent.loop_partner and rng.random() < agent.loop_share:
            yield from self._circle(run)
        yield from self._hand_over(run)

    def _stumble(self, run: Run) -> None:
        agent, pod = run.agent, run.pod
        revision = pod.replicaset
        if revision.bug is not None and agent.rng.random() < revision.bug_share:
            raise CallFailed(application_bug(agent.rng, revision.bug))
        if run.doomed is not None:
            raise CallFailed(run.doomed)
        if agent.flaw and agent.rng.random() < agent.flaw:
            raise CallFailed(
                Failure(
                    "ValueError", "tool arguments failed validation: 'priority' is not one of ['P1', 'P2', 'P3', 'P4']"
                )
            )

    def _circle(self, run: Run) -> Generator[float, None, None]:
        """An agent that makes no progress: the same call with the same arguments again and again."""
        agent = run.agent
        spec = self.calls.choose(run)
        arguments = self.calls.arguments(spec, run)
        for _ in range(agent.rng.randint(25, 60)):
            yield from self.calls.tool(run, spec, arguments)
            yield from self.calls.llm(run)

    def _hand_over(self, run: Run) -> Generator[float, None, None]:
        agent = run.agent
        looping = agent.loop_partner and (run.root or agent.rng.random() < agent.loop_share)
        target = agent.loop_partner if looping else (agent.rng.choice(agent.handoffs) if agent.handoffs else "")
        if not target:
            return
        bound = agent.hops if agent.hops is not None else self.max_hops
        pods = self.fleet.agents[target].serving()
        if run.hops + 1 > bound or not pods:
            self.sayings.human(run, f"max_agent_hops={bound}" if pods else f"{target} unavailable", self.clock.now)
            return
        self.sayings.handoff(run, target, self.clock.now)
        child = self.submit(self.fleet.agents[target], agent.rng.choice(pods), run.hops + 1, run)
        child.parent_span = run.span.span_id if run.span else None
        if looping:
            return
        epoch = child.pod.epoch
        deadline = self.clock.now + 60.0
        while not child.done and self.clock.now < deadline and child.pod.epoch == epoch:
            yield 0.5


def _steps(mean: float, rng: Random) -> int:
    """A number of tool calls around the mean, at least one."""
    return max(1, round(rng.gauss(mean, mean * 0.35)))


def _close(span: SpanData | None, now: float, status: int, message: str = "") -> None:
    if span is not None:
        span.end = max(now, span.start + 1e-4)
        span.status = status
        span.message = message
