"""Reading request bodies without ever holding more than their route takes."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import tempfile
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from litestar.types import Receive

from offerd.apis.errors import MalformedBody, TooLarge

#: The folder within the data folder that holds bodies while they come in.
SPOOL = "spool"


class ClientGone(Exception):
    """The client closed the connection before its body was complete."""


async def read(receive: Receive, headers: Mapping[str, str], limit: int) -> bytes:
    """The whole body.

    Args:
        receive: the connection's.
        headers: of the request.
        limit: in bytes.

    Raises:
        TooLarge: as soon as it is known that the body is longer.
        ClientGone: the connection was closed.
    """
    return b"".join([chunk async for chunk in _chunks(receive, headers, limit)])


async def spool(receive: Receive, headers: Mapping[str, str], limit: int, folder: Path) -> tuple[Path, bytes]:
    """Writes the body to a new file, which the caller removes.

    Args:
        receive: the connection's.
        headers: of the request.
        limit: in bytes.
        folder: where the file goes; made where it is missing.

    Returns:
        The file, and the SHA-256 of its bytes.

    Raises:
        TooLarge: as soon as it is known that the body is longer; then no file is left.
        ClientGone: the connection was closed; then no file is left.
    """
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    digest = hashlib.sha256()
    file = tempfile.NamedTemporaryFile(dir=folder, prefix="body-", delete=False)  # noqa: SIM115 - kept beyond here
    path = Path(file.name)
    try:
        with file:
            async for chunk in _chunks(receive, headers, limit):
                digest.update(chunk)
                await asyncio.to_thread(file.write, chunk)
    except BaseException:
        discard(path)
        raise
    return path, digest.digest()


def refuse(headers: Mapping[str, str]) -> None:
    """Refuses a body where none is taken.

    Raises:
        TooLarge: there is one.
    """
    if declared_length(headers) or "transfer-encoding" in headers:
        raise TooLarge("This route takes no body")


def tidy(folder: Path) -> None:
    """Removes what a server that was killed left of bodies that it was reading."""
    if folder.is_dir():
        for path in folder.iterdir():
            discard(path)


def discard(path: Path) -> None:
    """Removes a spooled body, if it is still there."""
    with contextlib.suppress(FileNotFoundError):
        path.unlink()


def declared_length(headers: Mapping[str, str]) -> int:
    """What `Content-Length` says; 0 where it says nothing.

    Raises:
        MalformedBody: it is not a number.
    """
    text = headers.get("content-length", "0")
    if not text.isascii() or not text.isdigit():
        raise MalformedBody("Content-Length is not a number of bytes")
    return int(text[:20])


async def _chunks(receive: Receive, headers: Mapping[str, str], limit: int) -> AsyncIterator[bytes]:
    too_large = TooLarge(f"The body is longer than {limit} bytes, which is the most that this route takes")
    if declared_length(headers) > limit:
        raise too_large
    total, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        chunk: bytes = message.get("body", b"")  # type: ignore[assignment]
        total += len(chunk)
        if total > limit:
            raise too_large
        more = bool(message.get("more_body", False))
        yield chunk
