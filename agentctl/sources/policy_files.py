"""The governance documents given with --policy: files, or folders of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from agentctl.model.errors import InputError

_SUFFIXES = (".yaml", ".yml", ".json")


class PolicyFiles:
    """A ConfigSource over files, read when it is made: a path that does not exist must not wait until half the work is done."""

    def __init__(self, paths: Sequence[Path]) -> None:
        """Raises InputError for a path that cannot be read, or a folder without documents."""
        self._documents = [(str(path), _text(path)) for given in paths for path in _below(given)]

    def documents(self) -> Sequence[tuple[str, str]]:
        """(file, text) of each."""
        return self._documents


def _below(given: Path) -> Iterator[Path]:
    if not given.is_dir():
        yield given
        return
    found = [p for p in sorted(given.rglob("*")) if p.suffix in _SUFFIXES and p.is_file() and not _hidden(p, given)]
    if not found:
        raise InputError(
            "policy", f"{given}: no YAML or JSON file in this folder", "give the governance documents with --policy"
        )
    yield from found


def _hidden(path: Path, given: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(given).parts)


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError as error:
        raise InputError("policy", f"{path}: there is no such file", "check --policy") from error
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("policy", f"{path}: cannot be read: {error}") from error
