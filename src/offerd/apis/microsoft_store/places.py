"""Which placements and offers are an application's targeted offers, and what a catalogue has to say for that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any
from weakref import WeakKeyDictionary

from offerd.model.activity import Activity, ActivitySelection, Selection
from offerd.model.base import Object
from offerd.model.catalogue import Catalogue
from offerd.model.codec import Fault, pointer
from offerd.model.decision import Item, Proposition
from offerd.model.offer import Offer
from offerd.model.place import Placement
from offerd.model.request import Ask
from offerd.services.catalogue.lint import Finding
from offerd.services.house import House

#: The format's name in `extensions`.
FORMAT = "microsoft_store"

#: The system whose foreign ids are product ids.
PRODUCT = "store"

_LONGEST_APP = 255

#: By house and workspace: a revision, and what is asked at it.
_ASKS: WeakKeyDictionary[House, dict[str, tuple[int, list[Ask]]]] = WeakKeyDictionary()


def targeted(catalogue: Catalogue) -> list[Placement]:
    """The placements that are the application's targeted offers, by id.

    They carry `extensions.microsoft_store`, and take offers without content, since this format can show none.
    """
    found = (each for each in catalogue.of("placements").values() if isinstance(each, Placement))
    return sorted((each for each in found if FORMAT in each.extensions and not each.content), key=lambda each: each.id)


def asks(house: House, workspace: str) -> list[Ask]:
    """What is asked for targeted offers: every placement of theirs, for offers with a product id alone.

    An ask names them only where others might be chosen as well, since decisions keep what they were asked.
    """
    catalogue = house.catalogue.catalogue(workspace)
    known = _ASKS.setdefault(house, {})
    found = known.get(workspace)
    if found is None or found[0] != catalogue.revision:
        made = [Ask(placement=each.id, offers=_named(house, workspace, each.id)) for each in targeted(catalogue)]
        found = known[workspace] = (catalogue.revision, made)
    return found[1]


def _named(house: House, workspace: str, placement: str) -> list[str] | None:
    """Which of the offers that activities may choose at a placement have a product id; None where all have."""
    snapshot = house.catalogue.snapshot(workspace)
    chosen: list[Offer] = []
    for name in snapshot.at.get(placement, ()):
        for selection in snapshot.selections_at(snapshot.activities[name], placement):
            pool = snapshot.pool(selection)
            listed = () if pool is None else pool.members
            chosen += [each.offer for each in selection.inline]
            chosen += [snapshot.offers[each].offer for each in listed if each in snapshot.offers]
    if all(PRODUCT in each.ids for each in chosen):
        return None
    return sorted({each.id for each in chosen if PRODUCT in each.ids})


def app(placement: Placement) -> str | None:
    """What receipts call the application of a placement; None where the workspace's keys say it."""
    own = placement.extensions.get(FORMAT)
    found = own.get("app") if isinstance(own, dict) else None
    return found if isinstance(found, str) else None


def products(house: House, workspace: str, proposition: Proposition) -> dict[str, Item]:
    """What a proposition gives, by the ids that the application has for its products, the best first."""
    snapshot = house.catalogue.snapshot(workspace)
    found: dict[str, Item] = {}
    for item in proposition.items:
        compiled = None if item.fallback else snapshot.offer(item.offer, proposition.activity)
        product = None if compiled is None else compiled.offer.ids.get(PRODUCT)
        if product:
            found.setdefault(product, item)
    return found


def faults(value: Any) -> list[Fault]:
    """What is wrong with the extension of a placement: an object with nothing in it but `app`, a text."""
    if not isinstance(value, dict):
        return [Fault("", "expected an object")]
    found = [Fault(pointer("", name), "is no member that is kept here; known: app") for name in value if name != "app"]
    if "app" in value and not (isinstance(value["app"], str) and 0 < len(value["app"]) <= _LONGEST_APP):
        found.append(Fault("/app", f"expected text of 1 to {_LONGEST_APP} characters"))
    return found


def findings(catalogue: Catalogue) -> Iterator[Finding]:
    """What keeps offers from being shown in this format though they look as if they were."""
    places = {
        each.id: each
        for each in catalogue.of("placements").values()
        if isinstance(each, Placement) and FORMAT in each.extensions
    }
    for place in places.values():
        if place.content:
            message = "targeted offers show no content: a placement that takes any answers nothing there"
            yield Finding(pointer("/placements", place.id) + "/content", "warning", "store-content", message)
    for activity in catalogue.of("activities").values():
        if isinstance(activity, Activity) and activity.status == "live" and places.keys() & activity.placements.keys():
            yield from _without_product(catalogue, activity)


def _without_product(catalogue: Catalogue, activity: Activity) -> Iterator[Finding]:
    for index, selection in enumerate(activity.selections):
        where = f"{pointer('/activities', activity.id)}/selections/{index}"
        for offer in _listed(catalogue, selection):
            if isinstance(offer, Offer) and PRODUCT not in offer.ids:
                message = f"the offer {offer.id!r} has no ids.{PRODUCT}, and is not shown as a targeted offer"
                yield Finding(where, "warning", "store-product", message)


def _listed(catalogue: Catalogue, selection: ActivitySelection) -> Iterable[Object | None]:
    """The offers that a selection, or the named one that it means, lists."""
    chosen: Object | None = selection
    if selection.strategy is not None:
        chosen = catalogue.of("selections").get(selection.strategy)
    if not isinstance(chosen, Selection):
        return ()
    if chosen.inline is not None:
        return chosen.inline.values()
    return [catalogue.of("offers").get(name) for name in chosen.offers or ()]
