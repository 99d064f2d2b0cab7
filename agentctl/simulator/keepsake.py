"""The folder of a demo: what was simulated into it is noted, to be looked up again and so that nobody else's files are lost."""

from __future__ import annotations

import base64
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agentctl.model.errors import InputError

NAME = ".agentctl-demo.json"


@dataclass(frozen=True, slots=True)
class Keepsake:
    """Which scenario a folder holds. `hidden`: the answer is asked for with --reveal."""

    scenario: str
    seed: int
    hidden: bool
    files: tuple[str, ...]


def prepare(folder: Path) -> None:
    """Make room for a bundle: an earlier demo's own files are removed. Raises InputError where anything else is in the way."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise InputError("in-the-way", f"{folder} is a file", "choose another folder with --out")
    there = {str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir()}
    if not there:
        return
    try:
        own = {*read(folder).files, NAME}
    except InputError:
        own = set()
    foreign = sorted(there - own)
    if foreign:
        message = f"{folder} holds files that no demo wrote (such as {foreign[0]}), so nothing was written"
        raise InputError("in-the-way", message, "choose another folder with --out, or remove it")
    shutil.rmtree(folder)


def keep(folder: Path, scenario: str, seed: int, hidden: bool) -> None:
    """Note what the folder holds. The scenario's name is encoded, so that a look into the file gives nothing away."""
    files = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    answer = base64.b64encode(json.dumps({"scenario": scenario, "seed": seed}).encode()).decode()
    body = {"madeBy": "agentctl demo", "hidden": hidden, "answer": answer, "files": files}
    (folder / NAME).write_text(json.dumps(body, indent=1) + "\n", encoding="utf-8")


def read(folder: Path) -> Keepsake:
    """What the folder holds. Raises InputError where it is no demo's folder."""
    try:
        body: dict[str, Any] = json.loads((folder / NAME).read_text(encoding="utf-8"))
        answer = json.loads(base64.b64decode(body["answer"]))
        return Keepsake(
            str(answer["scenario"]), int(answer["seed"]), bool(body["hidden"]), tuple(map(str, body["files"]))
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            "no-demo", f"{folder} is no folder that agentctl demo made", "give the folder that --hide named"
        ) from error
