"""`agentctl cost`: where does the money go?"""

from __future__ import annotations

import typer

from agentctl.cli.commands.cost_spikes import spikes_command
from agentctl.cli.commands.cost_top import top_command

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True, help="Where does the money go?")
app.command("top")(top_command)
app.command("spikes")(spikes_command)
