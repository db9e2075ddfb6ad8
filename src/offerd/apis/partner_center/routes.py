"""The routes: promotions, whether customers may have them, and what can be bought."""

from __future__ import annotations

import asyncio
from typing import Any

from offerd.apis.operation import Answer, Call, Operations, Payload
from offerd.apis.partner_center import shapes
from offerd.apis.partner_center.customers import customer
from offerd.apis.partner_center.eligibility import Eligibility
from offerd.apis.partner_center.items import items
from offerd.apis.partner_center.once import once
from offerd.apis.partner_center.problems import Rejected
from offerd.apis.partner_center.promotions import promotions
from offerd.apis.partner_center.reading import country, market, wanted
from offerd.model.request import Ask, Context, Request

#: Promotions that are looked at before others have their turn.
LOT = 100

catalogue = Operations("Partner Center")
eligibilities = Operations("Partner Center")

_OBJECT = {"type": "object"}


@catalogue.add(
    "GET", "/productpromotions", "partnerCenterPromotions", scope="decide", query=None, answers={200: _OBJECT}
)
async def list_promotions(call: Call) -> Answer:
    """Lists the promotions that can be had now in a market."""
    named = market(call, segment="segment")
    sold = [each for each in promotions(call.house, call.workspace).all if each.sold_in(named.country, named.segment)]
    context = Context(members={"country": named.country, "segment": named.segment})
    live: set[str] = set()
    for start in range(0, len(sold), LOT):
        ask = Ask(check=True, offers=[each.offer.id for each in sold[start : start + LOT]], context=context)
        live.update(call.house.decisioning.covered(call.workspace, Request(asks=[ask], dry_run=True)))
        await asyncio.sleep(0)  # others are answered between one lot of promotions and the next
    return shapes.answered(call, shapes.collection([shapes.promotion(each) for each in sold if each.offer.id in live]))


@catalogue.add(
    "GET", "/productpromotions/{id}", "partnerCenterPromotion", scope="decide", query=None, answers={200: _OBJECT}
)
async def read_promotion(call: Call) -> Answer:
    """Reads a promotion with what constrains it, whenever it was or will be."""
    named = country(call)
    found = promotions(call.house, call.workspace).named(call.path["id"])
    sold = next((each for each in found if each.sold_in(named, None)), None)
    if sold is None:
        raise Rejected("1000")
    return shapes.answered(call, shapes.promotion(sold, constraints=True))


@catalogue.add(
    "GET",
    "/products/{product}/skus/{sku}/availabilities",
    "partnerCenterAvailabilities",
    scope="decide",
    query=None,
    answers={200: _OBJECT},
)
async def list_availabilities(call: Call) -> Answer:
    """Lists what can be bought of a SKU in a market, by the id that eligibilities are asked with."""
    named = market(call, segment="targetsegment")
    product, sku = call.path["product"].upper(), call.path["sku"].upper()
    known = items(call.house, call.workspace)
    if not any(known.of(product)):
        raise Rejected("400013")
    found = list(known.of(product, sku))
    if not found:
        raise Rejected("400018")
    sold = [each for each in found if each.sold_in(named)]
    return shapes.answered(call, shapes.collection([shapes.availability(each, named) for each in sold]))


@eligibilities.add(
    "POST",
    "/customers/{customer}/promotionEligibilities",
    "partnerCenterEligibilities",
    scope="decide",
    limit="body_limit",
    payload=Payload(shapes={"*/*": _OBJECT}),
    answers={200: _OBJECT},
)
async def verify(call: Call) -> Answer:
    """Says which promotions a customer may have for each of the items that are about to be bought, and why not."""
    asks = wanted(call.body)
    buyer = customer(call, call.path["customer"])

    async def work() -> tuple[Any, Any]:
        answers, decisions = await Eligibility(call, buyer).answer(asks)
        return shapes.collection(answers), decisions

    return await once(call, buyer.identity.id, work)
