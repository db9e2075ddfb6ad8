"""Who may enter an activity, and how many of them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from offerd.apis.target.admin import places
from offerd.apis.target.admin.bodies import Members
from offerd.apis.target.admin.desk import Desk
from offerd.apis.target.ids import GLOBAL, own
from offerd.model.activity import Activity

_WHOLE = Decimal(100)


def entered(at: Desk, body: Members, base: Activity) -> tuple[Any, Decimal]:
    """Who may enter an activity, and how many of them."""
    inner = body.inner("entryConstraint")
    if inner is None:
        return places.condition(at, (), base.audience, body), _WHOLE
    percent = inner.percent("visitorPercentage")
    listed_ = inner.items("mboxes")
    named = [each.wholes("audienceIds") for each in listed_]
    for each in listed_:
        each.text("name", most=places.MBOX, required=True)
    if any(each != named[0] for each in named):
        inner.fault("mboxes", "expected the same audienceIds at every mbox: an activity has one audience of entry")
    audience = places.condition(at, named[0] if named else (), base.audience, inner)
    return audience, _WHOLE if percent is None else percent


def shown(at: Desk, thing: Activity) -> dict[str, Any]:
    """The entry constraint: as it was sent, where it still holds."""
    named = list(places.audiences(at, thing.audience))
    kept = own(thing).get("entryConstraint")
    percent = int(thing.percent) if thing.percent == thing.percent.to_integral_value() else float(thing.percent)
    if isinstance(kept, dict):
        held = Members(kept)
        kept_mboxes = held.items("mboxes")
        same = all(each.wholes("audienceIds") == named for each in kept_mboxes) and (bool(kept_mboxes) or not named)
        share = held.percent("visitorPercentage")
        if same and (_WHOLE if share is None else share) == thing.percent and not held.faults:
            return kept
    known = [places.name_of(places.placement_of(at, name)) for name in thing.placements]
    mboxes = [{"name": name, "audienceIds": named} for name in known or [GLOBAL]] if named else []
    return {"mboxes": mboxes, "visitorPercentage": percent}
