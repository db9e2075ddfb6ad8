"""The route of savings: which offer takes most off a price."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import msgspec

from offerd.apis.native.requests import read
from offerd.apis.operation import JSON, Answer, Call, Operations, Payload, answer
from offerd.model.request import Request
from offerd.services import savings
from offerd.services.savings import Price, Saving

operations = Operations("Decisions")


class SavingsRequest(Request, kw_only=True, frozen=True, omit_defaults=True, rename="camel"):
    """Who buys, how many of what, and at which price.

    Attributes:
        price: what is paid without an offer, and where offers say what they take off.
        asks: what is bought: each with its own quantity and context, and the offers that come into question; all
            that say what they take off, where it names neither offers nor an activity nor a placement.
    """

    price: Price


class Savings(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True, rename="camel"):
    """What offers take off.

    Attributes:
        at: the moment it is for.
        revision: the catalogue's revision.
        profile: the profile's id, where there is one.
        currency: of every amount.
        price: of one, without an offer.
        items: ask by ask, the offers that cover what is bought: those that can be had first, of these the most first.
    """

    at: datetime
    revision: int
    profile: str | None = None
    currency: str | None = None
    price: Decimal
    items: list[Saving]


@operations.add(
    "POST", "/savings", "savings", scope="decide", limit="body_limit",
    payload=Payload(shapes={JSON: SavingsRequest}), answers={200: Savings},
)  # fmt: skip
async def compare(call: Call) -> Answer:
    """Says which offer takes most off a price.

    Every offer that covers what is bought is judged as a check does, and told with what it would take off. Those
    that can be had come first, and of these the one that saves most; those that cannot, with everything that does not
    hold, after them. Nothing is given, counted or stored.
    """
    request = read(call, SavingsRequest, call.body)
    savings.check(request.price)
    catalogue = call.house.catalogue.catalogue(call.workspace)
    asks = [msgspec.structs.replace(ask, check=True) for ask in request.asks]
    for index, ask in enumerate(asks):
        if ask.offers is None and ask.activity is None and ask.placement is None:
            asks[index] = msgspec.structs.replace(ask, offers=savings.stating(catalogue, request.price))
    wanted = msgspec.structs.replace(request, asks=asks, dry_run=True)
    decision = call.result = await call.house.decisioning.decide(call.workspace, wanted)
    quantities = {index: ask.quantity for index, ask in enumerate(asks)}
    return answer(
        Savings(
            at=decision.at,
            revision=decision.revision,
            profile=decision.profile,
            currency=request.price.currency,
            price=request.price.unit,
            items=savings.savings(decision.verdicts, catalogue, request.price, quantities),
        )
    )
