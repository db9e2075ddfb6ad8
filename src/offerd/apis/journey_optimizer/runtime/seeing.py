"""What this format's rules see: an offer and a person under the names that its authors write."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from offerd.apis.journey_optimizer import names
from offerd.model import codec
from offerd.model.offer import Offer

#: The namespace of the audiences that a profile is a member of, and how a membership is called that holds.
_SEGMENTS, _REALIZED = "ups", "realized"


def offer(thing: Offer) -> Mapping[str, Any]:
    """An offer as `offer.rank.priority`, `offer.characteristics`, `offer._id` and a tenant's own attributes."""
    begins, ends = thing.window.from_, thing.window.until
    tenants = {name: value for name, value in thing.attributes.items() if name.startswith("_")}
    seen: dict[str, Any] = {
        **tenants,
        "rank": {"priority": thing.priority},
        "characteristics": {name: value for name, value in thing.attributes.items() if name not in tenants},
        "selectionConstraint": {
            "startDate": None if begins is None else codec.instant_text(begins),
            "endDate": None if ends is None else codec.instant_text(ends),
        },
    }
    if "time" in thing.ids:
        seen["_id"] = names.prefix(names.OFFER, "container") + thing.ids["time"]
    return seen


def person(memberships: frozenset[str]) -> Mapping[str, Any]:
    """A person's imported audiences as `segmentMembership.get("ups").get(id).status`."""
    if not memberships:
        return {}
    return {"segmentMembership": {_SEGMENTS: {name: {"status": _REALIZED} for name in sorted(memberships)}}}
