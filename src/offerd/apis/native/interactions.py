"""Routes of interactions: what people did with what they were given."""

from __future__ import annotations

from typing import Any

import msgspec

from offerd.apis.native.pages import CURSOR, LIMIT, moment, page, page_of, page_size
from offerd.apis.native.problems import failure
from offerd.apis.native.requests import read
from offerd.apis.native.schemas import reference
from offerd.apis.operation import JSON, Answer, Call, Operations, Parameter, Payload, answer
from offerd.model import codec
from offerd.model.codec import Fault, Invalid
from offerd.model.interaction import Interaction
from offerd.services.errors import InvalidDocument, Refused
from offerd.services.recording import Recorded

operations = Operations("Interactions")


class RecordedList(msgspec.Struct, frozen=True):
    """What came of several interactions.

    Attributes:
        items: one for each, in the order in which they were sent.
    """

    items: list[Recorded]


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
        Parameter(name="proposition", description="Only those about this proposition."),
        Parameter(name="offer", description="Only those about this offer."),
        Parameter(name="activity", description="Only those about what this activity gave."),
        Parameter(name="type", repeated=True, description="Only those of this type, or of one of these."),
        Parameter(name="since", description="Only those received at this moment or later."),
        Parameter(name="until", description="Only those received before this moment."),
        LIMIT,
        CURSOR,
    ),
    refuses=(422,),
)
async def list_interactions(call: Call) -> Answer:
    """Lists interactions, the latest first; of one moment, the one that came last.

    How fulfilments ended is among them, as `fulfilled` and `failed`. Conversions are those of the type `conversion`
    or `purchase`, or whatever else a shop sends when somebody did what the offers are for.
    """
    named = call.query["profile"]
    found = call.house.interactions.find(
        call.workspace,
        profile=None if named is None else call.house.profiles.resolve(call.workspace, named),
        decision=call.query["decision"],
        proposition=call.query["proposition"],
        offer=call.query["offer"],
        activity=call.query["activity"],
        types=call.query["type"] or (),
        since=moment(call, "since"),
        until=moment(call, "until"),
        limit=page_size(call),
        cursor=call.query["cursor"],
    )
    return answer(page(found.interactions, found.cursor))


@operations.add("GET", "/interactions/{id}", "readInteraction", scope="interact", answers={200: Interaction})
async def read_interaction(call: Call) -> Answer:
    """Reads an interaction that was recorded."""
    return answer(call.house.interactions.read(call.workspace, call.path["id"]))
