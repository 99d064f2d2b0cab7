"""`agentctl demo`: try it all with no cluster."""

from __future__ import annotations

import json
import time
from pathlib import Path
from random import SystemRandom
from typing import Annotated, Any

import typer

from agentctl.cli.emit import emit, show
from agentctl.cli.environment import environment
from agentctl.cli.options import OutputOptions, grouped, opt
from agentctl.cli.registry import COMMANDS
from agentctl.model.errors import InputError
from agentctl.model.report import ExitCode, Report, Target
from agentctl.render.views.demo import after_view, demo_view, list_view, reveal_view, summary_view
from agentctl.simulator import Scenario, Simulation, load_scenario, shipped_scenarios, simulate, write_bundle
from agentctl.simulator.keepsake import keep, prepare, read
from agentctl.simulator.openmetrics import openmetrics_lines

app = typer.Typer(rich_markup_mode=None, help="Try it all with no cluster.")
DEFAULT = "incident"
FOLDER = Path("agentctl-demo")
# What a demo shows, and what is worth trying next; only what this build has is named.
SHOWN = (("diagnose",), ("cost", "top"))
NEXT = (("cost", "spikes"), ("diagnose", "errors"), ("fleet",), ("audit",), ("bundle", "show"))
_READS = {"show": "{}"}


@app.command()
@grouped
def demo_command(
    output: OutputOptions,
    scenario: Annotated[str, typer.Argument(help="A scenario's name or file (see --list).", show_default=False)] = "",
    seed: Annotated[
        int | None, opt("--seed", help="Another seed is another fleet; the same seed the same bundle.")
    ] = None,
    out: Annotated[Path, opt("--out", help="Folder of the bundle; an earlier demo in it is replaced.")] = FOLDER,
    list_: Annotated[bool, opt("--list", help="List the scenarios.")] = False,
    hide: Annotated[bool, opt("--hide", help="Practise: say nothing; without a name any scenario.")] = False,
    reveal: Annotated[Path | None, opt("--reveal", help="What was hidden in this folder?", show_default=False)] = None,
    ledger: Annotated[Path | None, opt("--ledger", help="Write the truth (cost, tasks, calls by hour) here.")] = None,
    openmetrics: Annotated[Path | None, opt("--openmetrics", help="Write the samples for promtool here.")] = None,
) -> None:
    """Try it all with no cluster: a simulated fleet with an incident in it, recorded as a bundle, and what agentctl says of it.

    \b
    Examples:
      agentctl demo
      agentctl demo --list
      agentctl demo bad-rollout --seed 3 --out /tmp/rollout
      agentctl demo --hide      then diagnose it yourself, and: agentctl demo --reveal agentctl-demo
    """
    if list_:
        emit(_listed(), output, list_view)
    if reveal is not None:
        emit(_revealed(reveal), output, reveal_view)
    chosen = load_scenario(scenario or (_any() if hide else DEFAULT))
    prepare(out)
    report, simulation = _make(chosen, seed, out, hide)
    _write_extras(simulation, ledger, openmetrics)
    if output.output_file is not None or output.output not in ("table", "wide", "markdown"):
        emit(report, output, summary_view)
    show(report, output, demo_view)
    if not hide:
        for words in _known(SHOWN):
            _run(words, out, output)
        show(report, output, after_view)
    raise typer.Exit(int(ExitCode.OK))


def _make(chosen: Scenario, seed: int | None, out: Path, hide: bool) -> tuple[Report, Simulation]:
    env = environment()
    if env.stderr.isatty():
        env.say(f"simulating {chosen.window / 3600:g} h of a fleet …")
    begun = time.perf_counter()
    simulation = simulate(chosen, seed)
    try:
        write_bundle(simulation, out, "practice" if hide else "")
        keep(out, _where(chosen.name), simulation.seed, hide)
    except OSError as error:
        raise InputError(
            "cannot-write", f"{out}: cannot be written: {error.strerror}", "choose another folder with --out"
        ) from error
    agents = simulation.fleet.agents.values()
    data: dict[str, Any] = {
        "bundle": str(out),
        "hidden": hide,
        "agents": len(agents),
        "pods": sum(len(agent.pods) for agent in agents),
        "windowSeconds": round(chosen.window),
        "seconds": round(time.perf_counter() - begun, 1),
        "shown": [_line(words, out) for words in _known(SHOWN)],
        "next": [_line(words, out) for words in _known(NEXT)],
        "live": _live(),
    }
    if not hide:
        data |= {"seed": simulation.seed, **_described(chosen)}
    return Report("demo", Target("bundle", str(out), chosen.namespace), data=data, forced_exit=ExitCode.OK), simulation


def _where(name: str) -> str:
    return name if name in shipped_scenarios() else ""


def _described(chosen: Scenario) -> dict[str, Any]:
    return {
        "scenario": chosen.name,
        "title": chosen.title,
        "description": chosen.description,
        "causes": [{"id": cause.id, "subject": cause.subject} for cause in chosen.expect],
    }


def _write_extras(simulation: Simulation, ledger: Path | None, openmetrics: Path | None) -> None:
    for path, lines in (
        (ledger, lambda: [json.dumps(simulation.ledger.data(), indent=1) + "\n"]),
        (openmetrics, lambda: openmetrics_lines(simulation)),
    ):
        if path is not None:
            try:
                with path.open("w", encoding="utf-8", newline="\n") as file:
                    file.writelines(lines())
            except OSError as error:
                raise InputError(
                    "cannot-write", f"{path}: cannot be written: {error.strerror}", "choose another file"
                ) from error


def _listed() -> Report:
    found = [_described(load_scenario(name)) for name in shipped_scenarios()]
    return Report("demo", Target("files", "scenarios"), data={"scenarios": found}, forced_exit=ExitCode.OK)


def _revealed(folder: Path) -> Report:
    kept = read(folder)
    if not kept.scenario:
        raise InputError("no-demo", f"{folder} was made from a scenario file of one's own", "look into that file")
    data = {"bundle": str(folder), "seed": kept.seed, **_described(load_scenario(kept.scenario))}
    return Report("demo", Target("bundle", str(folder)), data=data, forced_exit=ExitCode.OK)


def _any() -> str:
    return SystemRandom().choice([name for name in shipped_scenarios() if name != DEFAULT])


def _known(wanted: tuple[tuple[str, ...], ...]) -> list[tuple[str, ...]]:
    there = {entry.name for entry in COMMANDS}
    return [words for words in wanted if words[0] in there]


def _line(words: tuple[str, ...], out: Path) -> str:
    place = f"{out}" if words == ("bundle", "show") else f"--bundle {out}"
    return f"agentctl {' '.join(words)} {place}"


def _live() -> list[str]:
    lines = {
        ("diagnose",): "agentctl diagnose --since 1h -n agents",
        ("cost", "top"): "agentctl cost top --since 24h",
        ("doctor",): "agentctl doctor",
    }
    known = _known(tuple(lines))
    return [line for words, line in lines.items() if words in known]


def _run(words: tuple[str, ...], out: Path, output: OutputOptions) -> None:
    """Run another command exactly as the command line would; its exit code is its own answer, not the demo's."""
    from agentctl.cli.app import root

    env = environment()
    env.stdout.write(f"\n$ {_line(words, out)}\n")
    env.stdout.flush()
    arguments = [*words, "--bundle", str(out), "-o", output.output, "--color", output.color]
    typer.main.get_command(root).main(args=arguments, prog_name="agentctl", standalone_mode=False)
