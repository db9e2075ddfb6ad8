"""How the demonstration's commands find its server: an address and a token, in a file that its owner alone may read."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from offerd.services.house import House

#: The file in the data folder.
FILE = "demo.json"

#: The name of the demonstration's token.
NAME = "demo"

#: What the token is for: everything that the demonstration shows.
SCOPES = ["decide", "interact", "profiles", "catalogue:read", "catalogue:write"]


class Access(msgspec.Struct, frozen=True):
    """What a client needs.

    Attributes:
        server: the address.
        token: the secret.
    """

    server: str
    token: str


async def grant(house: House, folder: Path, server: str) -> Access:
    """The token of an earlier start, or a new one; an earlier one that is lost is revoked.

    Only the hash of a token's secret is in the database, so the secret is kept in a file of mode 0600.

    Args:
        house: the services.
        folder: the data folder.
        server: the address that is noted beside the token.
    """
    known = read(folder)
    secret = known.token if known and house.tokens.authenticate(known.token) else await _new(house)
    access = Access(server, secret)
    path = folder / FILE
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(msgspec.json.encode(access))
    return access


def read(folder: Path) -> Access | None:
    """What an earlier start noted in the data folder."""
    try:
        return msgspec.json.decode((folder / FILE).read_bytes(), type=Access)
    except (OSError, msgspec.DecodeError):
        return None


async def _new(house: House) -> str:
    from offerd.services.workspaces import DEFAULT  # noqa: PLC0415 - reading needs none of the server

    for token in house.tokens.list(DEFAULT):
        if token.name == NAME and token.revoked is None:
            await house.tokens.revoke(DEFAULT, token.id)
    _, secret = await house.tokens.create(DEFAULT, NAME, SCOPES, NAME)
    return secret
