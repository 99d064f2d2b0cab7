"""Which files a path stands for."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

SUFFIXES = (".yaml", ".yml", ".json")


def walk(folder: Path, refused: Callable[[OSError], None] = lambda _: None) -> Iterator[Path]:
    """Every YAML and JSON file below a folder, sorted; not in hidden folders, not through links to folders (which may form a
    circle), nothing but regular files. `refused` is told of folders that cannot be read."""
    for base, folders, files in os.walk(folder, onerror=refused):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            path = Path(base, name)
            if name.lower().endswith(SUFFIXES) and (path.is_file() or _dangling(path)):
                yield path


def _dangling(path: Path) -> bool:
    """A link that leads nowhere is worth a word; one that leads to a pipe or a device is not read."""
    return path.is_symlink() and not path.exists()
