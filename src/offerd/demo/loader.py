"""Loading the demonstration into a server, through its API, once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from importlib.resources import files
from typing import Any

import httpx
import msgspec

from offerd.demo import dataset
from offerd.model import json

#: What every path of the native API begins with.
PREFIX = "/offerd/v1"

#: Told how many profiles are stored, and of how many.
Progress = Callable[[int, int], None]


class Loaded(msgspec.Struct, frozen=True):
    """What a load found or did.

    Attributes:
        catalogue: whether the catalogue was applied; otherwise the workspace had one.
        profiles: how many were imported; 0 where they were there.
    """

    catalogue: bool
    profiles: int


class LoadError(Exception):
    """The server refused what the demonstration loads."""


def catalogue() -> str:
    """The demonstration's catalogue, as YAML."""
    return files("offerd.demo").joinpath("catalogue.yaml").read_text(encoding="utf-8")


async def load(client: httpx.AsyncClient, progress: Progress | None = None) -> Loaded:
    """Gives an empty workspace the demonstration's catalogue, and its drivers where they are missing.

    A workspace that has a catalogue keeps it, whatever is in it.

    Args:
        client: speaks to the server with the scopes `profiles` and `catalogue:write`.
        progress: told of the import's progress.

    Raises:
        LoadError: the server refused.
    """
    applied = await _load_catalogue(client)
    imported = await _load_profiles(client, progress or (lambda _done, _total: None))
    return Loaded(applied, imported)


async def _load_catalogue(client: httpx.AsyncClient) -> bool:
    revisions = checked(await client.get(f"{PREFIX}/revisions", params={"limit": 1}))
    if revisions["items"]:
        return False
    checked(
        await client.post(
            f"{PREFIX}/catalogue/apply",
            params={"message": "The demonstration's catalogue"},
            content=catalogue(),
            headers={"Content-Type": "application/yaml"},
        )
    )
    return True


async def _load_profiles(client: httpx.AsyncClient, progress: Progress) -> int:
    last = dataset.read().drivers[-1].id
    found = await client.get(f"{PREFIX}/profiles/{dataset.NAMESPACE}:{last}")
    if found.status_code == httpx.codes.OK:
        return 0
    lines = b"\n".join(json.dumps(profile) for profile in dataset.profiles())
    job = checked(
        await client.post(f"{PREFIX}/profiles/import", content=lines, headers={"Content-Type": "application/x-ndjson"})
    )
    total = len(dataset.read().drivers)
    while job["state"] in {"queued", "running"}:
        await asyncio.sleep(0.05)
        job = checked(await client.get(f"{PREFIX}/jobs/{job['id']}"))
        progress(min(job.get("done", 0), total), total)
    if job["state"] != "done":
        raise LoadError(f"The drivers could not be imported: {job}")
    progress(total, total)
    return total


def checked(response: httpx.Response) -> Any:
    """The JSON of an answer.

    Raises:
        LoadError: the server refused.
    """
    if response.is_error:
        raise LoadError(f"{response.request.method} {response.request.url.path}: {response.text}")
    return json.loads(response.content)
