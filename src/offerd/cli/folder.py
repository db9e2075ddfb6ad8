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
from sqlalchemy.exc import DBAPIError

from offerd import settings, web
from offerd.cli.connection import Api, naming
from offerd.cli.failure import Exit, Failure
from offerd.services import errors
from offerd.services.house import House
from offerd.storage.sqlite.connections import DATABASE_NAME
from offerd.storage.sqlite.schema import NewerSchema
from offerd.web import logs

#: What a data folder that cannot be used ends with.
UNUSABLE = (errors.FolderHeld, NewerSchema, DBAPIError, OSError)


@contextmanager
def to_folder(chosen: settings.Settings, workspace: str | None = None) -> Iterator[Api]:
    """Opens a data folder as an administrator, and closes it again.

    Raises:
        Failure: another process has it open, or it cannot be used.
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
        Failure: another process has it open, or it cannot be used.
    """
    try:
        # What is sent is the server's to send: its settings may say another mail server than this shell's.
        return await House.open(Path(chosen.data), chosen, sends=False)
    except UNUSABLE as error:
        raise unusable(chosen.data, error) from None


def unusable(folder: str, error: Exception) -> Failure:
    """The failure of a command whose data folder cannot be used.

    Args:
        folder: the data folder.
        error: one of `UNUSABLE`.
    """
    match error:
        case errors.FolderHeld():
            return Failure(f"{error}; --server and --token speak to a running server", Exit.UNREACHABLE)
        case NewerSchema():
            why = "a newer version of offerd wrote it; run that version, or restore a copy from before"
        case DBAPIError():
            why = f"{DATABASE_NAME}: {error.orig}"
        case FileExistsError():
            why = f"{error.filename} is a file"
        case OSError(filename=str() as name):
            why = f"{name}: {error.strerror}"
        case _:
            why = str(error)
    return Failure(f"The data folder {folder} cannot be used: {why}", Exit.UNREACHABLE)


def local_client(house: House, workspace: str | None = None) -> httpx.AsyncClient:
    """A client of the application itself, without a network, as its administrator."""
    secret = secrets.token_urlsafe(32)
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=web.create_app(house, local_secret=secret)),
        base_url="http://offerd.local",
        headers={"Authorization": f"Bearer {secret}"} | naming(workspace),
        timeout=None,  # noqa: S113 - there is no network to wait for
    )
