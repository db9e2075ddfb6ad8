"""Looking at activities before they are live: preview links and QA mode, each with a token that lets somebody."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from offerd.apis.target import ids
from offerd.apis.target.delivery.words import Delivery, QaMode
from offerd.apis.target.tokens import Preview, Tokens
from offerd.model.activity import Activity
from offerd.model.base import Object
from offerd.model.request import Pretence
from offerd.services.house import House


class Look(msgspec.Struct, frozen=True):
    """What somebody may see beyond what is live; nothing of it is counted.

    Attributes:
        activities: ids of activities, the first to be asked first.
        pretence: what is taken for granted of these.
        listed_only: whether no other activity is asked.
    """

    activities: list[str]
    pretence: Pretence
    listed_only: bool = False


def look(house: House, workspace: str, said: Delivery) -> Look | None:
    """What a request may see beyond what is live; None for an ordinary one, and where its token is none of ours."""
    token = said.qa.token if said.qa is not None else said.preview
    preview = Tokens(house, workspace).read_preview(token) if token is not None else None
    if preview is None:
        return None
    known = house.catalogue.catalogue(workspace).of("activities")
    pins = _pins(known, preview, said.qa)
    listed = [name for name in preview.activities if name in known]
    if said.qa is not None and said.qa.pins:
        wanted = [preview.activities[at - 1] for at in said.qa.pins if at <= len(preview.activities)]
        listed = [name for name in dict.fromkeys((*wanted, *listed)) if name in known]
    pretence = Pretence(pins=pins, audiences=_audiences(house, workspace, said.qa), drafts=True)
    return Look(listed, pretence, said.qa is not None and said.qa.listed_only)


def _pins(activities: Mapping[str, Object], preview: Preview, qa: QaMode | None) -> dict[str, str]:
    """The experience that is shown of each activity: what the request names by place, over what the token names."""
    named = zip(preview.activities, preview.experiences, strict=False)
    pins = {activity: offer for activity, offer in named if offer is not None and activity in activities}
    for at, experience in (qa.pins if qa is not None else {}).items():
        activity = activities.get(preview.activities[at - 1]) if at <= len(preview.activities) else None
        if not isinstance(activity, Activity) or experience is None:
            continue
        offer = ids.offer_name(activity, experience - 1)
        if offer is not None:
            pins[activity.id] = offer
    return pins


def _audiences(house: House, workspace: str, qa: QaMode | None) -> dict[str, bool]:
    """What is pretended of audiences, which clients name by number."""
    made = {}
    for number, holds in (qa.audiences if qa is not None else {}).items():
        found = house.catalogue.find_foreign(workspace, "number", str(number), "audiences")
        if found is not None:
            made[found[1].id] = holds
    return made
