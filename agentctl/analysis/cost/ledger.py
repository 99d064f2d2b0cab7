"""The cost and task counters of a fleet, ready to be asked for any window and any subject."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from agentctl.analysis.counters import Counter, grouped, notes_of, read_counters, rise, summarise
from agentctl.model.money import Figure, Quality, combine
from agentctl.model.observations import Series
from agentctl.model.report import Window

# prometheus_client adds `_total` to a counter's name, other libraries keep it as given.
COST_NAMES = ("agent_cost_total_usd", "agent_cost_total_usd_total")
COST_QUESTION = (*COST_NAMES, "agent_cost_total_usd_created")
TASK_QUESTION = ("agent_tasks_total", "agent_tasks_created")
# LiteLLM's proxy counts the spend of all that calls through it, in USD, by the alias of the key or the team.
LITELLM_QUESTION = ("litellm_spend_metric_total", "litellm_spend_metric_created")
_LITELLM_TOKENS = {"litellm_input_tokens_metric_total": "input", "litellm_output_tokens_metric_total": "output"}
# The sum of OpenTelemetry's histogram `gen_ai.client.token.usage`; its label says which tokens.
_OTEL_TOKENS, _OTEL_TYPE = "gen_ai_client_token_usage_sum", "gen_ai_token_type"
TOKEN_QUESTION = (
    *_LITELLM_TOKENS,
    "litellm_input_tokens_metric_created",
    "litellm_output_tokens_metric_created",
    _OTEL_TOKENS,
    "gen_ai_client_token_usage_created",
)

# The labels that name each subject, in order of preference.
SUBJECT_LABELS: Mapping[str, tuple[str, ...]] = {
    "agent": ("agent_name", "gen_ai_agent_name", "agent", "api_key_alias", "team_alias"),
    "model": ("model", "gen_ai_response_model", "gen_ai_request_model"),
    "pod": ("pod", "pod_name", "kubernetes_pod_name", "exported_pod", "instance"),
    "tool": ("tool", "tool_name", "gen_ai_tool_name"),
    "namespace": ("namespace", "exported_namespace", "kubernetes_namespace"),
}
# A subject whose last sample is older than this before the window's end has stopped being scraped, or is gone.
QUIET_SECONDS = 300.0
ENDED = "no sample near the end of the window"


def subject(by: str) -> Callable[[Mapping[str, str]], str | None]:
    """How to read a subject from labels; `label:NAME` reads that label; None where the series does not say."""
    names = (by.removeprefix("label:"),) if by.startswith("label:") else SUBJECT_LABELS[by]

    def read(labels: Mapping[str, str]) -> str | None:
        return next((labels[name] for name in names if labels.get(name)), None)

    return read


agent_of = subject("agent")
model_of = subject("model")


@dataclass(frozen=True, slots=True)
class Ledger:
    """Counters of one fleet, with as much history as was read; `window` is what was asked about.

    `doubt` says why nothing in it can be more than a lower bound, "" where there is no such reason.
    """

    cost: Sequence[Counter]
    tasks: Sequence[Counter]
    window: Window
    doubt: str = ""
    _agents: dict[str | None, list[Counter]] = field(default_factory=dict)
    tokens: Sequence[Counter] = ()

    @classmethod
    def of(
        cls,
        cost: Iterable[Series],
        tasks: Iterable[Series],
        window: Window,
        doubt: str = "",
        tokens: Iterable[Series] = (),
    ) -> Ledger:
        """From raw series: cost, task and token counters with their `_created` series."""
        return cls(
            read_counters(cost, window),
            read_counters(tasks, window),
            window,
            doubt,
            tokens=read_counters(tokens, window),
        )

    @property
    def start(self) -> float:
        """The window's start, unix seconds."""
        return self.window.start.timestamp()

    @property
    def end(self) -> float:
        """The window's end, unix seconds."""
        return self.window.end.timestamp()

    @property
    def empty(self) -> bool:
        """Whether there is no cost sample at all that the window could rest on."""
        return not any(self.alive(c) for c in self.cost)

    def alive(self, counter: Counter) -> bool:
        """Whether a counter has a sample in the window or so shortly before it that it should have one."""
        index = counter.last_index(self.end)
        return index >= 0 and counter.times[index] > self.start - QUIET_SECONDS

    def agents(self) -> dict[str | None, list[Counter]]:
        """Cost counters by agent; None holds those that name no agent."""
        if not self._agents:
            self._agents.update(grouped(self.cost, agent_of))
        return self._agents

    def spent(self, counters: Sequence[Counter]) -> Figure:
        """What counters of one subject cost in the window, with reasons summed up."""
        figure = rise(counters, self.start, self.end)
        reasons = summarise(figure.reasons)
        if self.doubt and figure.value is not None:
            return Figure(figure.value, combine((figure.quality, Quality.LOWER_BOUND)), (*reasons, self.doubt))
        return Figure(figure.value, figure.quality, reasons)

    def notes(self) -> tuple[str, ...]:
        """What was put right in the samples, and what no counter can know."""
        said = notes_of(self.cost, self.start, self.end)
        nameless = sum(1 for c in self.cost if agent_of(c.labels) is None and self.alive(c))
        return (*said, *((f"{nameless} series name no agent",) if nameless else ()))


def first_seen(counters: Iterable[Counter]) -> float | None:
    """The time of the first sample, unix seconds."""
    return min((c.times[0] for c in counters if c.times), default=None)


def token_kind(labels: Mapping[str, str]) -> str:
    """`input` or `output`, as a token counter says; "" for other kinds (cached, reasoning), which are part of these."""
    name = labels.get("__name__", "")
    kind = labels.get(_OTEL_TYPE, "") if name == _OTEL_TOKENS else _LITELLM_TOKENS.get(name, "")
    return kind if kind in ("input", "output") else ""
