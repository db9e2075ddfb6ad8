"""The commands, put together."""

from __future__ import annotations

from typing import Annotated

import typer

import offerd
from offerd.cli import catalogue, decide, demo, events, fulfilments, profiles, revisions, serve, tokens, workspaces
from offerd.cli import settings as settings_commands

app = typer.Typer(
    name="offerd",
    help="Decides which offer to put in front of a person, in a place, at a moment.",
    epilog="Exit codes: 0 done; 1 refused or failed; 2 wrong usage or settings; 3 no server, or the folder is held.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)

for each in (serve, catalogue, decide, settings_commands):
    each.add_to(app)

app.add_typer(tokens.app, name="token")
app.add_typer(workspaces.app, name="workspace")
app.add_typer(profiles.app, name="profiles")
app.add_typer(revisions.app, name="revisions")
app.add_typer(events.app, name="events")
app.add_typer(fulfilments.app, name="fulfilments")
app.add_typer(demo.app, name="demo")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(offerd.__version__)
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """What every command takes."""
