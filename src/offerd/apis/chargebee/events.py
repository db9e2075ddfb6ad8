"""Offer events: that an offer was seen, or put away."""

from __future__ import annotations

from typing import Any

from offerd.apis.chargebee import reading
from offerd.apis.chargebee.bodies import ANY_BODY, document
from offerd.apis.chargebee.given import given
from offerd.apis.chargebee.tenancy import agree
from offerd.apis.operation import Answer, Call, Operations
from offerd.model.interaction import Interaction

operations = Operations("Offer events")

#: What clients begin with that cannot read an answer without a body.
_READS_A_BODY = "Chargebee-Python-Client"


@operations.add(
    "POST", "/offer_events", "chargebeeEvents", scope="interact", limit="body_limit", payload=ANY_BODY,
    searched=True, answers={200: {"type": "object"}, 204: None},
)  # fmt: skip
async def offer_events(call: Call) -> Answer:
    """Notes that an offer was viewed or dismissed; each counts once for an offer, however often it is told."""
    workspace = agree(call)
    told = reading.told(reading.body(call))
    found = given(call.house, workspace, told.proposition)
    noted = document({}) if call.headers.get("user-agent", "").startswith(_READS_A_BODY) else Answer(status=204)

    def shown(_recorded: Any) -> Answer:
        return noted

    happened = Interaction(type=told.type, proposition=found.proposition.id)
    await call.house.interactions.record(workspace, [happened], keep=call.keep(shown))
    return noted
