"""Secrets come from a variable, or from the file that `<VARIABLE>_FILE` names; never from a flag."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from agentctl.model.errors import InputError

_MOST = 64 * 1024


@dataclass(frozen=True, slots=True)
class Credentials:
    """A token, or a user and a password; empty where none is set. Never printed."""

    token: str = field(default="", repr=False)
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)


def credential(environ: Mapping[str, str], name: str) -> str:
    """The secret behind a variable; "" where neither it nor its _FILE is set. Raises InputError for a file that cannot be read."""
    if environ.get(name):
        return environ[name].strip()
    path = environ.get(f"{name}_FILE")
    if not path:
        return ""
    try:
        text = Path(path).expanduser().read_bytes()[:_MOST].decode().strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise InputError(
            "credential", f"{name}_FILE: {path} cannot be read: {reason}", "check the path and its rights"
        ) from error
    if not text:
        raise InputError(
            "credential", f"{name}_FILE: {path} is empty", "write the secret into it, or unset the variable"
        )
    return text


def credentials(environ: Mapping[str, str], prefix: str) -> Credentials:
    """The credentials of one backend: `<prefix>_TOKEN`, or `<prefix>_USER` and `<prefix>_PASSWORD`."""
    found = Credentials(*(credential(environ, f"{prefix}_{part}") for part in ("TOKEN", "USER", "PASSWORD")))
    if found.token and found.user:
        raise InputError("credential", f"both {prefix}_TOKEN and {prefix}_USER are set", "set one of them")
    return found
