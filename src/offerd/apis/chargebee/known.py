"""What a catalogue says for this format, worked out once for each of its revisions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from weakref import WeakKeyDictionary

import msgspec

from offerd.apis.chargebee.cards import lacks
from offerd.apis.chargebee.places import Brand, Place, brands, place
from offerd.model.offer import Offer
from offerd.model.place import Placement
from offerd.services.house import House


class Known(msgspec.Struct, frozen=True):
    """What a catalogue says.

    Attributes:
        revision: the catalogue's.
        place: where clients show offers; None where there is no such placement.
        brands: by what clients call them.
        fit: the ids of the offers that plays may give and clients can show.
        all_fit: whether clients can show every one that plays may give.
    """

    revision: int
    place: Place | None
    brands: Mapping[str, Brand]
    fit: list[str]
    all_fit: bool


_KNOWN: WeakKeyDictionary[House, dict[str, Known]] = WeakKeyDictionary()


def known(house: House, workspace: str) -> Known:
    """What a workspace's catalogue says now."""
    all_ = _KNOWN.setdefault(house, {})
    found = all_.get(workspace)
    if found is None or found.revision != house.catalogue.snapshot(workspace).revision:
        found = all_[workspace] = _made(house, workspace)
    return found


def _made(house: House, workspace: str) -> Known:
    catalogue = house.catalogue.catalogue(workspace)
    found, contents = place(catalogue), catalogue.of("contents")
    offers = list(_given(house, workspace, found.placement)) if found is not None else []
    where = found.placement.id if found is not None else ""
    pages = house.settings.fulfilment_pages
    fit = [each.id for each in offers if next(lacks(each, where, contents, pages), None) is None]
    return Known(catalogue.revision, found, brands(catalogue), list(dict.fromkeys(fit)), len(fit) == len(offers))


def _given(house: House, workspace: str, placement: Placement) -> Iterator[Offer]:
    """The offers that the live plays of a placement may give."""
    snapshot = house.catalogue.snapshot(workspace)
    for name in snapshot.at.get(placement.id, ()):
        play = snapshot.activities[name]
        for selection in snapshot.selections_at(play, placement.id) if play.activity.status == "live" else ():
            pool = snapshot.pool(selection)
            gathered = (snapshot.offers.get(id_) for id_ in (pool.members if pool is not None else ()))
            for each in (*selection.inline, *(found for found in gathered if found is not None)):
                fits = not placement.content or placement.id in each.offer.content
                if each.offer.status == "approved" and fits:
                    yield each.offer
