"""What a person sees of `cost waste`."""

from __future__ import annotations

from collections.abc import Sequence

from agentctl.model.money import Quality
from agentctl.model.report import Report
from agentctl.model.untrusted import shorten
from agentctl.render.blocks import Block, Cell, Column, Table, Text
from agentctl.render.views.cost_words import grounds, money, percent, tone_of

_COLUMNS = (
    Column("agent"),
    Column("kind"),
    Column("usd", right=True),
    Column("times", right=True),
    Column("what"),
    Column("calls", right=True, wide=True),
    Column("rests on", wide=True),
    Column("for instance", wide=True),
)


def waste_view(report: Report, wide: bool) -> Sequence[Block]:
    """A row a kind of waste and agent, and what share of the spend it is."""
    data = report.data
    below: list[Block] = [Text(f"! {e.message}", "warn") for e in report.errors]
    if not data.get("rows"):
        return [*([] if report.errors else [Text("no waste found", "good")]), *below]
    rows = []
    shown = data["rows"][: data["limit"] or None]
    if len(shown) < len(data["rows"]):
        below.insert(
            0, Text(f"{len(data['rows']) - len(shown)} more rows: --limit 0 shows all; the sum holds them", "dim")
        )
    for row in shown:
        example = row["example"]
        where = "-" if example is None else f"{example['place']}:{example['line']} {shorten(example['text'], 100)}"
        quality = Quality(row["quality"])
        rows.append(
            [
                Cell(row["agent"]),
                Cell(row["kind"]),
                Cell(money(row["usd"], quality), tone_of(quality)),
                Cell(str(row["count"])),
                Cell(row["what"] if wide else shorten(row["what"], 60)),
                Cell(str(row["calls"])),
                Cell(grounds(row)),
                Cell(where),
            ]
        )
    total = data["total"]
    spent = data["logged"]
    foot = [Cell("total", "strong"), Cell(""), Cell(money(total["usd"], Quality(total["quality"])), "strong")]
    share = (
        "" if data["share"] is None else f"{percent(data['share'])} of {money(spent['usd'], Quality(spent['quality']))}"
    )
    foot += [Cell(""), Cell(share), Cell(""), Cell(""), Cell("")]
    return [Table(_COLUMNS, rows, foot), *below]
