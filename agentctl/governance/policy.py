"""The policy model: a governance document as data. `decide()` says what it means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

TIERS = ("forbidden", "requires_human_review", "autonomous")
EFFECTS = (
    "read",
    "write",
    "pii",
    "financial",
    "external-send",
    "execute",
    "raw-query",
    "destructive",
    "untrusted-input",
)


@dataclass(frozen=True, slots=True)
class RateLimit:
    """`max_<noun>_per_<unit>`: at most `limit` calls in `seconds` to each of `tools` (the tools it belongs to)."""

    name: str
    noun: str
    limit: float
    seconds: int
    tools: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tool:
    """What `agent.tools.NAME` says of a tool; `declared` is False where the document only lists the name.

    `effects_declared` is False where the effects come from the built-in catalogue of well-known names.
    """

    name: str
    allowed: bool
    declared: bool = False
    description: str = ""
    endpoint: str = ""
    health: str = ""
    effects: frozenset[str] = frozenset()
    effects_declared: bool = False
    actions: tuple[str, ...] = ()
    limited_by: str = ""


@dataclass(frozen=True, slots=True)
class Policy:
    """A governance document. None stands for "not written", which is not the same as zero or false.

    An item of a list that is no string stands as "": it names nothing, and positions stay those of the document.
    """

    name: str
    model: str | None = None
    max_retries: int | None = None
    max_concurrent_runs: int | None = None
    allowed_tools: tuple[str, ...] | None = None
    tools: Mapping[str, Tool] = field(default_factory=dict)
    tiers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    has_authority: bool = False
    default_decision: str | None = None
    allow_pii: bool | None = None
    allow_financial: bool | None = None
    allow_internal_docs: bool | None = None
    max_records_per_query: int | None = None
    rate_limits: tuple[RateLimit, ...] = ()
    max_daily_spend_usd: Decimal | None = None
    max_cost_per_run_usd: Decimal | None = None
    alert_on_threshold: float | None = None
    _positions: Mapping[str, Mapping[str, int]] = field(default_factory=dict, init=False, repr=False, compare=False)
    _limits: Mapping[str, tuple[RateLimit, ...]] = field(default_factory=dict, init=False, repr=False, compare=False)
    # Decisions by (tool, action), which `decide()` keeps here: a policy never changes.
    remembered: dict[tuple[str, str | None], Decision] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        lists = {**self.tiers, "allowed_tools": self.allowed_tools or ()}
        object.__setattr__(self, "_positions", {key: _first(names) for key, names in lists.items()})
        limits: dict[str, tuple[RateLimit, ...]] = {}
        for limit in self.rate_limits:
            for tool in limit.tools:
                limits[tool] = (*limits.get(tool, ()), limit)
        object.__setattr__(self, "_limits", limits)

    def positions(self, key: str) -> Mapping[str, int]:
        """The names of a tier (or of `allowed_tools`), each with the position where it first stands."""
        return self._positions.get(key, {})

    def grants(self, tool: str) -> bool:
        """Whether the allowlist holds the tool."""
        return tool in self.tools and self.tools[tool].allowed

    def limits_of(self, tool: str) -> tuple[RateLimit, ...]:
        """The rate limits that count the calls of a tool."""
        return self._limits.get(tool, ())


def _first(names: tuple[str, ...]) -> dict[str, int]:
    """An empty name is an item that names nothing."""
    return {name: position for position, name in reversed(tuple(enumerate(names))) if name}


@dataclass(frozen=True, slots=True)
class Context:
    """What a decision may depend on. `calls` is the number of calls already made in the window of each limit's name;
    spend is USD of the day and of the run so far."""

    calls: Mapping[str, float] = field(default_factory=dict)
    daily_spend_usd: Decimal | None = None
    run_cost_usd: Decimal | None = None
    records: int | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """`outcome` is allow, review or deny; `because` are the JSON Pointers that decided; `reason` is one sentence."""

    outcome: str
    because: tuple[str, ...]
    reason: str
