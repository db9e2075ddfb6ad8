"""`offerd token`: who may do what."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

import typer

from offerd.cli.connection import Api
from offerd.cli.failure import Exit, Failure
from offerd.cli.options import connected
from offerd.cli.output import Output, table
from offerd.services.tokens import SCOPES, SUBJECT, USER

app = typer.Typer(no_args_is_help=True, help="Makes, lists and revokes tokens.")


@app.command()
@connected
def create(
    api: Api,
    out: Output,
    name: Annotated[str, typer.Argument(help="For people; the author of what it writes.")],
    scope: Annotated[
        list[str] | None, typer.Option("--scope", help=f"What it may do; give one for each of: {', '.join(SCOPES)}.")
    ] = None,
    user: Annotated[
        str | None,
        typer.Option("--user", help="The one person that it speaks for, as ID or NAMESPACE=ID; its scope is user."),
    ] = None,
) -> None:
    """Makes a token and prints its secret, which is shown this once."""
    if not scope and user is None:
        raise Failure("A token needs a --scope, or a --user that it speaks for", Exit.USAGE)
    wanted = {"name": name, "scopes": scope or [USER], **({} if user is None else {"subject": _subject(user)})}
    made = api.call("POST", "/tokens", wanted)
    out.text(made, made["secret"])
    scopes = ", ".join(made["scopes"])
    out.note(f"Token {made['id']} for workspace {made['workspace']}: {scopes}. Keep it: it is not shown again.")


def _subject(text: str) -> dict[str, str]:
    namespace, sign, name = text.partition("=")
    return {"namespace": namespace, "id": name} if sign else {"namespace": SUBJECT, "id": text}


@app.command("list")
@connected
def list_(api: Api, out: Output) -> None:
    """Lists the workspace's tokens, without their secrets."""
    found = api.call("GET", "/tokens")["items"]
    rows = [
        (token["id"], token["name"], ", ".join(token["scopes"]), token.get("created"), token.get("revoked"))
        for token in found
    ]
    out.result(found, lambda to: to.print(table(None, ("id", "name", "scopes", "created", "revoked"), rows)))


@app.command()
@connected
def revoke(
    api: Api, out: Output, token_id: Annotated[str, typer.Argument(metavar="ID", help="The token's id.")]
) -> None:
    """Ends a token at once."""
    ended = api.call("DELETE", f"/tokens/{quote(token_id, safe='')}")
    out.text(ended, f"Token {ended['id']} ({ended['name']}) was revoked at {ended['revoked']}.")
