"""`agentctl explain CODE`: what does it mean, what do I do?"""

from __future__ import annotations

import difflib
import importlib
from typing import Annotated, Any

import typer

from agentctl.cli.emit import emit
from agentctl.cli.options import OutputOptions, grouped
from agentctl.governance.pages import RulePage, pages
from agentctl.model.errors import UsageError
from agentctl.model.report import Report, Target
from agentctl.render.views.explain import explain_view

app = typer.Typer(rich_markup_mode=None)


@app.command()
@grouped
def explain(
    output: OutputOptions,
    code: Annotated[str, typer.Argument(help="A rule (AG104), a cause (tool-outage) or a runbook (cost-spike).")],
) -> None:
    """What does this rule, cause or runbook mean, and what do I do?

    \b
    Examples:
      agentctl explain AG104
      agentctl explain tool-outage
    """
    page = pages().get(code.upper())
    data = _rule(page) if page else _cause(code.lower()) or _runbook(code.lower())
    if data is None:
        raise UsageError("unknown-code", f"{code}: no rule, cause or runbook of that name{_meant(code)}", _hint())
    emit(Report("explain", Target("files", str(data["code"])), data=data), output, explain_view)


def _rule(page: RulePage) -> dict[str, Any]:
    return {
        "code": page.code,
        "kind": "rule",
        "title": page.title,
        "severity": page.severity.label,
        "asi": page.threats,
        "why": page.why,
        "bad": page.bad,
        "good": page.good,
        "fix": page.fix,
        "text": page.text,
    }


def _cause(code: str) -> dict[str, Any] | None:
    causes = importlib.import_module("agentctl.diagnosis.causes")
    text = causes.explain(code)
    return None if text is None else {"code": code, "kind": "cause", "text": text}


def _runbook(name: str) -> dict[str, Any] | None:
    path = _runbooks().get(name)
    if path is None:
        return None
    from agentctl.documents.load import load_path
    from agentctl.runbook.read import read_runbook

    runbook = read_runbook(load_path(path).documents[0])
    steps = "\n".join(f"  {i}. {step.title} ({step.use})" for i, step in enumerate(runbook.steps, 1))
    about = f"\n\n{runbook.description.strip()}" if runbook.description else ""
    text = f"{runbook.name} (runbook): {runbook.title}{about}\n\nIt asks:\n{steps}\n\nRun it: agentctl runbook run {runbook.name}"
    return {"code": runbook.name, "kind": "runbook", "title": runbook.title, "text": text}


def _runbooks() -> dict[str, Any]:
    from agentctl.documents.shipped import folder

    return {path.stem: path for path in sorted(folder("runbooks").glob("*.yaml"))}


def _known() -> list[str]:
    causes = importlib.import_module("agentctl.diagnosis.causes")
    return [*pages(), *(cause.id for cause in causes.CAUSES), *_runbooks()]


def _meant(code: str) -> str:
    known = {name.lower(): name for name in _known()}
    close = difflib.get_close_matches(code.lower(), known, 1, 0.5)
    return f"; did you mean {known[close[0]]}?" if close else ""


def _hint() -> str:
    rules = list(pages())
    return f"rules go from {rules[0]} to {rules[-1]}; `agentctl runbook list` shows the runbooks"
