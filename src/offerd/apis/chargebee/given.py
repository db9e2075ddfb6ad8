"""Personalized offers that were given: a proposition with a card, found by its id."""

from __future__ import annotations

import msgspec

from offerd.apis.chargebee.cards import card
from offerd.apis.chargebee.problems import unknown
from offerd.model.decision import Decision, Item, Proposition
from offerd.services.errors import NotFound
from offerd.services.house import House


class Given(msgspec.Struct, frozen=True):
    """A personalized offer that was given.

    Attributes:
        decision: what gave it; None where that is no longer kept.
        proposition: the proposition that it is.
        item: the offer in it.
    """

    decision: Decision | None
    proposition: Proposition
    item: Item

    def options(self) -> list[str]:
        """The ids of its options."""
        return [str(each.get("id")) for each in self.item.choices]


def given(house: House, workspace: str, id: str) -> Given:  # noqa: A002 - the wire's word
    """The personalized offer of an id.

    Raises:
        Rejected: there is none in this workspace.
    """
    try:
        decision, proposition = house.decided.read_proposition(workspace, id)
    except NotFound:
        raise unknown("personalized_offer_id", id) from None
    item = next((each for each in proposition.items if not each.fallback), None)
    if item is None or card(item.components) is None:
        raise unknown("personalized_offer_id", id)
    return Given(decision, proposition, item)


def happened(house: House, workspace: str, found: Given, type: str) -> bool:  # noqa: A002 - the model's word
    """Whether an interaction of a type with a personalized offer was recorded."""
    if found.decision is None:
        return False
    page = house.interactions.find(workspace, decision=found.decision.id, type=type)
    return any(each.proposition == found.proposition.id for each in page.interactions)
