"""Routes of the hub: decisions for one person at several scopes."""

from __future__ import annotations

import msgspec

from offerd.apis.journey_optimizer.names import Dialect
from offerd.apis.journey_optimizer.runtime import decision_request
from offerd.apis.journey_optimizer.runtime.decision_answer import answer as encoded
from offerd.apis.journey_optimizer.runtime.decision_request import ALL_ITEMS, SCOPE_ITEMS
from offerd.apis.journey_optimizer.runtime.lookup import Library
from offerd.apis.journey_optimizer.runtime.refusals import Undecided
from offerd.apis.journey_optimizer.runtime.scopes import Scope
from offerd.apis.journey_optimizer.tenancy import container, tenant
from offerd.apis.operation import Answer, Call, Operations, Payload, answer
from offerd.model.decision import Decision
from offerd.model.place import Placement
from offerd.model.request import Ask, Request
from offerd.services.clock import instant

operations = Operations("Decisions")

#: Any type: what clients call this one varies in quotes, spaces and versions.
ANY = "*/*"

_BODY = Payload(shapes={ANY: {"type": "object"}})
_ANSWER = {200: {"type": "object"}}


@operations.add(
    "POST", "/ods/decisions", "odsDecisions", scope="decide", limit="body_limit", payload=_BODY, answers=_ANSWER,
    query=None,
)  # fmt: skip
async def decide(call: Call) -> Answer:
    """Decides for one person at several scopes."""
    return await _decide(call, tenant(call).workspace, "plain")


@operations.add(
    "POST", "/ode/{container}/decisions", "odeDecisions", scope="decide", limit="body_limit", payload=_BODY,
    answers=_ANSWER, query=None,
)  # fmt: skip
async def decide_in_container(call: Call) -> Answer:
    """Decides for one person at several scopes of a container.

    Takes version 0.9 of the request as well: decisions at each of their placements.
    """
    return await _decide(call, container(call, call.path["container"]).workspace, "container")


async def _decide(call: Call, workspace: str, dialect: Dialect) -> Answer:
    house = call.house
    asked = decision_request.read(call.body)
    library = Library(house, workspace)
    asked_scopes, asks = asks_of(library, asked.scopes, asked.request_id)
    hub = msgspec.structs.replace(asked, scopes=asked_scopes)
    request = Request(
        asks=asks, identities=hub.identities, context=hub.context, duplicates=hub.duplicates, dry_run=hub.dry_run
    )

    def shown(decision: Decision) -> Answer:
        return answer(encoded(library, hub, decision, dialect))

    decision = await house.decisioning.decide(workspace, request, keep=call.keep(shown))
    call.result = decision
    return shown(decision)


def asks_of(library: Library, wanted: list[Scope], name: str | None = None) -> tuple[list[Scope], list[Ask]]:
    """The asks of scopes, and the scope of each: a scope without a placement asks at each of the decision's.

    Args:
        library: the catalogue.
        wanted: what a client asks.
        name: the client's own for it.

    Raises:
        Undecided: a scope leads nowhere, or asks for more than this wire allows.
    """
    now = instant(library.house.clock.now())
    scopes: list[Scope] = []
    asks: list[Ask] = []
    total = 0
    for scope in wanted:
        activity = library.activity(scope.activity, now)
        if scope.placement is None:
            places = [found for name in activity.placements if (found := library.get(Placement, name)) is not None]
        else:
            places = [library.placement(scope.placement, activity)]
        for place in places:
            count = scope.count or default_count(place)
            total += count
            scopes.append(scope)
            asks.append(Ask(id=name, activity=activity.id, placement=place.id, count=count))
    if total > ALL_ITEMS:
        raise Undecided(f"The scopes ask for {total} items; an answer holds at most {ALL_ITEMS}")
    if not asks:
        raise Undecided("The decisions have no placement", "/xdm:propositionRequests")
    return scopes, asks


def default_count(placement: Placement) -> int:
    """How many items a scope without a count wants: the placement's, at most as many as a scope may have."""
    return SCOPE_ITEMS if placement.count == "all" else min(placement.count, SCOPE_ITEMS)
