"""Model and tool calls of a run: governance first, then the world, then metrics, log, spans and the ledger."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator
from dataclasses import dataclass, replace
from decimal import Decimal

from agentctl.governance.decide import decide
from agentctl.governance.policy import Context, Decision, RateLimit
from agentctl.simulator.clock import Clock
from agentctl.simulator.failures import CallFailed, Failure
from agentctl.simulator.fleet import Agent
from agentctl.simulator.ledger import NANO, Ledger
from agentctl.simulator.run import Run
from agentctl.simulator.sayings import Sayings
from agentctl.simulator.spans import SpanData
from agentctl.simulator.world import Model, ToolSpec, World

APPROVAL_SHARE = 0.8
_UNITS = {1: "second", 60: "minute", 3600: "hour", 86400: "day"}
RETRIED_BY_SDK = frozenset({408, 409, 429, 500, 502, 503, 504, 529})


@dataclass(slots=True)
class Calls:
    """What a run may do, asked of `decide()` before each call."""

    clock: Clock
    world: World
    ledger: Ledger
    sayings: Sayings

    def choose(self, run: Run) -> ToolSpec:
        """The tool the agent wants next: by its habits, or what a fault makes it want."""
        agent, rng = run.agent, run.agent.rng
        for wanted in (agent.forced_tool, agent.denied_tool):
            if wanted is not None and rng.random() < wanted[1]:
                return self.world.tools[wanted[0]]
        return self.world.tools[rng.choices(list(agent.weights), list(agent.weights.values()))[0]]

    def arguments(self, spec: ToolSpec, run: Run) -> str:
        """The arguments of one call as its audit line prints them."""
        return self.world.fill(spec.arguments, run.agent.rng)

    def llm(self, run: Run) -> Generator[float, None, None]:
        """One model call. The SDK's own retries come first, as its log lines say; then the failure is the agent's."""
        agent, rng = run.agent, run.agent.rng
        model = self.world.models[run.pod.replicaset.model or agent.model]
        self._check_budget(run)
        inputs = max(40, int(run.context * rng.uniform(0.92, 1.08)))
        outputs = max(8, int(agent.profile["output"] * rng.lognormvariate(0, 0.35)))
        span = run.trace.begin("llm.call", self.clock.now, run.span) if run.trace else None
        begun = self.clock.now
        for retry in range(3 if agent.dialect == 1 else 1 + (agent.dialect == 3)):
            seconds, failure = self.world.llm(model, outputs, run.pod, self.clock.now)
            yield seconds
            self.sayings.http(run, model.provider, model.name, failure, self.clock.now)
            if failure is None or (failure.http is not None and failure.http not in RETRIED_BY_SDK) or retry == 2:
                break
            pause = min(8.0, 0.5 * 2**retry) * rng.uniform(0.75, 1.0)
            self.sayings.sdk_retry(run, model.provider, pause, self.clock.now)
            yield pause
        registry = run.pod.registry
        registry.histogram("llm", self.clock.now).observe(self.clock.now - begun)
        if failure is not None:
            _end(span, self.clock.now, failure)
            raise CallFailed(failure)
        self._spend(run, model, inputs, outputs, span)
        run.context += outputs + rng.uniform(20, 60)

    def _spend(self, run: Run, model: Model, inputs: int, outputs: int, span: SpanData | None) -> None:
        agent, now = run.agent, self.clock.now
        nano = model.nano(inputs, outputs)
        run.nano += nano
        day = int(now // 86400)
        if day != agent.day:
            agent.day, agent.spent_today = day, 0
        agent.spent_today += nano
        run.pod.registry.cost(model.name, nano / 1e9, now)
        self.ledger.spent(agent.name, model.name, int(now // 3600), nano)
        self.ledger.pod_cost[run.pod.name, model.name] += nano
        self.sayings.llm_call(run, model.name, inputs, outputs, nano, now)
        if span is not None:
            span.attributes.update(
                {
                    "llm.model": model.name,
                    "llm.input_tokens": inputs,
                    "llm.output_tokens": outputs,
                    "llm.cost_usd": nano / 1e9,
                }
            )
        _end(span, now, None)

    def _check_budget(self, run: Run) -> None:
        agent = run.agent
        budget = agent.policy.max_daily_spend_usd
        if budget is not None and agent.day == int(self.clock.now // 86400) and agent.spent_today >= budget * NANO:
            self.sayings.blocked(
                run,
                f"daily budget used up: ${agent.spent_today / 1e9:.2f} of ${budget} (max_daily_spend_usd)",
                self.clock.now,
            )
            self.ledger.denied[agent.name, "max_daily_spend_usd"] += 1
            raise CallFailed(
                Failure(
                    "RuntimeError",
                    f"Budget exceeded: ${agent.spent_today / 1e9:.2f} spent today, limit ${budget}",
                    seconds=0.0,
                )
            )

    def tool(self, run: Run, spec: ToolSpec, arguments: str | None = None) -> Generator[float, None, None]:
        """One tool call as the governance allows it: made, held for a person, or refused."""
        agent, now = run.agent, self.clock.now
        arguments = arguments if arguments is not None else self.arguments(spec, run)
        outcome = "allow"
        if agent.forced_tool is None or spec.name != agent.forced_tool[0]:
            decision = self._decide(run, spec.name, now)
            outcome = decision.outcome
            if outcome == "deny":
                self._refuse(run, spec, decision)
                yield 0.001
                return
        else:
            self.ledger.ungoverned[agent.name, spec.name] += 1
        if outcome == "review":
            self._hold(run, spec, arguments)
            yield 0.002
            return
        yield from self._carry_out(run, spec, arguments)

    def _decide(self, run: Run, tool: str, now: float) -> Decision:
        policy = run.agent.policy
        known = policy.tools.get(tool)
        calls = (
            {limit.name: float(_recent(run.agent, limit, now)) for limit in policy.rate_limits if tool in limit.tools}
            if known
            else {}
        )
        return decide(policy, tool, None, Context(calls, None, Decimal(run.nano) / NANO))

    def _refuse(self, run: Run, spec: ToolSpec, decision: Decision) -> None:
        agent, now = run.agent, self.clock.now
        self.ledger.denied[agent.name, spec.name] += 1
        place = decision.because[0] if decision.because else ""
        if "rate_limits" in place:
            limit = next(item for item in agent.policy.rate_limits if place.endswith(item.name))
            count = _recent(agent, limit, now)
            raise CallFailed(
                Failure(
                    "RuntimeError",
                    f"Rate limit exceeded: {count} {limit.noun} in last {_UNITS[limit.seconds]}",
                    seconds=0.0,
                )
            )
        if "data_access" in place:
            what = self.world.fill(spec.denied or "{slug} data by " + spec.name, agent.rng)
        elif "cost_controls" in place:
            what = f"{decision.reason} by run {run.run_id}"
        elif "allowed_tools" in place:
            what = f"tool {spec.name} is not in the allowlist"
        else:
            what = f"{spec.name}: {decision.reason}"
        self.sayings.blocked(run, what, now)

    def _hold(self, run: Run, spec: ToolSpec, arguments: str) -> None:
        rng = run.agent.rng
        ticket = f"APR-{rng.randint(10000, 99999)}"
        self.sayings.held(run, spec.name, ticket, self.clock.now)
        if rng.random() < APPROVAL_SHARE:
            self.clock.start(self._approved(run, spec, arguments, ticket), run.pod, rng.lognormvariate(5.2, 0.7))

    def _approved(self, run: Run, spec: ToolSpec, arguments: str, ticket: str) -> Generator[float, None, None]:
        self.sayings.approved(run, spec.name, ticket, self.clock.now)
        later = replace(run, trace=None)  # the run itself has ended, or goes on without this call
        try:
            yield from self._carry_out(later, spec, arguments)
        except CallFailed as error:
            self.sayings.tool_failed(run, spec.name, error.failure, self.clock.now)

    def _carry_out(self, run: Run, spec: ToolSpec, arguments: str) -> Generator[float, None, None]:
        agent, pod, begun = run.agent, run.pod, self.clock.now
        for limit in agent.policy.rate_limits:
            if spec.name in limit.tools:
                agent.limits.setdefault(limit.name, deque()).append(begun)
        span = run.trace.begin(f"tool.{spec.name}", begun, run.span) if run.trace else None
        if not spec.after:
            self.sayings.tool_call(run, spec.name, arguments, begun)
        seconds, failure = self.world.tool(spec, pod, begun)
        yield seconds
        now = self.clock.now
        pod.registry.histogram(spec.name, now).observe(now - begun)
        self.ledger.calls[agent.name, spec.name, int(now // 3600)] += 1
        _end(span, now, failure)
        if failure is not None:
            self.sayings.tool_failed(run, spec.name, failure, now)
            raise CallFailed(failure)
        if spec.after:
            self.sayings.tool_call(run, spec.name, arguments, now)
        run.context += agent.rng.uniform(180, 520)


def _recent(agent: Agent, limit: RateLimit, now: float) -> int:
    """How many calls the agent made in the limit's window, which slides."""
    times = agent.limits.get(limit.name)
    if times is None:
        return 0
    while times and times[0] <= now - limit.seconds:
        times.popleft()
    return len(times)


def _end(span: SpanData | None, now: float, failure: Failure | None) -> None:
    if span is not None:
        span.end = max(now, span.start + 1e-4)
        span.status = 2 if failure is not None else 1
        if failure is not None:
            span.message = failure.text or failure.short
            span.attributes["error.type"] = failure.short
