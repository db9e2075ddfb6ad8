"""Fulfilling: taking an option of an offer, asking how far it is, and saying how it ended."""

from __future__ import annotations

from typing import Any

from offerd.apis.chargebee import reading
from offerd.apis.chargebee.bodies import ANY_BODY, document
from offerd.apis.chargebee.cards import layout
from offerd.apis.chargebee.fulfillments import FAILED, fulfillment, hosted_page, processing_of
from offerd.apis.chargebee.given import Given, given, happened
from offerd.apis.chargebee.problems import Rejected, conflict, failure, unknown, wrong
from offerd.apis.chargebee.tenancy import agree
from offerd.apis.chargebee.words import TOLD_BY_CLIENT, Accepted, Ended
from offerd.apis.operation import Answer, Call, Operations
from offerd.model.interaction import Fulfilment, Interaction
from offerd.services.errors import NotFound
from offerd.services.fulfilment.ending import Ended as AlreadyEnded
from offerd.services.fulfilment.ending import as_of
from offerd.services.house import House
from offerd.services.recording import Recorded

operations = Operations("Offer fulfillments")

_ANSWERS = {200: {"type": "object"}}


@operations.add(
    "POST", "/offer_fulfillments", "chargebeeAccept", scope="interact", limit="body_limit", payload=ANY_BODY,
    searched=True, answers={202: {"type": "object"}},
)  # fmt: skip
async def accept(call: Call) -> Answer:
    """Takes an option of an offer, and sets going what carries it out.

    The same option again is the same fulfillment.
    """
    workspace = agree(call)
    wanted = reading.accepted(reading.body(call))
    found = given(call.house, workspace, wanted.proposition)
    if wanted.option not in found.options():
        raise wrong("option_id", "is no option of this offer")
    accepted, dismissed = (happened(call.house, workspace, found, type_) for type_ in ("accept", "dismiss"))
    if dismissed and not accepted:
        raise conflict("The offer was dismissed")

    now, where = call.house.clock.now(), _layout(call.house, workspace, found, wanted.option)

    def shown(recorded: list[Recorded]) -> Answer:
        return _accepted(wanted, recorded[0], where, now)

    own = Interaction(type="accept", proposition=found.proposition.id, choice=wanted.option)
    return shown(await call.house.interactions.record(workspace, [own], keep=call.keep(shown)))


@operations.add(
    "GET", "/offer_fulfillments/{id}", "chargebeeFulfillment", scope="interact", searched=True, answers=_ANSWERS
)
async def read(call: Call) -> Answer:
    """Tells how far a fulfillment is."""
    return _told(_found(call.house, agree(call), call.path["id"]))


@operations.add(
    "POST", "/offer_fulfillments/{id}", "chargebeeFinish", scope="interact", limit="body_limit", payload=ANY_BODY,
    searched=True, answers=_ANSWERS,
)  # fmt: skip
async def update(call: Call) -> Answer:
    """Says how a fulfillment ended that the client carries out itself; saying the same again changes nothing."""
    workspace, id_ = agree(call), call.path["id"]
    said = reading.ended(reading.body(call), id_)
    processing = processing_of(_found(call.house, workspace, id_))
    if processing not in TOLD_BY_CLIENT:
        raise conflict(f"A fulfillment of {processing} is ended by the server")
    try:
        return _told(await _ended(call, workspace, id_, said))
    except AlreadyEnded as already:
        raise conflict(f"The fulfillment is {already.fulfilment.state} already") from None


async def _ended(call: Call, workspace: str, id: str, said: Ended) -> Fulfilment:  # noqa: A002 - the wire's word
    fulfilments, keep = call.house.fulfilments, call.keep(_told)
    if said.reason is None:
        return await fulfilments.complete(workspace, id, keep=keep)
    return await fulfilments.fail(workspace, id, FAILED, said.reason, keep=keep)


def _accepted(wanted: Accepted, recorded: Recorded, where: str, now: int) -> Answer:
    """What came of an accept; the answer is kept, so a refusal is not raised."""
    if recorded.refused:
        return failure(_refusal(recorded))
    if recorded.interaction.choice != wanted.option or recorded.fulfilment is None:
        return failure(conflict("Another option of the offer was taken"))
    made = as_of(recorded.fulfilment, now)
    if recorded.repeated and made.state == "failed":
        return failure(conflict("The offer was taken, and its fulfillment failed"))
    told: dict[str, Any] = {"offer_fulfillment": fulfillment(made)}
    if made.page is not None and processing_of(made) == "checkout":
        told["hosted_page"] = hosted_page(made.page, where)
    return document(told, 202)


def _refusal(recorded: Recorded) -> Rejected:
    reasons = {each.code for each in recorded.refused}
    message = recorded.refused[0].message or "The offer cannot be taken"
    if any(each.stage == "cap" for each in recorded.refused) and "proposition-expired" not in reasons:
        return Rejected("resource_limit_exhausted", message)
    return conflict(message)


def _layout(house: House, workspace: str, found: Given, option: str) -> str:
    """Where a checkout is shown, by the catalogue that the offer was given with."""
    item, activity = found.item, found.proposition.activity
    compiled = house.catalogue.snapshot(workspace).offer(item.offer, activity)
    # An offer that has not changed since needs no old catalogue; one that is written in a play has no version.
    if found.decision is not None and (compiled is None or not 0 < compiled.offer.version == item.version):
        compiled = house.catalogue.offer_at(workspace, found.decision.revision, item.offer, activity)
    choices = compiled.offer.choices if compiled is not None else []
    return next((layout(each) for each in choices if each.id == option), "full_page")


def _found(house: House, workspace: str, id: str) -> Fulfilment:  # noqa: A002 - the wire's word
    try:
        found = house.fulfilments.read(workspace, id)
    except NotFound:
        raise unknown("id", id) from None
    if processing_of(found) is None:
        raise unknown("id", id)
    return found


def _told(known: Fulfilment) -> Answer:
    return document({"offer_fulfillment": fulfillment(known)})
