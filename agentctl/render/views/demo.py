"""What a person sees of a demo: what was simulated, what to try next, the list of scenarios, and the answer to a hidden one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from agentctl.model.duration import format_duration
from agentctl.model.report import Report
from agentctl.render.blocks import Block, Cell, Column, Command, Heading, Table, Text


def demo_view(report: Report, wide: bool) -> Sequence[Block]:
    """What the folder holds; with a hidden incident, how to go on."""
    data = report.data
    length = format_duration(float(data["windowSeconds"]))
    made = f"{data['agents']} agents in {data['pods']} pods, {length} of logs, metrics, traces and objects, made in {data['seconds']} s"
    if data["hidden"]:
        return [
            Heading("A simulated fleet. Something may be wrong with it."),
            Text(f"{made}: {data['bundle']}"),
            Text("Find out what, then compare:"),
            *(Command(line) for line in data["shown"]),
            Command(f"agentctl demo --reveal {data['bundle']}"),
        ]
    return [
        Heading(f"A simulated fleet: {data['title']}"),
        Text(data["description"]),
        Text(f"{made}: {data['bundle']}", "dim"),
    ]


def summary_view(report: Report, wide: bool) -> Sequence[Block]:
    """What the folder holds as one row, for spreadsheets and files; what is hidden stays hidden."""
    data = report.data
    names = ("bundle", "scenario", "seed", "agents", "pods")
    causes = "" if data["hidden"] else " ".join(f"{cause['id']}={cause['subject']}" for cause in data["causes"])
    cells = [*(Cell(str(data.get(name, ""))) for name in names), Cell(causes)]
    return [Table([*(Column(name.upper()) for name in names), Column("CAUSES")], [cells])]


def after_view(report: Report, wide: bool) -> Sequence[Block]:
    """Where to go from here."""
    data = report.data
    blocks: list[Block] = [Text(""), Heading("That was a recording. On it you can run anything:")]
    blocks += [Command(line) for line in [*data["shown"], *data["next"]]]
    blocks += [Text("On your own cluster, with your own kubeconfig:")]
    blocks += [Command(line) for line in data["live"]]
    blocks += [
        Text("Other incidents, or one to solve yourself:"),
        Command("agentctl demo --list"),
        Command("agentctl demo --hide"),
    ]
    return blocks


def list_view(report: Report, wide: bool) -> Sequence[Block]:
    """A row a scenario."""
    columns = [Column("SCENARIO"), Column("WHAT HAPPENS"), Column("CAUSES"), Column("DESCRIPTION", wide=True)]
    rows = [
        [Cell(item["scenario"]), Cell(item["title"]), Cell(_causes(item)), Cell(item["description"])]
        for item in report.data["scenarios"]
    ]
    return [Table(columns, rows), Command("agentctl demo SCENARIO")]


def reveal_view(report: Report, wide: bool) -> Sequence[Block]:
    """The answer."""
    data = report.data
    blocks: list[Block] = [
        Heading(f"{data['bundle']} holds {data['scenario']} (seed {data['seed']}): {data['title']}"),
        Text(data["description"]),
    ]
    if not data["causes"]:
        return [*blocks, Text("Nothing was wrong.", "good")]
    return [*blocks, *(Text(f"{cause['id']}: {cause['subject']}", "bad", 2) for cause in data["causes"])]


def _causes(item: Mapping[str, Any]) -> str:
    return ", ".join(dict.fromkeys(cause["id"] for cause in item["causes"])) or "none: healthy"
