"""Every command in one list: its name, the module that holds its `app`, and one line of help. Loaded only when called."""

from __future__ import annotations

from typing import NamedTuple


class Entry(NamedTuple):
    """A command. `module` is below agentctl.cli.commands and holds a Typer `app`; `group` where it has subcommands."""

    name: str
    module: str
    help: str
    group: bool = False


COMMANDS: tuple[Entry, ...] = (
    Entry("validate", "validate", "Is this governance sound? (CI)"),
    Entry("explain", "explain", "What does this rule, cause or runbook mean, what do I do?"),
    Entry("schema", "schema", "The JSON Schemas of what agentctl reads and writes", group=True),
    Entry("policy", "policy", "What do the governance documents really permit, what does a change widen?", group=True),
    Entry("diagnose", "diagnose", "What is wrong, and why? Root causes with their evidence.", group=True),
    Entry("cost", "cost", "Where does the money go?", group=True),
    Entry("runbook", "runbook", "The scripted runbooks, shipped and one's own.", group=True),
    Entry("bundle", "bundle", "Record an incident; every command replays it with --bundle.", group=True),
    Entry("rbac", "rbac", "The read-only role that agentctl needs, as YAML."),
    Entry("demo", "demo", "Try it all with no cluster: a simulated fleet with an incident in it."),
    Entry("fleet", "fleet", "Every agent: pods, tasks, errors, p95, USD/h, budget."),
    Entry("doctor", "doctor", "Can I reach everything, may I read it, are the metrics there?"),
)
