"""When a missing server is a failure, and when it is only a skipped test."""

from __future__ import annotations

NAMES = frozenset({"kubernetes", "prometheus", "prometheus3", "victoria-metrics", "loki", "jaeger", "opa"})
_ALWAYS = frozenset({"kubernetes", "prometheus"})


def is_required(name: str, asked: str) -> bool:
    """Whether ``name`` has to be there when AGENTCTL_REQUIRE_REAL is ``asked``.

    Nothing or ``0`` requires nothing; ``1`` the two servers without which the bed is not worth its name (the others
    may be impossible to build on a machine); else it is a list of names. Raises ValueError for a name that no server
    has, as a misspelt requirement would require nothing.
    """
    if asked.strip() in ("", "0"):
        return False
    if asked.strip() == "1":
        return name in _ALWAYS
    wanted = {part.strip() for part in asked.split(",") if part.strip()}
    if wanted - NAMES:
        raise ValueError(f"AGENTCTL_REQUIRE_REAL names no server of the bed: {', '.join(sorted(wanted - NAMES))}")
    return name in wanted
