"""`agentctl cost waste`: what was paid for nothing."""

from __future__ import annotations

from typing import Annotated, Any

from agentctl.analysis.cost.waste import Waste, WasteTally
from agentctl.cli.cost_records import Reading
from agentctl.cli.emit import emit
from agentctl.cli.options import OutputOptions, SourceOptions, TimeOptions, grouped, opt
from agentctl.model.errors import ErrorNote
from agentctl.model.money import total
from agentctl.model.report import ExitCode, Report
from agentctl.render.views.cost_waste import waste_view

NO_CALLS = ErrorNote("empty", "no LLM_CALL line in the logs", "without logged calls nothing can be said about waste")


@grouped
def waste_command(
    source: SourceOptions,
    time: TimeOptions,
    output: OutputOptions,
    limit: Annotated[int, opt("--limit", help="Rows to show in tables (0 = all).", min=0)] = 20,
) -> None:
    """What was paid for nothing? Retries, failed runs, the same call again, answers cut off; by agent and kind of error.

    \b
    Examples:
      agentctl cost waste --since 6h
      agentctl cost waste --logs agent.log -o wide
    """
    reading, tally = Reading(source, time), WasteTally()
    for record in reading:
        tally.add(record)
    found, spent = tally.results(), tally.spent()
    wasted = total(w.spent for w in found)
    nothing_read = spent.value is None
    emit(
        Report(
            "cost waste",
            reading.sources.target,
            data={
                "rows": [_row(w) for w in found],
                "total": {
                    "usd": wasted.value if found else (None if nothing_read else 0),
                    "quality": wasted.quality if found else ("unknown" if nothing_read else "exact"),
                    "reasons": sorted(set(wasted.reasons)),
                },
                "logged": {"usd": spent.value, "quality": spent.quality},
                "limit": limit,
                "share": float(wasted.known / spent.value) if spent.value and found else None,
            },
            errors=(*reading.errors, *((NO_CALLS,) if nothing_read else ())),
            window=reading.span(),
            forced_exit=ExitCode.UNKNOWN if nothing_read else ExitCode.OK,
        ),
        output,
        waste_view,
    )


def _row(waste: Waste) -> dict[str, Any]:
    example = waste.example
    return {
        "agent": waste.agent,
        "kind": waste.kind,
        "what": waste.what,
        "usd": waste.spent.value,
        "quality": waste.spent.quality,
        "reasons": waste.spent.reasons,
        "calls": waste.calls,
        "count": waste.count,
        "example": None if example is None else {"place": example.place, "line": example.line, "text": example.text},
    }
