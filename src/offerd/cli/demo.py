"""`offerd demo`: real situations, replayed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import httpx
import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from offerd.cli.connection import Api, to_server
from offerd.cli.failure import Failure
from offerd.cli.options import Data, Machine, Server, Token, chosen, ending, named_server
from offerd.cli.output import Output, console, table
from offerd.demo import access, dataset, loader
from offerd.demo.replay import Replayed, ReplayError, Tally, replay

app = typer.Typer(no_args_is_help=True, help="Real situations of real drivers.")

#: Where `make run` keeps its data.
DEMO_FOLDER = "data/demo"


@app.callback()
def _demo() -> None:
    """Real situations of real drivers."""


@app.command("replay")
def replay_(
    *,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="Send only so many situations.")] = None,
    senders: Annotated[int, typer.Option("--senders", min=1, max=256, help="Requests under way at once.")] = 32,
    server: Server = None,
    token: Token = None,
    data: Data = None,
    machine: Machine = False,
) -> None:
    """Sends every real situation to the demonstration's server and tells what came of it.

    Without `--server` it finds the server that `make run` started from the same folder; when none runs, it opens the
    data folder itself, and loads the demonstration where it is missing.
    """
    occasions = dataset.read().occasions[:limit]
    with ending(Output(machine)) as out, _found(server, token, data) as api:
        with _bar(quiet=machine) as bar:
            task = bar.add_task("Replaying", total=len(occasions))
            try:
                done = api.run(
                    lambda client: replay(client, occasions, senders=senders, progress=lambda: bar.advance(task))
                )
            except ReplayError as error:
                raise Failure(str(error)) from None
        out.result(_plain(done), lambda to: _show(done, to))


@contextmanager
def _found(server: str | None, token: str | None, data: str | None) -> Iterator[Api]:
    """The server that was named, the one that the folder's file names, or the folder itself."""
    server = named_server(server, data)
    folder = data or DEMO_FOLDER
    known = None if server else access.read(Path(folder))
    if server is not None:
        with to_server(server, token) as api:
            yield api
    elif known is not None and _answers(known.server):
        with to_server(known.server, known.token) as api:
            yield api
    else:
        from offerd.cli.folder import to_folder  # noqa: PLC0415 - only what opens a folder needs the whole server

        with to_folder(chosen(data=folder)) as api:
            try:
                api.run(loader.load)
            except loader.LoadError as error:
                raise Failure(str(error)) from None
            yield api


def _answers(server: str) -> bool:
    try:
        return httpx.get(f"{server}/healthz", timeout=5).is_success
    except httpx.HTTPError:
        return False


def _bar(*, quiet: bool) -> Progress:
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn(),
    )  # fmt: skip
    return Progress(*columns, console=console(error=True), disable=quiet)


def _plain(done: Replayed) -> dict[str, Any]:
    def members(tally: Tally) -> dict[str, Any]:
        return {**msgspec.structs.asdict(tally), "agreement": tally.agreement}

    return {
        "situations": done.situations,
        "taken": done.taken,
        "seconds": round(done.seconds, 3),
        "activities": {name: members(tally) for name, tally in done.activities.items()},
        "total": members(done.total),
    }


def _show(done: Replayed, to: Console) -> None:
    to.print(_table(done))
    base = done.taken / done.situations if done.situations else 0.0
    speed = done.situations / max(done.seconds, 1e-9)
    to.print(f"\n{done.situations:,} situations in {done.seconds:.1f} seconds, {speed:,.0f} a second.")
    for line in (
        "same: the coupon that the driver was shown in reality. accepted: of these, what the driver took.",
        "refused: what the driver would have taken, but a rule that held at first holds no more.",
        f"agree: accepted of same. Of all coupons that were shown in reality, {base:.1%} were taken.",
    ):
        to.print(line, soft_wrap=True)


def _table(done: Replayed) -> Table:
    columns = ("activity", "asked", "decided", "capped", "fallen back", "same", "accepted", "refused", "agree")
    rows = [(name, *_row(tally)) for name, tally in done.activities.items()]
    return table("Replay", columns, [*rows, ("all", *_row(done.total))])


def _row(tally: Tally) -> tuple[str, ...]:
    numbers = (
        tally.asked, tally.decided, tally.capped, tally.fallen_back, tally.same, tally.accepted, tally.refused,
    )  # fmt: skip
    agree = "-" if tally.agreement is None else f"{tally.agreement:.1%}"
    return (*(f"{number:,}" for number in numbers), agree)
