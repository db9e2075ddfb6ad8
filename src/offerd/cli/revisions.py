"""`offerd revisions`: the catalogue's history."""

from __future__ import annotations

from typing import Annotated

import typer

from offerd.cli.catalogue import show_changes
from offerd.cli.connection import Api
from offerd.cli.options import connected
from offerd.cli.output import Output, table

app = typer.Typer(no_args_is_help=True, help="Lists, shows, compares and rolls back revisions.")

Number = Annotated[int, typer.Argument(min=0, help="A revision's number.")]


@app.command("list")
@connected
def list_(
    api: Api,
    out: Output,
    *,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="The most to list, the newest first.")] = 20,
) -> None:
    """Lists revisions, the newest first."""
    found = api.call("GET", "/revisions", params={"limit": limit})["items"]
    rows = [(each["number"], each["at"], each["author"], each.get("message", "")) for each in found]
    out.result(found, lambda to: to.print(table(None, ("number", "at", "by", "message"), rows)))


@app.command()
@connected
def show(api: Api, out: Output, number: Number) -> None:
    """Shows who changed what in a revision."""
    found = api.call("GET", f"/revisions/{number}")
    author, message = found.get("author") or "nobody", found.get("message") or "no message"
    title = f"Revision {number} at {found['at']} by {author}: {message}"
    out.result(found, lambda to: show_changes(to, title, found.get("changes", ())))


@app.command()
@connected
def diff(api: Api, out: Output, before: Number, after: Number) -> None:
    """Shows what changed between two revisions."""
    found = api.call("GET", f"/revisions/{before}/diff/{after}")["items"]
    title = f"From revision {before} to {after}" if found else "The two are equal."
    out.result(found, lambda to: show_changes(to, title, found))


@app.command()
@connected
def rollback(api: Api, out: Output, number: Number) -> None:
    """Makes a new revision that is as that one was."""
    written = api.call("POST", f"/revisions/{number}/rollback")
    title = f"Revision {written['revision']} is as revision {number} was"
    out.result(written, lambda to: show_changes(to, title, written["changes"]))
