"""Numbers and names by which clients know activities, experiences, options and contents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from offerd.model.activity import Activity
from offerd.model.base import Object, Part
from offerd.model.catalogue import Catalogue
from offerd.model.offer import Offer

#: The format's name in `extensions`.
FORMAT = "target"

#: The placement of whole pages, unless a catalogue has another one of kind `page`.
GLOBAL = "target-global-mbox"

AB = "ab"
XT = "landing"
AUTO_ALLOCATE = "auto_allocate"


class Experience(NamedTuple):
    """One experience of an activity.

    Attributes:
        id: its number within the activity, or the number of an offer that is not written in the activity.
        name: for people.
        offer: the offer that it is.
    """

    id: int
    name: str
    offer: Offer


def number(thing: Object) -> int:
    """The number of an object that the catalogue keeps; below 2^53."""
    return int(thing.ids.get("number", "0"))


def kind(activity: Activity) -> str:
    """What sort of activity it is: `ab`, `landing` (experience targeting) or `auto_allocate`."""
    split = [selection.rank for selection in activity.selections if selection.rank.by == "traffic"]
    if any(rank.model is not None for rank in split):
        return AUTO_ALLOCATE
    return AB if split else XT


def experiences(activity: Activity) -> list[Experience]:
    """The experiences that are written in an activity, in their order.

    An experience's number is `extensions.target.experienceLocalId`, else its index; where an earlier one has it, the
    next that is free.
    """
    written = [pair for selection in activity.selections for pair in (selection.inline or {}).items()]
    taken: set[int] = set()
    made = []
    for index, (offer_id, offer) in enumerate(written):
        local = _local(offer, index)
        local = local if local not in taken else max(taken) + 1
        taken.add(local)
        made.append(Experience(local, offer.name or offer_id, offer))
    return made


def experience(catalogue: Catalogue, activity: Activity, offer: str) -> Experience | None:
    """The experience that an offer is in an activity; None where there is no such offer any more."""
    names = [name for selection in activity.selections for name in (selection.inline or {})]
    if offer in names:
        return experiences(activity)[names.index(offer)]
    found = catalogue.of("offers").get(offer)
    return Experience(number(found), found.name or offer, found) if isinstance(found, Offer) else None


def offer_name(activity: Activity, index: int) -> str | None:
    """The id of the offer of an activity's experience, by its place from 0."""
    names = [name for selection in activity.selections for name in (selection.inline or {})]
    return names[index] if 0 <= index < len(names) else None


def own(part: Part) -> Mapping[str, Any]:
    """What this format keeps with a part."""
    value = part.extensions.get(FORMAT)
    return value if isinstance(value, dict) else {}


def _local(offer: Offer, index: int) -> int:
    found = own(offer).get("experienceLocalId")
    return found if type(found) is int else index
