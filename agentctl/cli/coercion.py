"""Option values that are already what they should be are taken as they are.

Newer releases of Typer send every value through pydantic, whose import takes longer than checking a file does. Text, paths and
defaults need none of it; whatever else a command line holds still goes the long way. Releases without that hook are left alone.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any


class PlainValues:
    """Stands in for the coercion of a parameter, and builds the real one for values that it does not know."""

    def __init__(self, descriptor: Any, build: Any) -> None:
        self._descriptor = descriptor
        self._build = build

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        """The value as the command takes it."""
        many = param.multiple or param.nargs == -1
        if value is None:
            return () if many else None
        wanted = self._descriptor.annotation
        if _asks_more(self._descriptor.parameter_info):
            return self._build(self._descriptor).coerce(value, param=param, ctx=ctx)
        if wanted is str and isinstance(value, str) or wanted in (int, float) and value is param.default:
            return value
        if wanted is Path and isinstance(value, str | Path):
            return Path(value)
        if wanted == list[str] and many and isinstance(value, list | tuple) and all(isinstance(v, str) for v in value):
            return list(value)
        return self._build(self._descriptor).coerce(value, param=param, ctx=ctx)


def install() -> None:
    """Take plain values as they are from now on."""
    from typer import core

    build: Any = getattr(core, "build_runtime_param", None)
    if build is not None and not hasattr(build, "plain"):

        def plain(descriptor: Any) -> PlainValues:
            return PlainValues(descriptor, build)

        plain.plain = True  # type: ignore[attr-defined]
        setattr(core, "build_runtime_param", plain)  # noqa: B010  the releases without it have no such name


def _asks_more(info: Any) -> bool:
    """Whether a parameter asks for more than its type."""
    wishes = ("parser", "click_type", "exists", "resolve_path", "path_type")
    return any(getattr(info, wish, None) for wish in wishes)
