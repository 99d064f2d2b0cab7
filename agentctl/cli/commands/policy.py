"""`agentctl policy`: what the governance documents really permit, and what a change to them widens."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from agentctl.cli.emit import emit, write
from agentctl.cli.environment import environment
from agentctl.cli.governed import Governed, governed, required
from agentctl.cli.options import JudgeOptions, LintOutputOptions, OutputOptions, grouped, opt
from agentctl.cli.policy_diff import diff_report
from agentctl.documents.pointer import locate
from agentctl.governance.alerts import alert_groups, recording_groups
from agentctl.governance.decide import decide
from agentctl.governance.effective import Permission, guards, permissions
from agentctl.governance.limits import parse_limit
from agentctl.governance.policy import Context, Decision
from agentctl.model.errors import UsageError
from agentctl.model.report import ExitCode, Report, Target
from agentctl.model.untrusted import visible
from agentctl.render.views.policy import can_i_view, diff_view, show_view

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True, help="What do the governance documents really permit?")

Files = Annotated[
    list[str] | None, opt("-f", "--file", help="Governance document or folder (repeatable; default: this folder).")
]
Bundle = Annotated[Path | None, opt("--bundle", help="The documents recorded in a bundle.", env="AGENTCTL_BUNDLE")]
Paths = Annotated[list[str] | None, typer.Argument(help="Governance documents, folders, - for stdin, or git-rev:path.")]


@app.command("show")
@grouped
def show_command(
    output: OutputOptions,
    paths: Paths = None,
    file: Files = None,
    bundle: Bundle = None,
    agent: Annotated[str | None, opt("--agent", help="Only this agent.")] = None,
) -> None:
    """Effective permissions: a row a tool, with the line that decides.

    \b
    Examples:
      agentctl policy show agent.yaml
      agentctl policy show -f governance/ --agent support -o wide
    """
    found = _chosen(required([*(paths or ()), *(file or ())], bundle), agent)
    rows = [_agent_row(name, one) for name, one in sorted(found.items())]
    emit(Report("policy show", _target(found), data={"agents": rows}), output, show_view)


@app.command("can-i")
@grouped
def can_i_command(
    output: OutputOptions,
    tool: Annotated[str, typer.Argument(help="The tool that would be called.")],
    paths: Paths = None,
    file: Files = None,
    bundle: Bundle = None,
    agent: Annotated[str | None, opt("--agent", help="The agent that would call it.")] = None,
    action: Annotated[str | None, opt("--action", help="The action it would carry out with it.")] = None,
    context: Annotated[list[str] | None, opt("--context", help="What is used up already, as k=v (repeatable).")] = None,
) -> None:
    """Would this call be allowed, held for review, or refused, and by which line? Exit 0 if allowed, else 1.

    \b
    --context takes daily_spend_usd, run_cost_usd, records, or the name of a rate limit:
      agentctl policy can-i send_email --agent support
      agentctl policy can-i create_ticket --context max_tickets_per_hour=5
    """
    found = _chosen(required([*(paths or ()), *(file or ())], bundle), agent)
    given = _context(context or [])
    _refuse_unknown(given, found)
    decisions = [(name, one, decide(one.policy, tool, action, given)) for name, one in sorted(found.items())]
    rows = [_decision_row(name, one, tool, action, decision) for name, one, decision in decisions]
    allowed = all(decision.outcome == "allow" for _, _, decision in decisions)
    code = ExitCode.OK if allowed else ExitCode.FINDINGS
    emit(Report("policy can-i", _target(found), data={"decisions": rows}, forced_exit=code), output, can_i_view)


@app.command("diff")
@grouped
def diff_command(
    output: LintOutputOptions,
    judge: JudgeOptions,
    old: Annotated[str, typer.Argument(help="PATH, - or git-rev:path.")],
    new: Annotated[str, typer.Argument(help="PATH, - or git-rev:path.")],
) -> None:
    """What authority does a change widen? Exit 1 on a widening that no approval in the new document names.

    \b
    An approval stands at the line it is for (or above it) and must end:
      - send_email  # agentctl: ignore[AG801] reason="agreed with security" until=2027-03-01
    \b
    Examples:
      agentctl policy diff main:agent.yaml agent.yaml
      agentctl policy diff old/ new/ -o markdown
    """
    emit(diff_report(governed([old]), governed([new]), old, new), output, diff_view, judge)


@app.command("alerts")
@grouped
def alerts_command(
    output: OutputOptions,
    paths: Paths = None,
    file: Files = None,
    bundle: Bundle = None,
    recording: Annotated[bool, opt("--recording", help="Recording rules for the heavy cost questions too.")] = False,
    operator: Annotated[
        bool, opt("--prometheus-rule", help="As a PrometheusRule object of the Prometheus operator.")
    ] = False,
) -> None:
    """Prometheus alert rules from the documents: budgets, burn rates, cost per run, errors, limits, silence.

    \b
    Examples:
      agentctl policy alerts governance/ > agents.rules.yaml && promtool check rules agents.rules.yaml
      agentctl policy alerts agent.yaml --prometheus-rule | kubectl apply -f -
    """
    found = required([*(paths or ()), *(file or ())], bundle)
    groups = alert_groups([one.policy for _, one in sorted(found.items())])
    groups += recording_groups() if recording else []
    if output.output not in ("table", "wide", "yaml"):
        emit(Report("policy alerts", _target(found), data={"groups": groups}), output, lambda _report, _wide: ())
    write(environment(), output, _rules_yaml(groups, operator))


@app.command("export")
@grouped
def export_command(
    output: OutputOptions,
    paths: Paths = None,
    file: Files = None,
    bundle: Bundle = None,
    agent: Annotated[str | None, opt("--agent", help="The agent, where the documents hold several.")] = None,
    form: Annotated[str, opt("--format", help="rego: a module for Open Policy Agent 1.0 or newer.")] = "rego",
) -> None:
    """The policy of one agent in the language of a policy engine, deciding as `policy can-i` does.

    \b
    Example:
      agentctl policy export agent.yaml > agent.rego
      opa eval -d agent.rego -I data.agentctl.support.decision <<< '{"tool": "send_email"}'
    """
    if form != "rego":
        raise UsageError("bad-option", f"--format {form}: no such format", "only rego is offered")
    found = _chosen(required([*(paths or ()), *(file or ())], bundle), agent)
    if len(found) != 1:
        raise UsageError("several-agents", f"{len(found)} agents are governed here", f"--agent {min(found)}")
    from agentctl.governance.rego import package, to_rego

    [one] = found.values()
    text = to_rego(one.policy)
    if output.output not in ("table", "wide"):
        data = {"format": form, "package": package(one.policy), "module": text}
        emit(Report("policy export", _target(found), data=data), output, lambda _report, _wide: ())
    write(environment(), output, text)


def _rules_yaml(groups: list[dict[str, Any]], operator: bool) -> str:
    import yaml

    body: dict[str, Any] = {"groups": groups}
    if operator:
        meta = {"name": "agentctl-agents", "labels": {"app.kubernetes.io/name": "agentctl"}}
        body = {"apiVersion": "monitoring.coreos.com/v1", "kind": "PrometheusRule", "metadata": meta, "spec": body}
    text: str = yaml.safe_dump(body, sort_keys=False, allow_unicode=True, width=1000)
    return text


def _chosen(found: dict[str, Governed], agent: str | None) -> dict[str, Governed]:
    if agent is None:
        return found
    if agent not in found:
        import difflib

        close = difflib.get_close_matches(agent, found, n=1)
        hint = f"did you mean {close[0]}?" if close else f"known: {', '.join(sorted(found)[:10])}"
        raise UsageError("unknown-agent", f"--agent {agent}: no document governs an agent of that name", hint)
    return {agent: found[agent]}


def _context(pairs: list[str]) -> Context:
    from decimal import Decimal, InvalidOperation

    values: dict[str, Decimal] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        try:
            values[name] = Decimal(text)
        except InvalidOperation:
            values[name] = Decimal("NaN")
        if not equals or not values[name].is_finite():
            raise UsageError(
                "bad-option", f"--context {pair}: not name=number", "write --context max_emails_per_hour=10"
            )
    records = values.pop("records", None)
    return Context(
        daily_spend_usd=values.pop("daily_spend_usd", None),
        run_cost_usd=values.pop("run_cost_usd", None),
        records=None if records is None else int(records),
        calls={name: float(value) for name, value in values.items()},
    )


def _refuse_unknown(given: Context, found: dict[str, Governed]) -> None:
    """What is used up must have a name that can be looked up, else the answer would pass over it."""
    import difflib

    limits = sorted({limit.name for one in found.values() for limit in one.policy.rate_limits})
    for name in given.calls or ():
        if name not in limits and parse_limit(name) is None:
            known = ["daily_spend_usd", "run_cost_usd", "records", *limits]
            close = difflib.get_close_matches(name, known, 1, 0.6)
            hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(visible(k) for k in known)}"
            raise UsageError("bad-option", f"--context {visible(name)}: nothing of that name is used up", hint)


def _target(found: dict[str, Governed]) -> Target:
    return Target("files", ", ".join(dict.fromkeys(one.document.file for one in found.values())))


def _agent_row(name: str, one: Governed) -> dict[str, Any]:
    tools = [_tool_row(one, permission) for permission in permissions(one.policy)]
    return {"agent": name, "file": one.document.file, "tools": tools, "guards": guards(one.policy)}


def _tool_row(one: Governed, permission: Permission) -> dict[str, Any]:
    decision, tool = permission.decision, permission.tool
    because = _because(one, decision)
    return {
        "tool": tool.name,
        "outcome": decision.outcome,
        "why": decision.reason,
        "because": because,
        "line": because[0]["line"] if because else None,
        "limits": list(permission.limits),
        "effects": sorted(tool.effects),
        "effectsDeclared": tool.effects_declared,
        "actions": [f"{action}: {d.outcome}" for action, d in permission.actions],
    }


def _decision_row(name: str, one: Governed, tool: str, action: str | None, decision: Decision) -> dict[str, Any]:
    return {
        "agent": name,
        "tool": tool,
        "action": action,
        "outcome": decision.outcome,
        "reason": decision.reason,
        "because": _because(one, decision),
    }


def _because(one: Governed, decision: Decision) -> list[dict[str, Any]]:
    places = [locate(one.document, pointer) for pointer in decision.because]
    return [{"file": p.file, "line": p.line, "column": p.column, "path": p.path} for p in places]
