"""What goes wrong, as libraries print it: the text of the exception, its class, and the frames of its traceback."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

_ALNUM = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz123456789"


@dataclass(frozen=True, slots=True)
class Failure:
    """A failed call. `text` is `str(error)` (it may be empty, as that of many time-outs is); `http` the status where a server
    answered; `seconds` how long the call took until it failed, None = as long as a good one."""

    type: str
    text: str
    frames: tuple[tuple[str, int, str, str], ...] = ()
    http: int | None = None
    seconds: float | None = None

    @property
    def short(self) -> str:
        """The class without its module, as `type(error).__name__` gives it."""
        return self.type.rpartition(".")[2]

    def traceback(self, agent_frames: tuple[tuple[str, int, str, str], ...]) -> str:
        """The traceback that CPython prints for it, the agent's own frames first."""
        lines = ["Traceback (most recent call last):"]
        for file, line, function, source in (*agent_frames, *self.frames):
            lines.append(f'  File "{file}", line {line}, in {function}')
            lines.append(f"    {source}")
        lines.append(f"{self.type}: {self.text}" if self.text else self.type)
        return "\n".join(lines)


class CallFailed(Exception):
    """Raised through the simulated agent's generators when a call of it fails."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.text)
        self.failure = failure


def request_id(rng: Random) -> str:
    """A request id of the form that Anthropic's API answers with."""
    return "req_011C" + "".join(rng.choices(_ALNUM, k=20))


APP = "/app/agent"
SITE = "/usr/local/lib/python3.11/site-packages"

AGENT_FRAMES = (
    (f"{APP}/base.py", 88, "run", "result = await self._execute(task, context)"),
    (f"{APP}/base.py", 131, "_execute", "step = await self._next_step(messages)"),
)


def application_bug(rng: Random, variant: int) -> Failure:
    """A fault in the agent's own code; `variant` picks which, so that one release always fails in one way."""
    bugs = (
        ("KeyError", "'choices'", "parsing.py", 42, "parse_plan", 'plan = payload["choices"][0]'),
        (
            "AttributeError",
            "'NoneType' object has no attribute 'get'",
            "context.py",
            77,
            "build_context",
            "tier = customer.get('tier')",
        ),
        (
            "TypeError",
            "unsupported operand type(s) for +: 'int' and 'NoneType'",
            "memory.py",
            118,
            "window",
            "size = used + limit",
        ),
        (
            "pydantic_core._pydantic_core.ValidationError",
            "1 validation error for ToolArguments\ntop_k\n  Field required [type=missing, input_value={'query': 'vpn'}, input_type=dict]\n"
            "    For further information visit https://errors.pydantic.dev/2.11/v/missing",
            "tools.py",
            203,
            "coerce",
            "return ToolArguments.model_validate(raw)",
        ),
        ("IndexError", "list index out of range", "planner.py", 64, "pick", "return candidates[0]"),
        (
            "UnicodeDecodeError",
            "'utf-8' codec can't decode byte 0xe9 in position 12: invalid continuation byte",
            "memory.py",
            31,
            "load",
            "return raw.decode()",
        ),
    )
    kind, text, file, line, function, source = bugs[variant % len(bugs)]
    return Failure(kind, text, ((f"{APP}/{file}", line, function, source),), seconds=rng.uniform(0.01, 0.2))


def random_trouble(rng: Random) -> Failure:
    """What fails now and then in every fleet: a model's answer that is no JSON, a prompt too long, a reset connection."""
    column = rng.randint(2, 400)
    prompt = rng.randint(200_400, 238_000)
    trouble = (
        Failure(
            "json.decoder.JSONDecodeError",
            f"Expecting ',' delimiter: line 1 column {column} (char {column - 1})",
            ((f"{APP}/parsing.py", 29, "parse_plan", "payload = json.loads(text)"),),
            seconds=0.02,
        ),
        Failure(
            "anthropic.BadRequestError",
            "Error code: 400 - {'type': 'error', 'error': {'type': 'invalid_request_error', 'message': "
            f"'prompt is too long: {prompt} tokens > 200000 maximum'}}, 'request_id': '{request_id(rng)}'}}",
            http=400,
            seconds=0.4,
        ),
        Failure(
            "ValueError",
            "model returned an empty plan",
            ((f"{APP}/planner.py", 51, "plan", 'raise ValueError("model returned an empty plan")'),),
            seconds=0.02,
        ),
        Failure("httpx.RemoteProtocolError", "Server disconnected without sending a response.", seconds=0.3),
        Failure("ConnectionResetError", "[Errno 104] Connection reset by peer", seconds=0.2),
    )
    return rng.choice(trouble)
