"""Listing: the one offer that a customer is given now, or none."""

from __future__ import annotations

from typing import Any

from offerd.apis.chargebee import mapping, reading
from offerd.apis.chargebee.bodies import ANY_BODY, document
from offerd.apis.chargebee.customers import Whom, whom
from offerd.apis.chargebee.deciding import Deciding
from offerd.apis.chargebee.known import known
from offerd.apis.chargebee.offers import DAY, Listing, empty
from offerd.apis.chargebee.places import Place
from offerd.apis.chargebee.tenancy import agree
from offerd.apis.chargebee.words import Asked
from offerd.apis.operation import Answer, Call, Operations
from offerd.model.decision import Decision
from offerd.model.offer import Offer
from offerd.model.request import LONGEST_SUBJECT, Context, Request
from offerd.services.clock import instant

operations = Operations("Personalized offers")


@operations.add(
    "POST", "/personalized_offers", "chargebeeOffers", scope="decide", limit="body_limit", payload=ANY_BODY,
    searched=True, answers={200: {"type": "object"}},
)  # fmt: skip
async def personalized_offers(call: Call) -> Answer:
    """The best offer for a customer, or none; the same one again while it is open.

    Listing is no view: views are told as offer events.
    """
    workspace = agree(call)
    asked = reading.asked(reading.body(call))
    says = known(call.house, workspace)
    found = says.place
    if found is None:
        return document(empty(instant(call.house.clock.now() + DAY)))
    who = await whom(call.house, workspace, asked, found, says.brands)
    warnings = (*who.warnings, *mapping.ignored(asked, found))
    answering = call.house.catalogue.snapshot(workspace).placements.get(found.placement.id)

    def shown(decision: Decision) -> Answer:
        def offer(name: str, activity: str | None) -> Offer | None:
            # The catalogue may have changed since.
            compiled = call.house.catalogue.offer_at(workspace, decision.revision, name, activity)
            return compiled.offer if compiled is not None else None

        return Listing(offer, answering.lasts if answering is not None else None, who.brand).answer(decision)

    request = _request(asked, found, who)
    return shown(await Deciding(call, workspace, found.placement, says).decided(request, warnings, shown))


def _request(asked: Asked, found: Place, who: Whom) -> Request:
    locale = asked.page.get("locale")
    return Request(
        asks=[],
        identities=[who.identity],
        languages=[locale.replace("_", "-")] if locale is not None else [],
        property=who.brand.property if who.brand is not None else None,
        about=_subject(who),
        context=Context(members=_facts(asked, found, who)),
    )


def _subject(who: Whom) -> str | None:
    """Which subscription an offer is for: what is given for one is not given again for another."""
    return (who.subscription["id"][:LONGEST_SUBJECT] or None) if who.subscription is not None else None


def _facts(asked: Asked, found: Place, who: Whom) -> dict[str, Any]:
    """What rules and templates see as `context`."""
    return {
        "customer": {"id": asked.customer},
        "user": mapping.person(asked, found),
        "subscription": dict(who.subscription) if who.subscription is not None else {},
        "brand": {"id": who.brand.id, "name": who.brand.name} if who.brand is not None else {},
        "custom": mapping.custom(asked, found),
        "request": dict(asked.page),
    }
