"""The route of targeted offers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from offerd.apis.microsoft_store.places import asks, products
from offerd.apis.microsoft_store.problems import NoUser
from offerd.apis.operation import Answer, Call, Operations, answer
from offerd.model.decision import Proposition
from offerd.model.person import Identity
from offerd.model.request import Request

operations = Operations("Targeted offers")

#: Below the format's prefix.
PATH = "/my/storeoffers/user"

_ELEMENT = {
    "type": "object",
    "properties": {
        "offers": {"type": "array", "items": {"type": "string"}, "minItems": 1},
        "trackingId": {"type": "string", "format": "uuid"},
    },
    "required": ["offers", "trackingId"],
}


@operations.add("GET", PATH, "getTargetedOffers", scope="user", answers={200: {"type": "array", "items": _ELEMENT}})
async def targeted_offers(call: Call) -> Answer:
    """The offers for the application and the user of the token, one element for each segment, the best first.

    The token's workspace is the application. Each element has the product ids of one activity's offers, and the
    id by which a claim names them.
    """
    who = subject(call)
    house, workspace = call.house, call.workspace
    wanted = asks(house, workspace)
    elements: list[dict[str, Any]] = []
    for begin in range(0, len(wanted), house.settings.max_asks):
        some = wanted[begin : begin + house.settings.max_asks]
        decision = await house.decisioning.decide(workspace, Request(asks=some, identities=[who]))
        for proposition in _best_first(call, decision.propositions):
            named = list(products(house, workspace, proposition))
            if named:
                elements.append({"offers": named, "trackingId": proposition.id})
    return answer(elements)


def _best_first(call: Call, propositions: Sequence[Proposition]) -> list[Proposition]:
    """Propositions by the order of their activities, in which one that was given before has no advantage."""
    at = call.house.catalogue.snapshot(call.workspace).at

    def place(proposition: Proposition) -> tuple[int, int]:
        names = at.get(proposition.placement or "", ())
        return proposition.ask, names.index(proposition.activity) if proposition.activity in names else len(names)

    return sorted(propositions, key=place)


def subject(call: Call) -> Identity:
    """The person whom the token speaks for.

    Raises:
        NoUser: it speaks for a program.
    """
    if call.caller.subject is None:
        raise NoUser
    return call.caller.subject
