"""What `offerd serve --demo` shows when it has started: where it is, a token, and three things to ask."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from offerd.cli.demo import DEMO_FOLDER
from offerd.cli.failure import Failure
from offerd.cli.folder import local_client
from offerd.cli.output import console
from offerd.demo import access, example, loader, site, tour
from offerd.services.house import House


async def greet(house: House, address: str) -> None:
    """Loads what is missing, then asks the server three things over HTTP and prints them.

    Args:
        house: the services behind the server.
        address: where it answers.

    Raises:
        Failure: the server refused something.
    """
    to = console()
    try:
        refused = await _load(house)
        granted = await access.grant(house, house.storage.folder, address)
        to.print(f"offerd is ready: [bold]{address}[/]  (its API, to read: {address}/docs)", soft_wrap=True)
        to.print(f"Coupons in a web page: [bold]{address}{site.PATH}[/]", soft_wrap=True)
        to.print(f"Token: {granted.token}", markup=False, soft_wrap=True)
        for name, why in refused.items():
            to.print(f"The example {name} was not loaded: {why}", markup=False, soft_wrap=True)
        async for stop in tour.tour(granted):
            _print(stop, to)
    except loader.LoadError as error:
        raise Failure(str(error)) from None
    to.print(f"\nEverything is kept in {house.storage.folder}.", markup=False, soft_wrap=True)
    command = _replay(house.storage.folder)
    to.print(f"In another terminal, {command} sends 12,684 real situations.", markup=False, soft_wrap=True)
    to.print("Stop with Ctrl-C.")


def _replay(folder: Path) -> str:
    """The command that replays the situations, as this shell would find it in another terminal."""
    program = Path(sys.argv[0])
    known = shutil.which("offerd") is not None or not program.is_file()
    words = ["offerd" if known else os.path.relpath(program), "demo", "replay"]
    return shlex.join(words if folder == Path(DEMO_FOLDER) else [*words, "--data", str(folder)])


async def _load(house: House) -> dict[str, str]:
    """Loads what is missing, and tells which examples were refused, and why."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console(error=True), transient=True) as progress:
        task = progress.add_task("Loading the drivers", total=None)
        async with local_client(house) as client:
            await loader.load(client, lambda done, total: progress.update(task, completed=done, total=total))
            await site.load(client)
            return await example.load(client)


def _print(stop: tour.Stop, to: Console) -> None:
    to.print(f"\n[bold]# {stop.title}[/]")
    # Written past Rich, which would wrap what is to be pasted.
    to.file.write(f"{stop.command}\n\n{stop.answer}\n")
    to.file.flush()
