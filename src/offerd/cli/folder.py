"""Speaking to a data folder that is opened for as long as the command runs.

What this needs is the whole server, so it is imported by commands that do open a folder, when they do.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import msgspec

from offerd import settings, web
from offerd.cli.connection import Api, naming
from offerd.cli.failure import Exit, Failure
from offerd.services import errors
from offerd.services.house import House
from offerd.web import logs


@contextmanager
def to_folder(chosen: settings.Settings, workspace: str | None = None) -> Iterator[Api]:
    """Opens a data folder as an administrator, and closes it again.

    Raises:
        Failure: another process has it open.
    """
    logs.configure(msgspec.structs.replace(chosen, log_level="error"))
    with asyncio.Runner() as runner:
        house = runner.run(open_house(chosen))
        try:
            client = local_client(house, workspace)
            yield Api(client, runner)
            runner.run(client.aclose())
        finally:
            runner.run(house.close())


async def open_house(chosen: settings.Settings) -> House:
    """The services over the data folder that the settings name.

    Raises:
        Failure: another process has it open, or it cannot be opened.
    """
    try:
        # What is sent is the server's to send: its settings may say another mail server than this shell's.
        return await House.open(Path(chosen.data), chosen, sends=False)
    except errors.FolderHeld as error:
        raise held(error) from None
    except OSError as error:
        raise Failure(f"The data folder {chosen.data} cannot be opened: {error}", Exit.UNREACHABLE) from None


def held(error: errors.FolderHeld) -> Failure:
    """The failure of a command whose data folder another process has open."""
    return Failure(f"{error}; --server and --token speak to a running server", Exit.UNREACHABLE)


def local_client(house: House, workspace: str | None = None) -> httpx.AsyncClient:
    """A client of the application itself, without a network, as its administrator."""
    secret = secrets.token_urlsafe(32)
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=web.create_app(house, local_secret=secret)),
        base_url="http://offerd.local",
        headers={"Authorization": f"Bearer {secret}"} | naming(workspace),
        timeout=None,  # noqa: S113 - there is no network to wait for
    )
