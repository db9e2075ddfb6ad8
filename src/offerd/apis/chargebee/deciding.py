"""Deciding: one request for a customer's offer; one that can no longer be taken makes room for another."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from offerd.apis.chargebee.known import Known
from offerd.apis.operation import Answer, Call
from offerd.model.decision import Decision
from offerd.model.place import Placement
from offerd.model.request import Ask, Request

#: What caps count that say how often an offer may be taken.
_TAKING = "accept"


class Deciding:
    """The decision of one call.

    Args:
        call: the call.
        workspace: the workspace's id.
        placement: the placement that answers.
        known: what the catalogue says.
    """

    def __init__(self, call: Call, workspace: str, placement: Placement, known: Known) -> None:
        self._call = call
        self._workspace = workspace
        self._placement = placement
        self._known = known
        self._service = call.house.decisioning

    async def decided(self, request: Request, warnings: Sequence[str], shown: Callable[[Decision], Answer]) -> Decision:
        """What is decided.

        Args:
            request: what is asked for, without its asks.
            warnings: what was odd about the call.
            shown: makes the answer, which is kept with the decision.
        """
        request = self._asking(request, None if self._known.all_fit else self._known.fit)
        keep = self._call.keep(shown)
        if keep is not None:  # One answer is kept, so it has to be known before which decision it is made of.
            seen = await self._service.decide(self._workspace, msgspec.structs.replace(request, dry_run=True))
            request = await self._without_taken(request, seen)
            return await self._service.decide(self._workspace, request, warnings=warnings, keep=keep)
        made = await self._service.decide(self._workspace, request, warnings=warnings)
        other = await self._without_taken(request, made)
        return made if other is request else await self._service.decide(self._workspace, other, warnings=warnings)

    def _asking(self, request: Request, offers: Sequence[str] | None) -> Request:
        ask = Ask(placement=self._placement.id, count=1, offers=None if offers is None else list(offers))
        return msgspec.structs.replace(request, asks=[ask])

    async def _without_taken(self, request: Request, made: Decision) -> Request:
        """The request as it is, unless it was given an open offer again that was taken as often as it may be."""
        given = next((each for each in made.propositions if each.kept and each.items), None)
        if given is None:
            return request
        item = given.items[0]
        offer = self._call.house.catalogue.snapshot(self._workspace).offer(item.offer, given.activity)
        if offer is None or all(cap.counts.type != _TAKING for cap in offer.offer.caps):
            return request
        check = Ask(placement=given.placement, offers=[f"{given.activity}#{item.offer}"], check=True)
        judged = await self._service.decide(self._workspace, msgspec.structs.replace(request, asks=[check]))
        caps = [why for verdict in judged.verdicts for why in verdict.reasons if why.stage == "cap"]
        if all(why.facts.get("counts") != _TAKING for why in caps):
            return request
        return self._asking(request, [each for each in self._known.fit if each != item.offer])
