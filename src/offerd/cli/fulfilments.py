"""`offerd fulfilments`: what accepts set going, how it ended, and what never arrived."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote, urlencode

import typer

from offerd.cli.connection import Api
from offerd.cli.options import connected
from offerd.cli.output import Output, table

app = typer.Typer(no_args_is_help=True, help="Lists and ends what accepts set going.")

Name = Annotated[str, typer.Argument(metavar="ID", help="The fulfilment's id.")]


@app.command("list")
@connected
def list_(
    api: Api,
    out: Output,
    *,
    state: Annotated[str | None, typer.Option(help="Only in_progress, completed or failed ones.")] = None,
    kind: Annotated[str | None, typer.Option(help="Only those of this kind, such as webhook.")] = None,
    profile: Annotated[str | None, typer.Option(help="Only this profile's, by its id or as NAMESPACE:ID.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 50,
) -> None:
    """Lists what accepts set going, the latest first."""
    found = _listed(api, "/fulfilments", state=state, kind=kind, profile=profile, limit=str(limit))
    rows = [
        (each["id"], each["kind"], each["offer"], each["state"], each.get("deadline"), _why(each.get("error")))
        for each in found
    ]
    titles = ("id", "kind", "offer", "state", "deadline", "error")
    out.result(found, lambda to: to.print(table(None, titles, rows)))


@app.command()
@connected
def complete(api: Api, out: Output, name: Name) -> None:
    """Says that one is completed."""
    _end(api, out, name, {})


@app.command()
@connected
def fail(
    api: Api,
    out: Output,
    name: Name,
    *,
    code: Annotated[str, typer.Option(help="Why, for programs.")] = "failed",
    message: Annotated[str, typer.Option(help="Why, for people.")] = "",
) -> None:
    """Says that one has failed."""
    _end(api, out, name, {"error": {"code": code, "message": message}})


@app.command()
@connected
def deliveries(
    api: Api,
    out: Output,
    *,
    state: Annotated[str, typer.Option(help="Only waiting, delivered, dead or dropped ones.")] = "dead",
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 50,
) -> None:
    """Lists what they send and never arrived, or with --state what did, the latest first."""
    found = _listed(api, "/deliveries", state=state, limit=str(limit))
    rows = [
        (each["id"], each["fulfiller"], each.get("url", ""), each["state"], each.get("attempts", 0), each.get("error"))
        for each in found
    ]
    titles = ("id", "fulfiller", "address", "state", "attempts", "error")
    out.result(found, lambda to: to.print(table(None, titles, rows)))


@app.command()
@connected
def resend(api: Api, out: Output, name: Name) -> None:
    """Has a dead delivery sent again, under the same id."""
    made = api.call("POST", f"/deliveries/{quote(name, safe='')}/resend")
    out.text(made, f"{made['id']} is {made['state']}.")


def _end(api: Api, out: Output, name: str, body: dict[str, Any]) -> None:
    made = api.call("POST", f"/fulfilments/{quote(name, safe='')}/finish", body)
    out.text(made, f"{made['id']} is {made['state']}.")


def _listed(api: Api, path: str, **query: str | None) -> list[dict[str, Any]]:
    asked = urlencode({name: value for name, value in query.items() if value is not None})
    found: list[dict[str, Any]] = api.call("GET", f"{path}?{asked}")["items"]
    return found


def _why(error: dict[str, str] | None) -> str:
    return " ".join(part for part in (error or {}).values() if part)
