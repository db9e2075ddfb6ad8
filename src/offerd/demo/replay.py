"""Every real situation, sent through the API: what offerd would have shown, and what the driver did."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import httpx
import msgspec

from offerd.demo.dataset import NAMESPACE, Occasion
from offerd.demo.loader import PREFIX
from offerd.model import json

#: The activities of the demonstration's catalogue; each situation is put to all of them.
ACTIVITIES = ("dashboard", "phone", "receipt-test")


class Tally(msgspec.Struct):
    """What happened with one activity.

    Attributes:
        asked: situations that were put to it.
        decided: it answered: with a coupon, or with its fallback.
        capped: answers for which a cap kept at least one coupon back.
        fallen_back: answers that were its fallback.
        same: answers with the coupon that the driver was shown in reality.
        accepted: of these, the ones that the driver took: an accept was sent, and not refused.
        refused: accepts that were refused.
    """

    asked: int = 0
    decided: int = 0
    capped: int = 0
    fallen_back: int = 0
    same: int = 0
    accepted: int = 0
    refused: int = 0

    @property
    def agreement(self) -> float | None:
        """The share of the same coupons that were taken; None without any."""
        return self.accepted / self.same if self.same else None


class Replayed(msgspec.Struct):
    """What a replay came to.

    Attributes:
        activities: by activity.
        situations: how many were sent.
        taken: in how many of them the driver took the coupon that was shown in reality.
        seconds: how long it took.
    """

    activities: dict[str, Tally]
    situations: int = 0
    taken: int = 0
    seconds: float = 0.0

    @property
    def total(self) -> Tally:
        """All activities together."""
        names = msgspec.structs.fields(Tally)
        return Tally(**{each.name: sum(getattr(t, each.name) for t in self.activities.values()) for each in names})


class ReplayError(Exception):
    """The server refused a request of the replay."""


async def replay(
    client: httpx.AsyncClient,
    occasions: Sequence[Occasion],
    *,
    senders: int = 32,
    progress: Callable[[], None] | None = None,
) -> Replayed:
    """Sends every situation: a decision of each activity, and an accept where the driver took that very coupon.

    Args:
        client: speaks to a server that has the demonstration's catalogue, with the scopes `decide` and `interact`.
        occasions: what to send.
        senders: how many requests are under way at once.
        progress: called after each situation.

    Raises:
        ReplayError: the server refused.
    """
    loop = asyncio.get_running_loop()
    started, replayed = loop.time(), Replayed({name: Tally() for name in ACTIVITIES})
    run, left = uuid.uuid4().hex[:12], iter(enumerate(occasions))

    async def send() -> None:
        for number, occasion in left:
            await _one(client, occasion, f"replay-{run}-{number}", replayed)
            if progress is not None:
                progress()

    async with _Stopping() as group:
        for _ in range(senders):
            group.create_task(send())
    replayed.seconds = loop.time() - started
    return replayed


class _Stopping(asyncio.TaskGroup):
    """A task group that ends with the first failure itself instead of a group of them."""

    async def __aexit__(self, *error: Any) -> None:
        try:
            await super().__aexit__(*error)
        except BaseExceptionGroup as group:
            raise group.exceptions[0] from None


async def _one(client: httpx.AsyncClient, occasion: Occasion, key: str, replayed: Replayed) -> None:
    request = {
        "identities": [{"namespace": NAMESPACE, "id": occasion.driver}],
        "context": {"members": occasion.context},
        "asks": [{"id": name, "activity": name} for name in ACTIVITIES],
        "explain": True,
    }
    decision = await _post(client, "/decisions", request)
    replayed.situations += 1
    replayed.taken += occasion.taken
    for tally in replayed.activities.values():
        tally.asked += 1
    accepts = []
    for proposition in decision["propositions"]:
        name = proposition["askId"]
        if item := _count(proposition, occasion, replayed.activities[name]):
            accepts.append((name, {"type": "accept", "item": item, "choice": "take", "key": f"{key}-{name}"}))
    for name, accept in accepts:
        await _accept(client, accept, replayed.activities[name])


def _count(proposition: dict[str, Any], occasion: Occasion, tally: Tally) -> str | None:
    """Counts an answer; the id of the item that the driver took, if it is the coupon of the data."""
    items = proposition.get("items", [])
    if not items:
        return None
    tally.decided += 1
    tally.capped += any(True for _ in _capped(proposition))
    tally.fallen_back += items[0].get("fallback", False)
    if items[0]["offer"] != occasion.coupon:
        return None
    tally.same += 1
    return items[0]["id"] if occasion.taken else None


def _capped(proposition: dict[str, Any]) -> Iterator[str]:
    for lost in proposition.get("explanation", {}).get("lost", []):
        if lost["reason"]["stage"] == "cap":
            yield lost["offer"]


async def _accept(client: httpx.AsyncClient, accept: dict[str, Any], tally: Tally) -> None:
    response = await client.post(f"{PREFIX}/interactions", content=json.dumps(accept), headers=_JSON)
    if response.status_code == httpx.codes.CONFLICT:
        tally.refused += 1
    elif response.is_error:
        raise ReplayError(f"An accept was not taken: {response.text}")
    else:
        tally.accepted += 1


_JSON = {"Content-Type": "application/json"}


async def _post(client: httpx.AsyncClient, path: str, body: Any) -> Any:
    response = await client.post(PREFIX + path, content=json.dumps(body), headers=_JSON)
    if response.is_error:
        raise ReplayError(f"A situation was refused: {response.text}")
    try:
        return json.loads(response.content)
    except json.Malformed:
        raise ReplayError("What answers there is not offerd") from None
