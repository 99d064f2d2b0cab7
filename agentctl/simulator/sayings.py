"""What the agents print. The marked lines have the guide's form in every dialect; the ordinary chatter differs.

Dialects: 0 says little; 1 lets the libraries' INFO lines through; 2 prints runs and the web server's access log; 3 wraps errors in its
own words.
"""

from __future__ import annotations

from agentctl.simulator.failures import AGENT_FRAMES, Failure
from agentctl.simulator.llm_failures import HOSTS, REASONS
from agentctl.simulator.run import Run

DIALECTS = 4
LOGGER = "enterprise-agent"
_TIMEOUT = (
    "Traceback (most recent call last):\n"
    '  File "/app/agent/base.py", line 96, in run\n    async with asyncio.timeout(self.timeout):\nTimeoutError'
)


class Sayings:
    """Every line an agent prints, in one place."""

    def started(self, run: Run, now: float) -> None:
        """A run began."""
        if run.agent.dialect == 2:
            hop = f" hop={run.hops}" if run.hops else ""
            self._say(run, "INFO", f"run started run={run.run_id}{hop}", now)

    def finished(self, run: Run, status: str, now: float) -> None:
        """A run ended."""
        if run.agent.dialect == 2:
            self._say(
                run, "INFO", f"run finished run={run.run_id} status={status} duration={now - run.started:.2f}s", now
            )

    def llm_call(self, run: Run, model: str, inputs: int, outputs: int, nano: int, now: float) -> None:
        """A model call was paid for."""
        self._say(
            run,
            "INFO",
            f"LLM_CALL model={model} input_tokens={inputs} output_tokens={outputs} cost=${nano / 1e9:.6f}",
            now,
        )

    def tool_call(self, run: Run, tool: str, arguments: str, now: float) -> None:
        """A tool was called."""
        self._say(run, "INFO", f"TOOL_CALL: {tool} {arguments}", now)

    def blocked(self, run: Run, what: str, now: float) -> None:
        """The agent's own policy check refused."""
        self._say(run, "WARNING", f"BLOCKED: {what}", now)

    def held(self, run: Run, tool: str, ticket: str, now: float) -> None:
        """A call waits for a person."""
        self._say(run, "INFO", f"REVIEW_REQUESTED: {tool} approval={ticket}", now)

    def approved(self, run: Run, tool: str, ticket: str, now: float) -> None:
        """A person agreed to a held call."""
        self._say(run, "INFO", f"APPROVED: {tool} approval={ticket} by=reviewer-{int(ticket[-1])}", now)

    def handoff(self, run: Run, target: str, now: float) -> None:
        """The task goes to another agent."""
        self._say(
            run,
            "INFO",
            f"HANDOFF: {run.agent.name} -> {target} hop={run.hops + 1} task={(run.root or run.run_id)[4:]}",
            now,
        )

    def human(self, run: Run, why: str, now: float) -> None:
        """The task goes to a person."""
        self._say(run, "INFO", f"HANDOFF: {run.agent.name} -> human_handoff hop={run.hops + 1} reason={why}", now)

    def waiting(self, run: Run, now: float) -> None:
        """A run holds its slot while it waits."""
        if run.agent.dialect != 0:
            self._say(
                run,
                "DEBUG" if run.agent.dialect == 1 else "INFO",
                f"waiting for conversation lock conv={run.run_id[4:10]}",
                now,
            )

    def queued(self, run: Run, waiting: int, now: float) -> None:
        """All of `max_concurrent_runs` are taken."""
        if waiting == 1 or waiting % 5 == 0:
            limit = run.agent.policy.max_concurrent_runs
            self._say(run, "WARNING", f"run queued: {limit}/{limit} runs active, {waiting} waiting", now)

    def gave_up_waiting(self, run: Run, waited: float, now: float) -> None:
        """A task waited too long for a slot."""
        self._say(
            run, "ERROR", f"Task {run.run_id[4:10]} timed out after {waited:.0f}s waiting for a free run slot", now
        )

    def http(self, run: Run, provider: str, model: str, failure: Failure | None, now: float) -> None:
        """httpx's own line about a model request that was answered."""
        if run.agent.dialect != 1 or (failure is not None and failure.http is None):
            return
        code = failure.http if failure is not None and failure.http is not None else 200
        reason = REASONS.get(code, "") if code != 200 else "OK"
        url = HOSTS.get(provider, "http://llm-gateway/v1").format(model=model)
        self._say(run, "INFO", f'HTTP Request: POST {url} "HTTP/1.1 {code} {reason}"', now, "httpx")

    def sdk_retry(self, run: Run, provider: str, pause: float, now: float) -> None:
        """The SDK retries by itself."""
        path = {"anthropic": "/v1/messages", "openai": "/chat/completions"}.get(provider, "/v1beta/models")
        logger = {"anthropic": "anthropic._base_client", "openai": "openai._base_client"}.get(
            provider, "google_genai._api_client"
        )
        self._say(run, "INFO", f"Retrying request to {path} in {pause:.6f} seconds", now, logger)

    def tool_failed(self, run: Run, tool: str, failure: Failure, now: float) -> None:
        """Dialect 3 says itself which tool failed."""
        if run.agent.dialect == 3:
            text = f": {failure.text}" if failure.text else ""
            self._say(run, "WARNING", f"tool {tool} raised {failure.short}{text}", now, "agent.tools")

    def attempt_failed(self, run: Run, number: int, failure: Failure, now: float) -> None:
        """The guide's line of the retry loop; the class is named only where the text is empty and the dialect wraps errors."""
        text = failure.text
        if run.agent.dialect == 3 and not text:
            text = repr_of(failure)
        self._say(run, "WARNING", f"Attempt {number} failed: {text}", now)

    def failed(self, run: Run, attempts: int, failure: Failure, now: float, late: bool) -> None:
        """The task is given up, in the words of the dialect."""
        dialect = run.agent.dialect
        if late:
            self._say(
                run,
                "ERROR",
                f"Task {run.run_id[4:10]} timed out after {now - run.started:.0f}s",
                now,
                traceback=_TIMEOUT,
            )
        elif dialect == 0:
            self._say(run, "ERROR", f"Task failed after {attempts} attempts: {failure.text or repr_of(failure)}", now)
        elif dialect == 1:
            self._say(run, "ERROR", f"Run {run.run_id} failed: {failure.short}: {failure.text}", now)
        elif dialect == 2:
            self._say(run, "ERROR", "agent run failed", now, traceback=failure.traceback(AGENT_FRAMES))
        else:
            self._say(
                run,
                "ERROR",
                f"Giving up on task {run.run_id[4:10]} after {attempts} attempts",
                now,
                traceback=failure.traceback(AGENT_FRAMES),
            )

    def _say(
        self, run: Run, level: str, message: str, now: float, logger: str = LOGGER, traceback: str | None = None
    ) -> None:
        run.pod.log(now, level, logger, message, run.fields, traceback)


def repr_of(failure: Failure) -> str:
    """`repr(error)` as Python prints it."""
    return f"{failure.short}({failure.text!r})" if failure.text else f"{failure.short}()"
