"""`agentctl validate`: is this governance sound?"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from agentctl.cli import lint
from agentctl.cli.emit import emit, write_whole
from agentctl.cli.environment import environment
from agentctl.cli.options import JudgeOptions, LintOutputOptions, grouped, opt
from agentctl.documents.kinds import KINDS
from agentctl.governance.codes import chosen
from agentctl.model.errors import UsageError
from agentctl.model.finding import Severity

app = typer.Typer(rich_markup_mode=None)


@app.command()
@grouped
def validate(
    output: LintOutputOptions,
    judge: JudgeOptions,
    paths: Annotated[
        list[str] | None,
        typer.Argument(metavar="[PATH]...", help="Files, folders, - for stdin (default: this folder)."),
    ] = None,
    kind: Annotated[str, opt("--kind", help=f"Take every document for this kind: {'|'.join(KINDS)}.")] = "",
    select: Annotated[
        list[str] | None, opt("--select", help="Only these rules: codes or their beginnings, with commas (AG1,AG301).")
    ] = None,
    ignore: Annotated[list[str] | None, opt("--ignore", help="Not these rules.")] = None,
    baseline: Annotated[Path | None, opt("--baseline", help="Accept the findings in this file.")] = None,
    write_baseline: Annotated[
        bool, opt("--write-baseline", help="Write today's findings into the --baseline file.")
    ] = False,
    diff: Annotated[
        str | None, opt("--diff", help="Only what the change since this git revision brings.", metavar="REV")
    ] = None,
    fix: Annotated[bool, opt("--fix", help="Repair what can be repaired safely, and show the change.")] = False,
    dry_run: Annotated[bool, opt("--dry-run", help="With --fix: show the change, write nothing.")] = False,
    fix_ties: Annotated[bool, opt("--fix-ties", help="With --fix: write the ties that AG103 offers, too.")] = False,
) -> None:
    """Check governance documents, prompts, orchestrators, runbooks and collector configs. Exit 1 on findings of severity error.

    \b
    Accept a finding at its line:   # agentctl: ignore[AG301] reason="why" until=2027-03-01
    Accept all of today's:          agentctl validate --baseline FILE --write-baseline
    \b
    Examples:
      agentctl validate governance/
      kubectl get configmap -o yaml | agentctl validate -
      agentctl validate --diff origin/main -o github .
    """
    request = lint.Request(
        paths or ["."], _kind(kind), chosen(select or (), ignore or ()), _severities(environment().config)
    )
    if write_baseline and baseline is None:
        raise UsageError("bad-option", "--write-baseline does not say where to", "give --baseline FILE too")
    if (dry_run or fix_ties) and not fix:
        raise UsageError("bad-option", f"{'--dry-run' if dry_run else '--fix-ties'} goes with --fix", "add --fix")
    gathered = lint.read(request)
    judged = lint.judge(gathered, request)
    if fix:
        from agentctl.cli.fixing import repair

        if repair(request, gathered, judged, tie=fix_ties, write=not dry_run):
            gathered = lint.read(request)
            judged = lint.judge(gathered, request)
    if baseline or diff or output.output == "sarif":
        lint.marked(judged, gathered)
    if diff:
        lint.without(judged, lint.before(request, diff))
    if baseline and write_baseline:
        from agentctl.governance import baseline as accepted

        write_whole(baseline, accepted.dump(judged.findings))
        lint.without(judged, accepted.counted(judged.findings))
        environment().say(f"{baseline}: {judged.baselined} findings are accepted from now on")
    elif baseline:
        _told(lint.without(judged, lint.read_baseline(baseline)), baseline)
    report = lint.report(request, gathered, judged)
    lint.tell(gathered, report, output.output)
    emit(report, output, lint.view(output.output, gathered), judge)


def _told(gone: int, path: Path) -> None:
    if gone:
        environment().say(f"{path}: {gone} accepted findings are no more; --write-baseline takes them out")


def _kind(text: str) -> str:
    if text and text not in KINDS:
        raise UsageError("bad-option", f"--kind {text}: no such kind", f"one of {', '.join(KINDS)}")
    return text


def _severities(config: Mapping[str, Any]) -> dict[str, Severity]:
    rules = config.get("rules")
    given = rules.get("severity") if isinstance(rules, Mapping) else None
    return {code: Severity.parse(word) for code, word in given.items()} if isinstance(given, Mapping) else {}
