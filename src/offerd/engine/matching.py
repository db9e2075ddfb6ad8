"""Matching: whether an offer may be given to this person at this placement now, before any ranking."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from offerd.engine.caps import Counts, Room, applies, room
from offerd.engine.components import Representation, taken
from offerd.engine.conditions import Test
from offerd.engine.offers import CompiledOffer
from offerd.engine.reasons import Failing, failed, outside, reason
from offerd.engine.sight import Sight
from offerd.engine.snapshot import CompiledPlacement
from offerd.model.decision import Reason


class Matcher:
    """Judges one offer after another for one placement.

    `passes` answers and `loses` explains; both ask the same questions in the same order, so that asking why costs
    nothing where nobody asks.

    Attributes:
        sight: what rules see.
        contents: named contents, which components refer to.
        counts: the counts of caps.
        places: the placements at one of which an offer must fit; none means that nothing need fit.
        placement: where caps count; empty for no placement in particular.
        quantity: how much is wanted.
        drafts: whether drafts pass as approved.
        refused: offers whose reservation was refused, by the cap that refused it.
    """

    __slots__ = ("contents", "counts", "drafts", "now", "placement", "places", "quantity", "refused", "sight")

    def __init__(
        self,
        sight: Sight,
        counts: Counts,
        places: Sequence[CompiledPlacement],
        *,
        placement: str = "",
        quantity: int = 1,
        drafts: bool = False,
        refused: Mapping[str, str] | None = None,
    ) -> None:
        self.sight = sight
        self.contents = sight.snapshot.contents
        self.now = sight.scope.now
        self.counts = counts
        self.places = places
        self.placement = placement
        self.quantity = quantity
        self.drafts = drafts
        self.refused = refused or {}

    def passes(self, offer: CompiledOffer, when: Test | None) -> bool:
        """Whether an offer may be given; `when` is the condition of the selection it comes from."""
        if not self.is_live(offer):
            return False
        sight = self.sight
        sight.look(offer.view)
        if not self.fits(offer.content):
            return False
        if when is not None and not when.holds(sight):
            return False
        if offer.eligible is not None and not offer.eligible.holds(sight):
            return False
        return offer.uid not in self.refused and self.under_caps(offer)

    def loses(self, offer: CompiledOffer, when: Test | None) -> Reason | None:
        """The first reason for which an offer may not be given; None where it may."""
        self.sight.look(offer.view)
        found = self.not_live(offer) or self.not_fitting(offer.content)
        if found is not None:
            return found
        if when is not None and not when.holds(self.sight):
            return failed("selection-condition", "selection", when.failing(self.sight))
        return self.not_eligible(offer) or self.not_under_caps(offer)

    def is_live(self, offer: CompiledOffer) -> bool:
        """Whether an offer is approved and in its window."""
        if not (offer.approved or self._is_draft(offer)):
            return False
        if offer.starts is not None and self.now < offer.starts:
            return False
        return offer.ends is None or self.now < offer.ends

    def not_live(self, offer: CompiledOffer) -> Reason | None:
        """Why an offer is not live."""
        if not (offer.approved or self._is_draft(offer)):
            return reason(
                "offer-status", "candidate", clause="offer.status", path="offer.status", wanted="approved",
                seen=offer.offer.status,
            )  # fmt: skip
        return outside("offer", offer.starts, offer.ends, self.now, "candidate")

    def fits(self, content: Mapping[str, Representation]) -> bool:
        """Whether there is something to show at one of the places."""
        if not self.places:
            return True
        for place in self.places:  # noqa: SIM110 - a generator costs more than the question
            if self.fits_at(place, content):
                return True
        return False

    def fits_at(self, place: CompiledPlacement, content: Mapping[str, Representation]) -> bool:
        """Whether there is something to show at a placement."""
        if not place.types:
            return True
        components = content.get(place.id)
        if components is None:
            return False
        for each in taken(components, place.types, self.contents):
            if each.when is None or each.when.holds(self.sight):
                return True
        return False

    def not_fitting(self, content: Mapping[str, Representation]) -> Reason | None:
        """Why there is nothing to show at any of the places."""
        return None if self.fits(content) else self.not_fitting_at(self.places[0], content)

    def not_fitting_at(self, place: CompiledPlacement, content: Mapping[str, Representation]) -> Reason:
        """Why there is nothing to show at a placement where there is not."""
        components = content.get(place.id, ())
        for each in taken(components, place.types, self.contents):
            if each.when is not None:
                failing = each.when.failing(self.sight)
                return failed("component-condition", "candidate", failing, placement=place.id)
        return reason(
            "no-content", "candidate", clause="offer.content", path=f"offer.content.{place.id}",
            wanted=sorted(place.types), seen=[each.component.type for each in components],
        )  # fmt: skip

    def not_eligible(self, offer: CompiledOffer) -> Reason | None:
        """Why the offer that is being looked at is not for this person."""
        if offer.eligible is None or offer.eligible.holds(self.sight):
            return None
        return failed("not-eligible", "eligibility", offer.eligible.failing(self.sight))

    def under_caps(self, offer: CompiledOffer) -> bool:
        """Whether every cap of the offer that is being looked at has room."""
        return all(each.enough for each in self.rooms(offer))

    def not_under_caps(self, offer: CompiledOffer) -> Reason | None:
        """Which cap of the offer that is being looked at has no room."""
        if offer.uid in self.refused:
            cap = self.refused[offer.uid]
            return reason("cap-refused", "cap", clause=f"offer.caps.{cap}", facts={"cap": cap})
        return next((cap_reason(each) for each in self.rooms(offer) if not each.enough), None)

    def rooms(self, offer: CompiledOffer) -> Iterator[Room]:
        """How much room the caps of the offer that is being looked at have."""
        for cap in offer.caps:
            if applies(cap, self.placement):
                yield room(cap, self.sight, self.counts, self.placement, self.quantity)

    def _is_draft(self, offer: CompiledOffer) -> bool:
        return self.drafts and offer.offer.status == "draft"


def cap_reason(room: Room, code: str | None = None) -> Reason:
    """Why a cap has no room.

    What would have passed is a smaller count, or, where even an unused count is too much, a larger limit.
    """
    cap = room.cap
    facts = {"cap": cap.id, "code": cap.code, "counts": cap.type, "used": room.used, "limit": room.limit}
    facts |= {"quantity": room.wanted, "left": max(0, room.limit - room.used)}
    clause = f"offer.caps.{cap.id}"
    if room.key is None:
        failing = Failing(clause, "profile.id", True, None, "cap-needs-profile")
    elif room.wanted > room.limit:
        failing = Failing(clause, f"{clause}.limit", room.wanted + room.used, room.limit)
    else:
        failing = Failing(clause, f"{clause}.used", room.limit - room.wanted, room.used)
    made = failed("cap-reached", "cap", failing, **facts)
    return made if code is None else msgspec.structs.replace(made, code=code)
