"""`agentctl cost`: where does the money go?"""

from __future__ import annotations

import typer

from agentctl.cli.commands.cost_budget import budget_command
from agentctl.cli.commands.cost_compare import compare_command
from agentctl.cli.commands.cost_forecast import forecast_command
from agentctl.cli.commands.cost_reconcile import reconcile_command
from agentctl.cli.commands.cost_spikes import spikes_command
from agentctl.cli.commands.cost_top import top_command
from agentctl.cli.commands.cost_waste import waste_command

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True, help="Where does the money go?")
app.command("top")(top_command)
app.command("spikes")(spikes_command)
app.command("budget")(budget_command)
app.command("waste")(waste_command)
app.command("forecast")(forecast_command)
app.command("compare")(compare_command)
app.command("reconcile")(reconcile_command)
