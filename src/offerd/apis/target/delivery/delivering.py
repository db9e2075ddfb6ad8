"""Delivering: one request from what it says to what is shown, in whichever wire it came."""

from __future__ import annotations

from typing import Any

import msgspec

from offerd.apis.target.delivery import trace
from offerd.apis.target.delivery.answers import Answers
from offerd.apis.target.delivery.conversions import Events
from offerd.apis.target.delivery.deciding import Deciding, Given
from offerd.apis.target.delivery.preview import look
from offerd.apis.target.delivery.trace import Traces
from offerd.apis.target.delivery.visitors import Visitor, profile_of, visitor
from offerd.apis.target.delivery.words import Delivery
from offerd.apis.target.profiles.attributes import check, learn
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
        Rejected: a token in it is not one of this server's, or it says too much of the visitor; then nothing of it was
            stored.
        TooMany: its session has too many requests under way.
    """
    workspace = tenant.workspace
    with runtime(house).session(workspace, said.session):
        events = Events(house, workspace, said)
        seen = look(house, workspace, said)
        attributes = _attributes(said) if seen is None else {}
        if attributes:
            before = await visitor(house, workspace, said.visitor, said.session, joins=False)
            check(before.profile, attributes)
        who = await visitor(house, workspace, said.visitor, said.session, joins=seen is None)
        if seen is None:
            if attributes:
                await learn(house, workspace, who.identities, attributes, known=who.profile)
            told = events.notified(who)
            if told:
                await house.interactions.record(workspace, told)
        tracing = await trace.allowed(house, workspace, said.trace)
        given = await Deciding(house, workspace, said, who, explain=tracing).given(seen)
        if seen is None:
            reached = events.converted(who, profile_of(house, workspace, who.identities))
            if reached:
                await house.interactions.record(workspace, reached)
        answers = Answers(house, workspace, who, said.facts)
        return Delivered(said, who, given, answers, Traces(house, tenant, said, who) if tracing else None)


def _attributes(said: Delivery) -> dict[str, str]:
    """The attributes of the visitor that a request gives anywhere; later places win."""
    places = [each.details for each in said.asked] + [each.details for each in said.notifications]
    return {**said.profile, **{name: value for each in places for name, value in each.profile.items()}}
