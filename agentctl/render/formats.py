"""Every output format by name; each is loaded when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from agentctl.model.report import Report, Verdict
from agentctl.render.blocks import Block, Table

UNLIMITED = 100_000
View = Callable[[Report, bool], Sequence[Block]]


@dataclass(frozen=True, slots=True)
class Page:
    """What the text is for: columns to fill, colour or not, characters outside ASCII or not."""

    width: int
    color: bool
    utf8: bool


def render(report: Report, verdict: Verdict, name: str, view: View, page: Page) -> str:
    """The report as text in the named format; ends with a newline unless empty."""
    if name == "json":
        from agentctl.render.envelope import to_json

        return to_json(report, verdict)
    if name == "yaml":
        from agentctl.render.envelope import to_yaml

        return to_yaml(report, verdict)
    if name in ("github", "sarif", "junit"):
        return _lint(report, verdict, name)
    blocks = view(report, name in ("wide", "csv"))
    if name == "csv":
        from agentctl.render.csv import to_csv

        return to_csv(blocks)
    if name == "markdown":
        from agentctl.render.markdown import to_markdown

        return to_markdown(blocks)
    if not any(isinstance(block, Table) for block in blocks):
        from agentctl.render.lines import to_lines

        return to_lines(blocks, page)
    from agentctl.render.text import to_text

    return to_text(blocks, page, wide=name == "wide")


def _lint(report: Report, verdict: Verdict, name: str) -> str:
    if name == "github":
        from agentctl.render.github import to_github

        return to_github(report)
    if name == "sarif":
        from agentctl.render.sarif import to_sarif

        return to_sarif(report, verdict)
    from agentctl.render.junit import to_junit

    return to_junit(report, verdict)
