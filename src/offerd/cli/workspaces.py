"""`offerd workspace`: what isolates everything."""

from __future__ import annotations

from typing import Annotated

import typer

from offerd.cli.connection import Api
from offerd.cli.options import connected
from offerd.cli.output import Output, table

app = typer.Typer(no_args_is_help=True, help="Makes and lists workspaces.")


@app.command()
@connected
def create(
    api: Api,
    out: Output,
    workspace_id: Annotated[str, typer.Argument(metavar="ID", help="Its key in tokens, settings and storage.")],
    *,
    name: Annotated[str, typer.Option("--name", help="For people.")] = "",
    code: Annotated[str, typer.Option("--code", help="What splits traffic; the id by default.")] = "",
    zone: Annotated[str, typer.Option("--zone", help="The IANA time zone of its calendar.")] = "UTC",
) -> None:
    """Makes a workspace."""
    wanted = {"id": workspace_id, "name": name, "code": code, "zone": zone}
    made = api.call("POST", "/workspaces", {key: value for key, value in wanted.items() if value})
    out.text(made, f"Workspace {made['id']} was made.")


@app.command("list")
@connected
def list_(api: Api, out: Output) -> None:
    """Lists every workspace."""
    found = api.call("GET", "/workspaces")["items"]
    rows = [
        (each["id"], each.get("name"), each.get("code"), each.get("zone", "UTC"), each.get("created")) for each in found
    ]
    out.result(found, lambda to: to.print(table(None, ("id", "name", "code", "zone", "created"), rows)))
