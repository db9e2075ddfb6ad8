"""`offerd decide` and `offerd explain`: what a person would be given, and why."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer

from offerd.cli import pairs
from offerd.cli.connection import Api
from offerd.cli.failure import Exit, Failure
from offerd.cli.options import connected
from offerd.cli.output import Output
from offerd.cli.reasoning import show
from offerd.model import json


def add_to(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command()(connected(decide))
    app.command()(connected(explain))


def decide(
    api: Api,
    out: Output,
    *,
    identity: Annotated[
        list[str], typer.Option("--identity", "-i", metavar="NAMESPACE=ID", help="Who it is for; repeat for more.")
    ] = [],  # noqa: B006 - Typer copies it
    placement: Annotated[list[str], typer.Option("--placement", "-p", help="Where; one ask for each.")] = [],  # noqa: B006
    activity: Annotated[list[str], typer.Option("--activity", "-a", help="Which activity; one ask for each.")] = [],  # noqa: B006
    offer: Annotated[list[str], typer.Option("--offer", help="Only these offers may be given; repeat for more.")] = [],  # noqa: B006
    context: Annotated[
        list[str], typer.Option("--context", "-c", metavar="NAME=VALUE", help="The situation: weather=Sunny hour=18.")
    ] = [],  # noqa: B006
    attribute: Annotated[
        list[str], typer.Option("--attribute", metavar="NAME=VALUE", help="Laid over the profile's for this request.")
    ] = [],  # noqa: B006
    language: Annotated[list[str], typer.Option("--language", help="In order of preference.")] = [],  # noqa: B006
    count: Annotated[int | None, typer.Option("--count", min=1, help="How many items.")] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Tell why each other offer lost.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Judge the offers instead of choosing among them.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Store nothing and count nothing.")] = False,
    drafts: Annotated[bool, typer.Option("--drafts", help="Let drafts answer too; a dry run.")] = False,
    at: Annotated[str | None, typer.Option("--at", help="The moment to decide for; only in a dry run.")] = None,
    request: Annotated[
        str | None, typer.Option("--request", help="A JSON file with the request, or - ; options are laid over it.")
    ] = None,
) -> None:
    """Asks for a decision: `offerd decide -i driver=d001 -p dashboard-card -c weather=Sunny --explain`."""
    wanted = _read(request) if request else {}
    wanted |= _said(
        identities=[{"namespace": name, "id": value} for name, value in pairs.pairs("--identity", identity)],
        attributes=pairs.members("--attribute", attribute),
        languages=language,
        explain=explain,
        dryRun=dry_run,
        pretend={"drafts": True} if drafts else None,
        at=at,
    )
    if context:
        wanted["context"] = {"members": pairs.members("--context", context)}
    detail = _said(offers=offer, count=count, check=check)
    asks = [{"placement": each, **detail} for each in placement] + [{"activity": each, **detail} for each in activity]
    if asks or offer:
        wanted["asks"] = asks or [detail]
    if not wanted.get("asks"):
        raise Failure("Nothing is asked: give --placement, --activity, --offer or --request", Exit.USAGE)
    decision = api.call("POST", "/decisions", wanted)
    out.result(decision, lambda to: show(decision, to))


def explain(
    api: Api,
    out: Output,
    decision: Annotated[str | None, typer.Argument(metavar="DECISION", help="The decision's id.")] = None,
    *,
    identity: Annotated[
        str | None, typer.Option("--identity", "-i", metavar="NAMESPACE=ID", help="Instead: this person's latest one.")
    ] = None,
) -> None:
    """Tells why a past decision came out as it did, from what was known then."""
    if (decision is None) == (identity is None):
        raise Failure("Which decision? Give its id, or the --identity of a person for their latest one", Exit.USAGE)
    key = decision or _latest(api, identity or "")
    explained = api.call("GET", f"/decisions/{quote(key, safe='')}/explanation")
    out.result(explained, lambda to: show(explained, to))


def _latest(api: Api, identity: str) -> str:
    """The id of a person's latest decision."""
    ((namespace, name),) = pairs.pairs("--identity", [identity])
    found = api.call("GET", "/decisions", params={"profile": f"{namespace}:{name}", "limit": 1})["items"]
    if not found:
        raise Failure(f"No decision for {identity} is kept")
    return str(found[0]["id"])


def _read(name: str) -> dict[str, Any]:
    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
        wanted = json.loads(text)
    except (OSError, ValueError) as error:
        raise Failure(f"{name}: {error}", Exit.USAGE) from None
    if not isinstance(wanted, dict):
        raise Failure(f"{name}: expected an object", Exit.USAGE)
    return wanted


def _said(**members: Any) -> dict[str, Any]:
    """The members that were given."""
    return {name: value for name, value in members.items() if value}
