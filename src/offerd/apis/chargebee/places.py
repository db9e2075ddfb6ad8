"""What a catalogue says for this format: the placement that answers, the fields it maps, and the brands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from offerd.apis.chargebee.words import FORMAT
from offerd.model.base import Object
from offerd.model.catalogue import Catalogue
from offerd.model.place import Placement, Property

#: The placement that answers where none says that it does.
USUAL = "in-app"


class Place(msgspec.Struct, frozen=True):
    """Where this format's clients show offers.

    Attributes:
        placement: the placement.
        fields: members of a request that count.
        custom: custom fields that count, as rules spell them; a dot leads inside.
        known_only: whether customers and subscriptions that no profile knows are refused.
    """

    placement: Placement
    fields: frozenset[str]
    custom: tuple[str, ...]
    known_only: bool


class Brand(msgspec.Struct, frozen=True):
    """A brand.

    Attributes:
        id: what clients call it.
        name: for people.
        property: the id of the property that it is.
    """

    id: str
    name: str
    property: str


def place(catalogue: Catalogue) -> Place | None:
    """The placement that answers: the first by id with an extension of this format, else the one called `in-app`."""
    named = min((each for each in placements(catalogue) if FORMAT in each.extensions), key=_id, default=None)
    found = named or catalogue.of("placements").get(USUAL)
    if not isinstance(found, Placement):
        return None
    said = own(found)
    return Place(
        found,
        fields=frozenset(said.get("fields", ())),
        custom=tuple(said.get("custom", ())),
        known_only=said.get("customers") == "known",
    )


def placements(catalogue: Catalogue) -> list[Placement]:
    """Every placement."""
    return [each for each in catalogue.of("placements").values() if isinstance(each, Placement)]


def brands(catalogue: Catalogue) -> dict[str, Brand]:
    """The properties that are brands, by what clients call them."""
    found = {}
    for each in sorted(catalogue.of("properties").values(), key=_id):
        if isinstance(each, Property) and FORMAT in each.extensions:
            named = own(each).get("brand", each.id)
            found[named] = Brand(named, each.name or named, each.id)
    return found


def own(thing: Object) -> Mapping[str, Any]:
    """What an object keeps for this format."""
    said = thing.extensions.get(FORMAT)
    return said if isinstance(said, Mapping) else {}


def _id(thing: Object) -> str:
    return thing.id
