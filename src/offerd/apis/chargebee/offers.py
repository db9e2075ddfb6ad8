"""Personalized offers as clients see them: what a decision gives, or that it gives nothing, and until when."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from offerd.apis.chargebee.bodies import document, seconds
from offerd.apis.chargebee.cards import card, name_of, option
from offerd.apis.chargebee.places import Brand
from offerd.apis.operation import Answer
from offerd.model.decision import Decision, Item, Proposition
from offerd.model.offer import Choice, Offer
from offerd.services.clock import instant, micros

#: Finds an offer by its id, and the id of the activity that gave it.
Find = Callable[[str, str | None], Offer | None]

#: How long an answer is good for, where nothing says it, in microseconds.
DAY = 86_400_000_000


class Listing:
    """The answer to a request for a customer's offer.

    Args:
        find: finds offers of the catalogue that it was decided with.
        lasts: microseconds that an answer is good for, unless its offer says otherwise.
        brand: whose offers were asked for.
    """

    def __init__(self, find: Find, lasts: int | None, brand: Brand | None) -> None:
        self._find = find
        self._lasts = lasts or DAY
        self._brand = brand

    def answer(self, decision: Decision) -> Answer:
        """What a decision shows, with the decision's id in a header, so that it can be explained."""
        named = (("offerd-decision", decision.id),)
        for proposition in decision.propositions:
            offer = self._offer(proposition)
            if offer is not None:
                until = proposition.expires or self._until(decision)
                told: dict[str, Any] = {"personalized_offers": [offer], "expires_at": seconds(until)}
                if self._brand is not None:
                    told["brand"] = {"id": self._brand.id, "name": self._brand.name}
                return document(told, headers=named)
        return document(empty(self._until(decision)), headers=named)

    def _offer(self, proposition: Proposition) -> dict[str, Any] | None:
        """The offer of a proposition; None where there is none that clients could show."""
        item = next((each for each in proposition.items if not each.fallback), None)
        offer = self._find(item.offer, proposition.activity) if item is not None else None
        content = card(item.components) if item is not None else None
        if item is None or offer is None or content is None:
            return None
        options = [option(each) for each in _given(offer.choices, item)]
        if not options:
            return None
        name = name_of(offer) or item.offer
        return {"id": proposition.id, "offer_id": name, "content": content, "options": options}

    def _until(self, decision: Decision) -> datetime:
        """When an answer that nothing in it ends is to be asked for again."""
        return instant(micros(decision.at) + self._lasts)


def empty(until: datetime) -> dict[str, Any]:
    """The answer where there is no offer.

    Args:
        until: when to ask again.
    """
    return {"personalized_offers": [], "expires_at": seconds(until)}


def _given(choices: Sequence[Choice], item: Item) -> list[Choice]:
    """The choices that were given, in their order."""
    by_id = {each.id: each for each in choices}
    return [by_id[each["id"]] for each in item.choices if each.get("id") in by_id]
