"""The examples: a catalogue for each wire format that needs one, loaded once, with who it is about."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from importlib.resources import files
from typing import Any
from urllib.parse import quote

import httpx
import msgspec

from offerd.demo.loader import PREFIX, LoadError, checked
from offerd.model import json
from offerd.services.document import read_yaml

_FOLDER = files("offerd.demo") / "examples"

_YAML = ".yaml"
_LINES = {"Content-Type": "application/x-ndjson"}
_JSON = {"Content-Type": "application/json"}


class Example(msgspec.Struct, frozen=True):
    """One example.

    Attributes:
        name: of its files.
        catalogue: as YAML.
        profiles: one a line; empty for none.
        interactions: what they did before, one a line, each with its key; empty for none.
    """

    name: str
    catalogue: str
    profiles: str
    interactions: str


def examples() -> Iterator[Example]:
    """Every example, by name."""
    for file in sorted(_FOLDER.iterdir(), key=lambda each: each.name):
        if file.name.endswith(_YAML):
            name = file.name.removesuffix(_YAML)
            lines = (_read(f"{name}.profiles.ndjson"), _read(f"{name}.interactions.ndjson"))
            yield Example(name, file.read_text(encoding="utf-8"), *lines)


async def load(client: httpx.AsyncClient) -> dict[str, str]:
    """Gives the workspace every example that it does not have; one that it has stays as it is.

    Args:
        client: speaks to the server with the scopes `interact`, `profiles` and `catalogue:write`.

    Returns:
        Why, by the example's name, for each that the server refused; the others are loaded all the same.
    """
    refused: dict[str, str] = {}
    for example in examples():
        try:
            await _load(client, example)
        except LoadError as error:
            refused[example.name] = str(error)
    return refused


async def _load(client: httpx.AsyncClient, example: Example) -> None:
    if not await _has_catalogue(client, read_yaml(example.catalogue)):
        checked(
            await client.post(
                f"{PREFIX}/catalogue/apply",
                params={"message": f"The example {example.name}"},
                content=example.catalogue,
                headers={"Content-Type": "application/yaml"},
            )
        )
    if example.profiles and not await _has_profiles(client, example.profiles):
        await _import(client, example.profiles)
    if example.interactions:
        # Each has its key: what was recorded before is not recorded again.
        listed = [json.loads(line) for line in example.interactions.splitlines()]
        checked(await client.post(f"{PREFIX}/interactions", content=json.dumps(listed), headers=_JSON))


async def _has_catalogue(client: httpx.AsyncClient, document: Any) -> bool:
    """Whether any of the offers and activities of a document is there; what else it holds, others may have too."""
    for kind in ("offers", "activities"):
        for id_ in document.get(kind, {}):
            found = await client.get(f"{PREFIX}/{kind}/{_encoded(id_)}")
            if found.status_code == httpx.codes.OK:
                return True
    return False


async def _has_profiles(client: httpx.AsyncClient, lines: str) -> bool:
    identity = json.loads(lines.splitlines()[-1])["identities"][0]
    found = await client.get(f"{PREFIX}/profiles/{_encoded(identity['namespace'] + ':' + identity['id'])}")
    return found.status_code == httpx.codes.OK


async def _import(client: httpx.AsyncClient, lines: str) -> None:
    job = checked(await client.post(f"{PREFIX}/profiles/import", content=lines, headers=_LINES))
    while job["state"] in {"queued", "running"}:
        await asyncio.sleep(0.05)
        job = checked(await client.get(f"{PREFIX}/jobs/{job['id']}"))
    if job["state"] != "done" or job.get("refused"):
        raise LoadError(f"The profiles could not be imported: {job}")


def _encoded(text: str) -> str:
    return quote(text, safe="")


def _read(name: str) -> str:
    file = _FOLDER / name
    return file.read_text(encoding="utf-8") if file.is_file() else ""
