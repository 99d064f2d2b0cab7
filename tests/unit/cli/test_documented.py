"""Nobody forgets to document a command: each has help with an example, a word for every option, and a place in the README."""

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from agentctl.cli.registry import COMMANDS

README = (Path(__file__).parents[3] / "README.md").read_text()


def leaves() -> Iterator[tuple[str, Any]]:
    for entry in COMMANDS:
        module = importlib.import_module(f"agentctl.cli.commands.{entry.module}")
        command = typer.main.get_command(module.app)
        children = getattr(command, "commands", {})
        if children:
            yield from ((f"{entry.name} {name}", child) for name, child in children.items())
        else:
            yield entry.name, command


COMMAND_LIST = list(leaves())


@pytest.mark.parametrize(("name", "command"), COMMAND_LIST, ids=[name for name, _ in COMMAND_LIST])
def test_a_command_is_documented(name: str, command: Any) -> None:
    assert f"agentctl {name}" in README
    assert command.help
    assert f"agentctl {name.split(maxsplit=1)[0]}" in command.help, "an example"
    for parameter in command.params:
        assert getattr(parameter, "help", ""), f"{parameter.name} has no help"


def test_the_registry_matches_the_modules() -> None:
    folder = Path(__file__).parents[3] / "agentctl" / "cli" / "commands"
    apps = {path.stem for path in folder.glob("*.py") if "\napp = typer.Typer" in path.read_text()}
    assert apps == {entry.module for entry in COMMANDS}


def test_a_group_is_marked_as_one() -> None:
    for entry in COMMANDS:
        command = typer.main.get_command(importlib.import_module(f"agentctl.cli.commands.{entry.module}").app)
        names_a_part = getattr(command, "commands", {}) or [p for p in command.params if p.name == "topic"]
        assert entry.group == bool(names_a_part), entry.name
