"""`agentctl schema`: the JSON Schemas of everything that agentctl reads and writes."""

from __future__ import annotations

import difflib
from typing import Annotated

import typer

from agentctl.cli.emit import emit, write
from agentctl.cli.environment import environment
from agentctl.cli.options import OutputOptions, grouped
from agentctl.documents.schema import names, schema
from agentctl.documents.shipped import shipped
from agentctl.model.errors import UsageError
from agentctl.model.report import Report, Target
from agentctl.render.views.explain import schemas_view

app = typer.Typer(
    rich_markup_mode=None, no_args_is_help=True, help="The JSON Schemas of what agentctl reads and writes."
)


@app.command("list")
@grouped
def list_command(output: OutputOptions) -> None:
    """The names of the schemas.

    \b
    Examples:
      agentctl schema list
    """
    rows = [
        {"name": name, "title": schema(name).get("title", ""), "id": schema(name).get("$id", "")} for name in names()
    ]
    emit(Report("schema list", Target("files", "schemas"), data={"schemas": rows}), output, schemas_view)


@app.command("show")
@grouped
def show_command(
    output: OutputOptions, name: Annotated[str, typer.Argument(help="A name from `schema list`.")]
) -> None:
    """Print a JSON Schema as it is, for editors and other validators.

    \b
    Examples:
      agentctl schema show agent-config > agent-config.schema.json
    """
    known = names()
    if name not in known:
        close = difflib.get_close_matches(name, known, 1, 0.5)
        meant = f"; did you mean {close[0]}?" if close else ""
        raise UsageError("unknown-schema", f"{name}: no schema of that name{meant}", f"one of {', '.join(known)}")
    if output.output == "yaml":
        import yaml

        write(environment(), output, yaml.safe_dump(schema(name), sort_keys=False, allow_unicode=True, width=120))
        return
    write(environment(), output, shipped("schemas", f"{name}.schema.json").read_text("utf-8"))
