"""Three things to ask a server that has the demonstration, with what it really answers."""

from __future__ import annotations

import shlex
from collections.abc import AsyncIterator
from typing import Any

import httpx
import msgspec
from httpx import codes

from offerd.demo.access import Access
from offerd.demo.dataset import NAMESPACE
from offerd.demo.loader import PREFIX, LoadError
from offerd.model import json

_SITUATION = {
    "destination": "No Urgent Place", "passenger": "Friends", "weather": "Sunny", "temperature": 80, "hour": 14,
    "minutesAway": 5, "couponHours": 24, "sameDirection": True,
}  # fmt: skip


class Stop(msgspec.Struct, frozen=True):
    """One thing to ask.

    Attributes:
        title: what it shows.
        command: for a shell.
        answer: what the server answered, as JSON text for people.
    """

    title: str
    command: str
    answer: str


async def tour(access: Access) -> AsyncIterator[Stop]:
    """Asks the server, over HTTP.

    Raises:
        LoadError: it refused.
    """
    headers = {"Authorization": f"Bearer {access.token}"}
    async with httpx.AsyncClient(base_url=access.server, headers=headers) as client:
        request = {
            "identities": {NAMESPACE: "d001"},
            "asks": [{"placement": "dashboard-card"}],
            "context": {"members": _SITUATION},
        }
        decision, stop = await _ask(client, "What should driver d001 see on the dashboard?", "/decisions", request)
        yield stop
        path = f"/decisions/{decision['id']}/explanation"
        yield (await _ask(client, "Why this coupon, and why none of the others?", path))[1]
        # A catalogue that was changed since may give nothing here, or what cannot be accepted.
        given = [item["id"] for each in decision["propositions"] for item in each.get("items", ())]
        if given:
            accept = {"type": "accept", "item": given[0], "key": f"tour-{given[0]}"}
            yield (await _ask(client, "The driver takes it. Told twice, it counts once.", "/interactions", accept))[1]


async def _ask(client: httpx.AsyncClient, title: str, path: str, body: Any = None) -> tuple[Any, Stop]:
    content = None if body is None else json.dumps(body)
    response = await client.request(
        "GET" if content is None else "POST", PREFIX + path, content=content, headers=_JSON if content else {}
    )
    if response.is_error and response.status_code != codes.CONFLICT:  # an accept may be refused, and is told so
        raise LoadError(f"{path}: {response.text}")
    text = msgspec.json.format(response.content, indent=2).decode()
    return json.loads(response.content), Stop(title, _curl(client, path, content), text)


_JSON = {"Content-Type": "application/json"}


def _curl(client: httpx.AsyncClient, path: str, content: bytes | None) -> str:
    """The same request for curl, over several lines."""
    address = str(client.base_url).rstrip("/")
    parts = [f"curl -s {address}{PREFIX}{path}", f"-H 'Authorization: {client.headers['Authorization']}'"]
    if content is not None:
        parts += ["-H 'Content-Type: application/json'", f"-d {shlex.quote(content.decode())}"]
    return " \\\n  ".join(parts)
