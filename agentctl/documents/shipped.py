"""The data files that travel with the program: schemas and runbooks."""

from __future__ import annotations

from pathlib import Path

FOLDERS = ("schemas", "runbooks")
_PACKAGE = Path(__file__).resolve().parent.parent


def folder(name: str) -> Path:
    """The folder of that name: inside the installed wheel, else at the root of the checkout. Raises ValueError for another name."""
    if name not in FOLDERS:
        raise ValueError(f"no shipped folder {name!r}: one of {', '.join(FOLDERS)}")
    installed = _PACKAGE / "_shipped" / name
    return installed if installed.is_dir() else _PACKAGE.parent / name


def shipped(name: str, file: str) -> Path:
    """The path of a shipped file, whether or not it exists: `shipped("schemas", "prompt.schema.json")`."""
    return folder(name) / file
