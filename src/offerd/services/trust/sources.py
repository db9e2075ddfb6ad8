"""Where an issuer's keys are read: a URL that the operator set, or a file."""

from __future__ import annotations

import asyncio
from ipaddress import ip_address
from pathlib import Path
from typing import Protocol

import httpx

from offerd.services.trust.keys import WrongKeys
from offerd.settings import SettingsError

#: The longest set of keys, in bytes.
LONGEST = 262_144

#: Seconds that reading a set of keys may take in all.
_PATIENCE = 10.0

_OK = 200

#: What is compressed could be longer than it looks.
_ASKING = {"accept": "application/json", "accept-encoding": "identity"}


class Source(Protocol):
    """Gives a set of keys."""

    async def read(self) -> bytes:
        """The set as it is now.

        Raises:
            OSError, httpx.HTTPError, TimeoutError, WrongKeys: it cannot be read now.
        """
        ...


class KeyFile:
    """A file on this machine."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def read(self) -> bytes:
        """The file's content."""
        return await asyncio.to_thread(self._read)

    def _read(self) -> bytes:
        with self._path.open("rb") as file:
            return _short(file.read(LONGEST + 1))


class KeyUrl:
    """A URL; it is asked for nothing else, follows no redirect, and takes no proxy from the environment."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def read(self) -> bytes:
        """What the URL answers."""
        async with asyncio.timeout(_PATIENCE):
            # Reading the certificates of the authorities takes long enough to be done elsewhere.
            made = await asyncio.to_thread(httpx.AsyncClient, trust_env=False, timeout=_PATIENCE)
            async with made as client, client.stream("GET", self._url, headers=_ASKING) as given:
                if given.status_code != _OK:
                    raise WrongKeys(f"it answers {given.status_code}")
                found = b""
                async for piece in given.aiter_raw():
                    found = _short(found + piece)
                return found


def source_of(text: str) -> Source:
    """What the setting `jwt_keys` names.

    Raises:
        SettingsError: a URL over which anybody on the way could give other keys.
    """
    if "://" not in text:
        return KeyFile(Path(text))
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, ValueError):
        raise SettingsError("jwt_keys: expected an https URL or the name of a file") from None
    if not url.host or not (url.scheme == "https" or (url.scheme == "http" and _is_here(url.host))):
        raise SettingsError("jwt_keys: expected an https URL; http is taken of this machine alone")
    return KeyUrl(text)


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _short(found: bytes) -> bytes:
    if len(found) > LONGEST:
        raise WrongKeys(f"it is longer than {LONGEST} bytes")
    return found
