"""Delivering: one request from what it says to what is shown, in whichever wire it came."""

from __future__ import annotations

from typing import Any

import msgspec

from offerd.apis.target.delivery import trace
from offerd.apis.target.delivery.answers import Answers
from offerd.apis.target.delivery.conversions import Events
from offerd.apis.target.delivery.deciding import Deciding, Given, profile_attributes
from offerd.apis.target.delivery.preview import look
from offerd.apis.target.delivery.trace import Traces
from offerd.apis.target.delivery.visitors import Visitor, visitor
from offerd.apis.target.delivery.words import Delivery
from offerd.apis.target.profiles.attributes import learn
from offerd.apis.target.runtime import runtime
from offerd.apis.target.tenancy import Tenant
from offerd.services.house import House


class Delivered(msgspec.Struct, frozen=True):
    """What came of a request.

    Attributes:
        said: the request.
        visitor: who it was for.
        given: what each place is given, in the order in which they were asked for.
        answers: shows it.
        traces: says why; None where nobody may know.
    """

    said: Delivery
    visitor: Visitor
    given: list[Given]
    answers: Answers
    traces: Traces | None

    def traced(self, given: Given, shown: dict[str, Any]) -> dict[str, Any]:
        """What a place shows, with why."""
        return shown if self.traces is None else {**shown, "trace": self.traces.of(given)}


async def deliver(house: House, tenant: Tenant, said: Delivery) -> Delivered:
    """Answers a request: attributes first, then what it tells, then what it asks, then what that means for goals.

    Raises:
        Rejected: a token in it is not one of this server's; then nothing of it was stored.
        TooMany: its session has too many requests under way.
    """
    workspace = tenant.workspace
    with runtime(house).session(workspace, said.session):
        events = Events(house, workspace, said)
        seen = look(house, workspace, said)
        who = await visitor(house, workspace, said.visitor, said.session, joins=seen is None)
        if seen is None:
            await _learned(house, workspace, said, who)
            told = events.notified(who)
            if told:
                await house.interactions.record(workspace, told)
        tracing = await trace.allowed(house, workspace, said.trace)
        given = await Deciding(house, workspace, said, who, explain=tracing).given(seen)
        if seen is None:
            profile = house.profiles.find_identity(workspace, who.identities[0])
            reached = events.converted(who, profile)
            if reached:
                await house.interactions.record(workspace, reached)
        answers = Answers(house, workspace, who, said.facts)
        return Delivered(said, who, given, answers, Traces(house, tenant, said, who) if tracing else None)


async def _learned(house: House, workspace: str, said: Delivery, who: Visitor) -> None:
    given = [each.details for each in said.asked] + [each.details for each in said.notifications]
    attributes = profile_attributes(given)
    if attributes:
        await learn(house, workspace, who.identities, attributes, known=who.profile)
