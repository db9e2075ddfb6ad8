"""Counting: which counts an interaction adds to."""

from __future__ import annotations

from typing import Any

from offerd.engine.caps import CompiledCap, applies, count_key, limit
from offerd.engine.sight import Sight
from offerd.engine.situation import Person, Reservation
from offerd.engine.snapshot import Snapshot
from offerd.model import codec
from offerd.model.interaction import ASKED, Interaction


def counted(
    snapshot: Snapshot,
    event: Interaction,
    *,
    person: Person,
    now: int,
    offer: str | None,
    placement: str | None,
    activity: str | None = None,
) -> list[Reservation]:
    """The counts that an interaction with an offer adds to.

    Args:
        snapshot: the compiled catalogue.
        event: the interaction.
        person: who did it; without an id, caps for each profile count nothing.
        now: the instant whose calendar periods count, in microseconds.
        offer: the offer's id; None, or one that is not in the catalogue, counts nothing.
        placement: where it happened.
        activity: the activity that gave the offer, which may be written in it.

    Returns:
        One reservation a count; with a limit only where the interaction is asked and may be refused.
    """
    found = None if offer is None else snapshot.offer(offer, activity)
    if found is None:
        return []
    sight = Sight(snapshot, person, now, event=event_view(event))
    sight.look(found.view)
    reserved = []
    for cap in found.caps:
        if not applies(cap, placement or "") or not counts(cap, sight, event):
            continue
        key, expires = count_key(cap, sight, placement or "")
        if key is not None:
            reserved.append(
                Reservation(
                    key=key,
                    amount=event.quantity if cap.by_quantity else 1,
                    limit=limit(cap, sight) if event.type in ASKED else None,
                    offer=found.uid,
                    cap=cap.id,
                    expires=expires,
                    within=cap.within,
                )
            )
    return reserved


def counts(cap: CompiledCap, sight: Sight, event: Interaction) -> bool:
    """Whether a cap counts an interaction; a bare name that is none of the person's is one of the event's data."""
    if cap.type != event.type:
        return False
    if cap.when is None:
        return True
    # A condition that was written for the event alone names its members without a root.
    attributes = {**event.data, **sight.person.attributes}
    who = Person(id=sight.person.id, attributes=attributes, memberships=sight.person.memberships)
    seen = Sight(sight.snapshot, who, sight.scope.now, event=event_view(event))
    seen.look(sight.scope.offer)
    return seen.truth(cap.when)


def event_view(event: Interaction) -> dict[str, Any]:
    """An interaction as rules see it, under the root `event`.

    Its data are there under `data`, and each by its own name where the interaction has no member of that name.
    """
    view = {
        "type": event.type,
        "offer": event.offer,
        "activity": event.activity,
        "placement": event.placement,
        "proposition": event.proposition,
        "choice": event.choice,
        "quantity": event.quantity,
        "value": None if event.value is None else float(event.value),
        "currency": event.currency,
        "selector": event.selector,
        "data": event.data,
        "at": None if event.at is None else codec.instant_text(event.at),
    }
    return {**event.data, **view}
