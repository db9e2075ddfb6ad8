"""Plays: what keeps this format from showing what an author may have meant it to show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from offerd.apis.chargebee.cards import lacks
from offerd.apis.chargebee.places import Place, place, placements
from offerd.apis.chargebee.words import CARD, FORMAT
from offerd.model.activity import Activity, Selection
from offerd.model.base import Object
from offerd.model.catalogue import Catalogue
from offerd.model.codec import Fault, pointer
from offerd.model.offer import Offer
from offerd.services.catalogue.lint import Finding


class Held(msgspec.Struct, frozen=True):
    """An offer that plays may give.

    Attributes:
        pointer: where it is written, within the catalogue document.
        offer: the offer.
    """

    pointer: str
    offer: Offer


def plays(catalogue: Catalogue, placement: str) -> Iterator[Activity]:
    """The live activities of a placement."""
    for each in catalogue.of("activities").values():
        if isinstance(each, Activity) and each.status == "live" and placement in each.placements:
            yield each


def held_at(catalogue: Catalogue, placement: str) -> Iterator[Held]:
    """The approved offers that the plays of a placement may give: all that are meant for it, and those in plays."""
    mixed = catalogue.of("placements").get(placement)
    takes_all = not getattr(mixed, "content", [])
    for id_, offer in catalogue.of("offers").items():
        if isinstance(offer, Offer) and offer.status == "approved" and (takes_all or placement in offer.content):
            yield Held(pointer("/offers", id_), offer)
    for activity in plays(catalogue, placement):
        at = pointer("/activities", activity.id)
        for index, selection in enumerate(activity.selections):
            yield from _written(f"{at}/selections/{index}", selection)
    for id_, named in catalogue.of("selections").items():
        yield from _written(pointer("/selections", id_), named)


def findings(pages: Mapping[str, str], catalogue: Catalogue) -> Iterator[Finding]:
    """What is odd about the plays of a catalogue, and the offers that they may give.

    Args:
        pages: by kind, the address of the hosted page of choices that have none of their own.
        catalogue: the catalogue.
    """
    found = place(catalogue)
    if found is None or (FORMAT not in found.placement.extensions and not _has_cards(catalogue, found.placement.id)):
        return
    yield from _places(catalogue, found)
    for held in held_at(catalogue, found.placement.id):
        for fault in lacks(held.offer, found.placement.id, catalogue.of("contents"), pages):
            yield _warning(held.pointer, fault, "not shown to clients")
    for activity in plays(catalogue, found.placement.id):
        if activity.keep != "proposition":
            fault = Fault("/keep", "with `keep: proposition` a customer is given the same offer while it lasts")
            yield _warning(pointer("/activities", activity.id), fault, "a new offer at each call")


def _places(catalogue: Catalogue, found: Place) -> Iterator[Finding]:
    own_at = pointer("/placements", found.placement.id)
    if found.placement.content != [CARD]:
        yield _warning(own_at, Fault("/content", f"should be [{CARD}]"), "offers without a card may be chosen")
    if found.placement.lasts is None:
        yield _warning(own_at, Fault("/lasts", "is missing"), "offers stay open without end")
    for other in placements(catalogue):
        if FORMAT in other.extensions and other.id != found.placement.id:
            at = pointer("/placements", other.id)
            yield _warning(at, Fault(f"/extensions/{FORMAT}", f"{found.placement.id} answers"), "never asked for")


def _warning(at: str, fault: Fault, effect: str) -> Finding:
    return Finding(f"{at}{fault.pointer}", "warning", "chargebee", f"{effect}: {fault.message}")


def _has_cards(catalogue: Catalogue, placement: str) -> bool:
    offers = (each for each in catalogue.of("offers").values() if isinstance(each, Offer))
    return any(each.type == CARD for offer in offers for each in offer.content.get(placement, []))


def _written(at: str, selection: Object) -> Iterator[Held]:
    inline: Mapping[str, Offer] = (selection.inline or {}) if isinstance(selection, Selection) else {}
    for id_, offer in inline.items():
        if offer.status == "approved":
            named = offer if offer.id else msgspec.structs.replace(offer, id=id_)
            yield Held(pointer(f"{at}/inline", id_), named)
