"""Routes of interactions: what people did with what they were given."""

from __future__ import annotations

from typing import Any

import msgspec

from offerd.apis.native.pages import CURSOR, LIMIT, page, page_of, page_size
from offerd.apis.native.problems import failure
from offerd.apis.native.requests import read
from offerd.apis.native.schemas import reference
from offerd.apis.operation import JSON, Answer, Call, Operations, Parameter, Payload, answer
from offerd.model import codec
from offerd.model.codec import Fault, Invalid
from offerd.model.interaction import Fulfilment, Interaction
from offerd.services.errors import InvalidDocument, Refused
from offerd.services.recording import Recorded

operations = Operations("Interactions")


class RecordedList(msgspec.Struct, frozen=True):
    """What came of several interactions.

    Attributes:
        items: one for each, in the order in which they were sent.
    """

    items: list[Recorded]


class FulfilmentError(msgspec.Struct, frozen=True, kw_only=True):
    """Why a fulfilment failed.

    Attributes:
        code: for programs.
        message: for people.
    """

    code: str
    message: str = ""


class Finish(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a fulfilment ended.

    Attributes:
        error: why it failed; absent where it is completed.
    """

    error: FulfilmentError | None = None


InteractionPage = page_of(Interaction, "InteractionPage")

_ONE_OR_MORE: dict[str, Any] = {
    "oneOf": [reference(Interaction), {"type": "array", "minItems": 1, "items": reference(Interaction)}]
}
_ANSWER: dict[str, Any] = {"oneOf": [reference(Recorded), reference(RecordedList)]}


@operations.add(
    "POST", "/interactions", "recordInteractions", scope="interact", limit="body_limit",
    payload=Payload(shapes={JSON: _ONE_OR_MORE}), answers={200: _ANSWER}, structs=(Interaction, Recorded, RecordedList),
)  # fmt: skip
async def record(call: Call) -> Answer:
    """Records what people did: one interaction, or a list of them.

    Each names a decision, a proposition, an item or a token, or with none of these an offer or an activity. A repeat,
    by the sender's `key` or else by proposition, offer, placement and type, counts once. An accept and a claim are
    asked, and may be refused: one that is sent alone with a problem, one of a list with its reasons.
    """
    if isinstance(call.body, list):
        return await _record_list(call, call.body)
    wanted = read(call, Interaction, call.body)
    try:
        recorded = await call.house.interactions.record(call.workspace, [wanted], keep=call.keep(_shown_one))
    except InvalidDocument as invalid:
        raise InvalidDocument([_within(fault) for fault in invalid.faults]) from None
    return _shown_one(recorded)


async def _record_list(call: Call, trees: list[Any]) -> Answer:
    if not trees:
        raise Invalid(Fault("", "expected at least one interaction"))
    wanted, faults = [], []
    for index, tree in enumerate(trees):
        try:
            wanted.append(read(call, Interaction, tree))
        except Invalid as invalid:
            faults += [Fault(f"/{index}{fault.pointer}", fault.message) for fault in invalid.faults]
    if faults:
        raise Invalid(*faults)
    return _shown_list(await call.house.interactions.record(call.workspace, wanted, keep=call.keep(_shown_list)))


def _within(fault: Fault) -> Fault:
    """A fault of the only interaction of a list, as one of the interaction."""
    return Fault(fault.pointer.removeprefix("/0"), fault.message)


def _shown_one(recorded: list[Recorded]) -> Answer:
    """What came of an interaction that was sent alone; the answer is kept, so a refusal is not raised."""
    if recorded[0].refused:
        return failure(Refused("The interaction was refused", recorded[0].refused))
    return answer(recorded[0])


def _shown_list(recorded: list[Recorded]) -> Answer:
    return answer({"items": codec.tree(recorded)})


@operations.add(
    "GET",
    "/interactions",
    "listInteractions",
    scope="profiles",
    answers={200: InteractionPage},
    query=(
        Parameter(name="profile", description="Only this profile's, by its id or as `namespace:id`."),
        Parameter(name="decision", description="Only those about this decision."),
        Parameter(name="type", description="Only those of this type."),
        LIMIT,
        CURSOR,
    ),
    refuses=(422,),
)
async def list_interactions(call: Call) -> Answer:
    """Lists interactions, the latest first."""
    named = call.query["profile"]
    found = call.house.interactions.find(
        call.workspace,
        profile=None if named is None else call.house.profiles.resolve(call.workspace, named),
        decision=call.query["decision"],
        type=call.query["type"],
        limit=page_size(call),
        cursor=call.query["cursor"],
    )
    return answer(page(found.interactions, found.cursor))


@operations.add("GET", "/interactions/{id}", "readInteraction", scope="interact", answers={200: Interaction})
async def read_interaction(call: Call) -> Answer:
    """Reads an interaction that was recorded."""
    return answer(call.house.interactions.read(call.workspace, call.path["id"]))


@operations.add("GET", "/fulfilments/{id}", "readFulfilment", scope="interact", answers={200: Fulfilment})
async def read_fulfilment(call: Call) -> Answer:
    """Reads what an accept set going."""
    return answer(call.house.interactions.fulfilment(call.workspace, call.path["id"]))


@operations.add(
    "POST",
    "/fulfilments/{id}/finish",
    "finishFulfilment",
    scope="interact",
    limit="body_limit",
    payload=Payload(shapes={JSON: Finish}),
    answers={200: Fulfilment},
)
async def finish_fulfilment(call: Call) -> Answer:
    """Says that what an accept set going was completed, or with an `error` that it failed."""
    wanted = read(call, Finish, call.body)
    error = None if wanted.error is None else {"code": wanted.error.code, "message": wanted.error.message}
    return answer(
        await call.house.interactions.finish_fulfilment(call.workspace, call.path["id"], error, keep=call.keep(answer))
    )
